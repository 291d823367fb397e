// AES in counter mode (NIST SP 800-38A §6.5; RFC 3686, RFC 4106): the last four bytes of the counter block count, big-endian.
import { be32, put32 } from "../base/bytes";
import { PC } from "../base/config";
import { AES_BATCH, AES_BLOCK, aesEncrypt } from "./aes";
import { ctr32 } from "./ctr-32";
import { xor } from "./xor";

const STREAM = memory.data(64, 8);

/** Adds the key stream to `len` bytes at `p`. `first` is the first counter block, 16 bytes. */
export function ctr(ready: usize, first: usize, p: usize, len: i32): void {
  if (!PC) return ctr32(ready, first, p, len);
  const lo = load<u64>(first);
  const hi = load<u32>(first, 8);
  let count = be32(first + 12);
  for (; len > 0; len -= AES_BATCH * AES_BLOCK, p += AES_BATCH * AES_BLOCK) {
    for (let b: usize = 0; b < <usize>AES_BATCH; b++) {
      store<u64>(STREAM + (b << 4), lo);
      store<u32>(STREAM + (b << 4), hi, 8);
      put32(STREAM + (b << 4) + 12, count++);
    }
    aesEncrypt(ready, STREAM);
    xor(p, p, STREAM, min(len, AES_BATCH * AES_BLOCK));
  }
}
