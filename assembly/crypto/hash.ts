// What SHA-1 and SHA-256 share: messages of any length over their blocks of 64 bytes, and HMAC (RFC 2104) over both.
import { put32 } from "../base/bytes";
import { SHA1_SIZE, sha1Begin, sha1Blocks, sha1Write } from "./sha1";
import { SHA256_SIZE, sha256Begin, sha256Blocks, sha256Write } from "./sha256";

export enum Hash {
  SHA1 = 1,
  SHA256 = 2,
}
const BLOCK: i32 = 64;
/** Bytes of a state: for the larger of the two. */
export const HASH_STATE: i32 = 32;
/** Bytes of a key made ready: two states. */
export const HMAC_KEY: i32 = 64;

/** Of the message in work: its state, its last block, how much of that is filled, how many bytes there were. */
const STATE = memory.data(32, 8);
const LAST = memory.data(64, 8);
let hash: Hash = Hash.SHA256;
let filled: i32 = 0;
let length: u32 = 0;

export function digestSize(h: Hash): i32 {
  return h == Hash.SHA1 ? SHA1_SIZE : SHA256_SIZE;
}
function blocks(at: usize, n: i32): void {
  if (hash == Hash.SHA1) sha1Blocks(STATE, at, n);
  else sha256Blocks(STATE, at, n);
}
function write(to: usize): void {
  if (hash == Hash.SHA1) sha1Write(STATE, to);
  else sha256Write(STATE, to);
}
function copyState(to: usize, from: usize): void {
  for (let i: usize = 0; i < <usize>HASH_STATE; i += 8) store<u64>(to + i, load<u64>(from + i));
}
/** Begins a message. */
export function hashBegin(h: Hash): void {
  hash = h;
  filled = 0;
  length = 0;
  if (h == Hash.SHA1) sha1Begin(STATE);
  else sha256Begin(STATE);
}
/** Takes `len` more bytes. */
export function hashUpdate(at: usize, len: i32): void {
  length += len;
  if (filled > 0) {
    const take = min(len, BLOCK - filled);
    memory.copy(LAST + filled, at, take);
    filled += take;
    at += take;
    len -= take;
    if (filled < BLOCK) return;
    blocks(LAST, 1);
  }
  blocks(at, len >> 6);
  filled = len & 63;
  if (filled > 0) memory.copy(LAST, at + (len & ~63), filled);
}
/** Ends the message: its digest, `digestSize` bytes. Up to 512 MB. */
export function hashEnd(to: usize): void {
  store<u8>(LAST + filled, 0x80);
  memory.fill(LAST + filled + 1, 0, BLOCK - 1 - filled);
  if (filled >= 56) {
    blocks(LAST, 1);
    memory.fill(LAST, 0, BLOCK);
  }
  put32(LAST + 56, length >>> 29);
  put32(LAST + 60, length << 3);
  blocks(LAST, 1);
  write(to);
}

/** Makes a key ready: the states behind its inner and its outer block go to `ready` (HMAC_KEY bytes). */
export function hmacKey(h: Hash, key: usize, len: i32, ready: usize): void {
  memory.fill(LAST, 0, BLOCK);
  if (len > BLOCK) {
    hashBegin(h);
    hashUpdate(key, len);
    hashEnd(ready);
    key = ready;
    len = digestSize(h);
  }
  memory.fill(LAST, 0, BLOCK);
  memory.copy(LAST, key, len);
  hash = h;
  pad(0x36363636);
  copyState(ready, STATE);
  pad(0x36363636 ^ 0x5c5c5c5c);
  copyState(ready + HASH_STATE, STATE);
}
function pad(value: u32): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(LAST + i, load<u32>(LAST + i) ^ value);
  if (hash == Hash.SHA1) sha1Begin(STATE);
  else sha256Begin(STATE);
  blocks(LAST, 1);
}
/** Begins a message under a key that `hmacKey` made ready. */
export function hmacBegin(h: Hash, ready: usize): void {
  hash = h;
  filled = 0;
  length = BLOCK;
  copyState(STATE, ready);
}
/** Ends it (`hashUpdate` in between): the whole authenticator, `digestSize` bytes. */
export function hmacEnd(ready: usize, to: usize): void {
  hashEnd(to);
  hmacBegin(hash, ready + HASH_STATE);
  hashUpdate(to, digestSize(hash));
  hashEnd(to);
}
