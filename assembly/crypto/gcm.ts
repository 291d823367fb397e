// AES-GCM (NIST SP 800-38D) with nonces of 12 bytes and tags of 16, in place: ESP's, RFC 4106. GMAC (RFC 4543) is the case without a text.
import { put32 } from "../base/bytes";
import { PC } from "../base/config";
import { AES_BATCH, AES_BLOCK, aesEncrypt } from "./aes";
import { ctr } from "./ctr";
import { equalSecret } from "./equal";
import { ghashBegin32, ghashBlocks32, ghashEnd32 } from "./ghash-32";
import { ghashBegin64, ghashBlocks64, ghashEnd64 } from "./ghash-64";
import { xor } from "./xor";

export const TAG: i32 = 16;

/** A batch: the block of zeros, whose encryption is the hash key, then the first counter block, whose encryption covers the tag. */
const START = memory.data(64, 8);
const COUNTER = memory.data(16, 8);
const LAST = memory.data(16, 8);
const EXPECTED = memory.data(16, 8);

function blocks(p: usize, n: i32): void {
  if (PC) ghashBlocks64(p, n);
  else ghashBlocks32(p, n);
}
/** Takes a part, and zeros up to a whole block. */
function part(p: usize, len: i32): void {
  blocks(p, len >> 4);
  const rest = len & 15;
  if (rest == 0) return;
  memory.fill(LAST, 0, AES_BLOCK);
  memory.copy(LAST, p + (len & ~15), rest);
  blocks(LAST, 1);
}
/** Hash key, cover of the tag, counter of the text. */
function begin(ready: usize, nonce: usize): void {
  memory.fill(START, 0, AES_BATCH * AES_BLOCK);
  memory.copy(START + AES_BLOCK, nonce, 12);
  put32(START + AES_BLOCK + 12, 1);
  memory.copy(COUNTER, nonce, 12);
  put32(COUNTER + 12, 2);
  aesEncrypt(ready, START);
  if (PC) ghashBegin64(START);
  else ghashBegin32(START);
}
function tag(aad: usize, aadLen: i32, p: usize, len: i32, to: usize): void {
  part(aad, aadLen);
  part(p, len);
  memory.fill(LAST, 0, AES_BLOCK);
  put32(LAST + 4, (<u32>aadLen) << 3);
  put32(LAST + 12, (<u32>len) << 3);
  blocks(LAST, 1);
  if (PC) ghashEnd64(to);
  else ghashEnd32(to);
  xor(to, to, START + AES_BLOCK, TAG);
}
/** Encrypts `len` bytes at `p`, and writes the tag (16 bytes) to `to`. `ready`: an AES key made ready, `nonce` 12 bytes. */
export function gcmSeal(ready: usize, nonce: usize, aad: usize, aadLen: i32, p: usize, len: i32, to: usize): void {
  begin(ready, nonce);
  ctr(ready, COUNTER, p, len);
  tag(aad, aadLen, p, len, to);
}
/** Decrypts `len` bytes at `p` when the tag at `sent` is theirs. False: it is not, and nothing was changed. */
export function gcmOpen(ready: usize, nonce: usize, aad: usize, aadLen: i32, p: usize, len: i32, sent: usize): bool {
  begin(ready, nonce);
  tag(aad, aadLen, p, len, EXPECTED);
  if (!equalSecret(EXPECTED, sent, TAG)) return false;
  ctr(ready, COUNTER, p, len);
  return true;
}
