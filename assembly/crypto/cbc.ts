// AES in cipher block chaining mode (NIST SP 800-38A §6.2; RFC 3602), in place. Encryption goes block by block, decryption in batches.
import { AES_BATCH, AES_BLOCK, aesDecrypt, aesEncrypt } from "./aes";
import { xor } from "./xor";

const BATCH = memory.data(64, 8);
const CHAIN = memory.data(64, 8);

/** Encrypts `len` bytes at `p`, a multiple of 16. `iv` 16 bytes. */
export function cbcEncrypt(ready: usize, iv: usize, p: usize, len: i32): void {
  for (let end = p + <usize>len; p < end; p += AES_BLOCK) {
    xor(BATCH, p, iv, AES_BLOCK);
    aesEncrypt(ready, BATCH);
    memory.copy(p, BATCH, AES_BLOCK);
    iv = p;
  }
}
/** Decrypts `len` bytes at `p`, a multiple of 16. `iv` 16 bytes. */
export function cbcDecrypt(ready: usize, iv: usize, p: usize, len: i32): void {
  const size = AES_BATCH * AES_BLOCK;
  memory.copy(CHAIN, iv, AES_BLOCK);
  for (; len > 0; len -= size, p += size) {
    const take = min(len, size);
    memory.copy(BATCH, p, take);
    memory.copy(CHAIN + AES_BLOCK, p, take - AES_BLOCK);
    const next = p + <usize>(take - AES_BLOCK);
    const lo = load<u64>(next);
    const hi = load<u64>(next, 8);
    aesDecrypt(ready, BATCH);
    xor(p, BATCH, CHAIN, take);
    store<u64>(CHAIN, lo);
    store<u64>(CHAIN, hi, 8);
  }
}
