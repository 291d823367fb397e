/** Return routability and Binding Updates to correspondents by hand, RFC 6275 §6.1.3-6.1.7, §6.2.6-6.2.7: keys and proofs are node:crypto's. */
import { createHash, createHmac } from "node:crypto";
import { addr, type Bytes, be16, cat, ip6, sealed } from "./mobile-frames.js";

export interface Token {
  index: number;
  token: Bytes;
}
const initFrame = (type: number, src: string, dst: string, cookie: Bytes): Bytes =>
  ip6(src, dst, 135, sealed(cat([59, 1, type, 0, 0, 0, 0, 0], cookie), 4, 135, src, dst));
export const hoti = (src: string, dst: string, cookie: Bytes): Bytes => initFrame(1, src, dst, cookie);
export const coti = (src: string, dst: string, cookie: Bytes): Bytes => initFrame(2, src, dst, cookie);
/** Home Test (type 3) or Care-of Test (4). */
export const testFrame = (type: 3 | 4, src: string, dst: string, cookie: Bytes, t: Token): Bytes =>
  ip6(src, dst, 135, sealed(cat([59, 2, type, 0, 0, 0], be16(t.index), cookie, t.token), 4, 135, src, dst));

/** §5.2.5, §6.2.7; `careOf` token absent: the home token alone. `mh` ends with the authenticator's 12 bytes. */
export function authenticator(home: Bytes, careOf: Bytes | undefined, coa: string, cn: string, mh: Bytes): Bytes {
  const kbm = createHash("sha1")
    .update(home)
    .update(careOf ?? new Uint8Array(0))
    .digest();
  const data = Buffer.from(mh.subarray(0, mh.length - 12));
  data.fill(0, 4, 6);
  return createHmac("sha1", kbm).update(addr(coa)).update(addr(cn)).update(data).digest().subarray(0, 12);
}
export interface Bound {
  home: string;
  coa: string;
  cn: string;
  seq: number;
  lifetime: number;
  homeToken: Token;
  careOfToken: Token;
  flags?: number;
  /** The care-of address in the proof, where it is another. */
  signed?: string;
  /** Without a Home Address option, from the home address. */
  atHome?: boolean;
  /** The proof is by the home keygen token alone. */
  homeOnly?: boolean;
  /** Instead of the Nonce Indices option: mobility options, 8n + 6 bytes. */
  options?: number[];
  /** Applied to the signed mobility header, before its checksum. */
  spoil?: (mh: Bytes) => Bytes;
}
export function bindingUpdate(o: Bound): Bytes {
  const options = o.options ?? [4, 4, ...be16(o.homeToken.index), ...be16(o.careOfToken.index)];
  const length = 12 + options.length + 14;
  const head = [59, length / 8 - 1, 5, 0, 0, 0, ...be16(o.seq), o.flags ?? 0x80, 0, ...be16(o.lifetime)];
  let mh: Bytes = cat(head, options, [5, 12], new Uint8Array(12));
  const second = o.homeOnly ? undefined : o.careOfToken.token;
  mh.set(authenticator(o.homeToken.token, second, o.signed ?? o.coa, o.cn, mh), length - 12);
  if (o.spoil) mh = o.spoil(mh);
  const whole = sealed(mh, 4, 135, o.home, o.cn);
  return o.atHome ? ip6(o.home, o.cn, 135, whole) : withHomeAddress(o.coa, o.cn, o.home, 135, whole);
}
/** A packet with a Home Address option, §6.3; its checksums are made with the home address. */
export const withHomeAddress = (coa: string, cn: string, home: string, next: number, payload: Bytes): Bytes =>
  ip6(coa, cn, 60, cat([next, 2, 1, 2, 0, 0, 0xc9, 16], addr(home), payload));
