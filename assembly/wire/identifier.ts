import { isHost } from "../base/addr";
import { be16, put16 } from "../base/bytes";

// Destination Options header that holds an anycast identifier, or what asks for one, and nothing else: docs/anycast-identifier.md §2.
//   0 next   1 len   2 type 0x1e   3 data length   4 version | form   5 0   6 key id
//   form 1:   8 anycast address   24          form 2:   8 anycast address   24 nonce   32 authenticator   48
//   form 3:   8 nonce   16 authenticator   32

export enum Form {
  PLAIN = 1,
  AUTHENTICATED = 2,
  REQUEST = 3,
}
@unmanaged
export class Identifier {
  /** Option type: experimental (RFC 4727), skipped by who does not know it, unchanged on the way. */
  static readonly TYPE: u32 = 0x1e;
  static readonly NONCE_LEN: i32 = 8;
  static readonly MAC_LEN: i32 = 16;
  static readonly VERSION: u32 = 0x10;
  /** Bytes in front of what the authenticator covers. */
  static readonly COVERED_AT: i32 = 4;
  @inline static at(p: usize): Identifier {
    return changetype<Identifier>(p);
  }
  @inline get ptr(): usize {
    return changetype<usize>(this);
  }
  /** Bytes of the whole header, a form each. */
  static len(form: u32): i32 {
    return form == Form.PLAIN ? 24 : form == Form.AUTHENTICATED ? 48 : 32;
  }
  /** The gate: a header of `len` bytes that holds a well-formed option of this kind and nothing else. */
  static ok(p: usize, len: i32): bool {
    const form = <u32>load<u8>(p, 4) - Identifier.VERSION;
    if (form < <u32>Form.PLAIN || form > <u32>Form.REQUEST || load<u8>(p, 5) != 0) return false;
    if (len != Identifier.len(form) || load<u8>(p, 2) != <u8>Identifier.TYPE || load<u8>(p, 3) != <u8>(len - 4))
      return false;
    if ((be16(p + 6) == 0) != (form == <u32>Form.PLAIN)) return false;
    return form == <u32>Form.REQUEST || isHost(p + 8);
  }
  get form(): u32 {
    return <u32>load<u8>(this.ptr, 4) & 15;
  }
  get keyId(): u32 {
    return be16(this.ptr + 6);
  }
  /** Of forms 1 and 2. */
  @inline get anycast(): usize {
    return this.ptr + 8;
  }
  /** Of forms 2 and 3. */
  get nonce(): usize {
    return this.ptr + (this.form == Form.REQUEST ? 8 : 24);
  }
  /** Of forms 2 and 3; it covers what lies between `COVERED_AT` and it, and more (crypto/identifier-auth.ts). */
  get authenticator(): usize {
    return this.nonce + <usize>Identifier.NONCE_LEN;
  }
  /** Begins a header of a form in front of `next`; address, nonce and authenticator are the caller's. */
  static begin(p: usize, next: u32, form: Form, keyId: u32): Identifier {
    const len = Identifier.len(form);
    store<u8>(p, <u8>next);
    store<u8>(p, <u8>((len >> 3) - 1), 1);
    store<u8>(p, <u8>Identifier.TYPE, 2);
    store<u8>(p, <u8>(len - 4), 3);
    store<u8>(p, <u8>(Identifier.VERSION | form), 4);
    store<u8>(p, 0, 5);
    put16(p + 6, keyId);
    return Identifier.at(p);
  }
}
