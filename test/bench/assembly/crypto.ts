// The algorithms of assembly/crypto for the bench, each over one packet's text of `len` bytes at `text()`, in place. `makeReady` is what
// happens once for a security association; what is named `fresh...` does it for every packet.
import { AES_KEY, aesKey } from "../../../assembly/crypto/aes";
import { cbcDecrypt, cbcEncrypt } from "../../../assembly/crypto/cbc";
import { chacha20 } from "../../../assembly/crypto/chacha20";
import { seal } from "../../../assembly/crypto/chacha20poly1305";
import { ctr } from "../../../assembly/crypto/ctr";
import { gcmSeal } from "../../../assembly/crypto/gcm";
import {
  Hash,
  HMAC_KEY,
  hashBegin,
  hashEnd,
  hashUpdate,
  hmacBegin,
  hmacEnd,
  hmacKey,
} from "../../../assembly/crypto/hash";
import { poly1305Begin, poly1305End, poly1305Padded } from "../../../assembly/crypto/poly1305";

const TEXT = memory.data(2048, 16);
/** 32 bytes; AES takes the first 16, HMAC as many as its digest has. */
const KEY = memory.data(32, 16);
const NONCE = memory.data(16, 16);
const AAD = memory.data(16, 16);
const AAD_LENGTH: i32 = 8;
const TAG = memory.data(32, 16);
const AES = memory.data(AES_KEY, 16);
const MAC = memory.data(HMAC_KEY, 16);

export function text(): usize {
  return TEXT;
}
export function key(): usize {
  return KEY;
}
export function nonce(): usize {
  return NONCE;
}
export function aad(): usize {
  return AAD;
}
export function tag(): usize {
  return TAG;
}
export function makeAesReady(): void {
  aesKey(KEY, 16, AES);
}
export function makeHmacReady(hash: Hash): void {
  hmacKey(hash, KEY, hash == Hash.SHA1 ? 20 : 32, MAC);
}

export function chachaPoly(len: i32): void {
  seal(KEY, NONCE, AAD, AAD_LENGTH, TEXT, len, TAG);
}
export function chacha(len: i32): void {
  chacha20(KEY, NONCE, 1, TEXT, TEXT, len);
}
export function poly(len: i32): void {
  poly1305Begin(KEY);
  poly1305Padded(TEXT, len);
  poly1305End(0, len, TAG);
}
export function gcm(len: i32): void {
  gcmSeal(AES, NONCE, AAD, AAD_LENGTH, TEXT, len, TAG);
}
export function freshGcm(len: i32): void {
  makeAesReady();
  gcm(len);
}
export function counter(len: i32): void {
  ctr(AES, NONCE, TEXT, len);
}
export function sha256(len: i32): void {
  hashBegin(Hash.SHA256);
  hashUpdate(TEXT, len);
  hashEnd(TAG);
}
function hmac(hash: Hash, len: i32): void {
  hmacBegin(hash, MAC);
  hashUpdate(TEXT, len);
  hmacEnd(MAC, TAG);
}
export function hmacSha1(len: i32): void {
  hmac(Hash.SHA1, len);
}
export function hmacSha256(len: i32): void {
  hmac(Hash.SHA256, len);
}
export function freshHmacSha1(len: i32): void {
  makeHmacReady(Hash.SHA1);
  hmacSha1(len);
}
export function cbcOut(len: i32): void {
  cbcEncrypt(AES, NONCE, TEXT, len);
}
export function cbcIn(len: i32): void {
  cbcDecrypt(AES, NONCE, TEXT, len);
}
/** Encrypted, then authenticated, as ESP sends. */
export function cbcHmacOut(len: i32): void {
  cbcOut(len);
  hmac(Hash.SHA256, len);
}
export function cbcHmacIn(len: i32): void {
  hmac(Hash.SHA256, len);
  cbcIn(len);
}
export function freshCbcHmacOut(len: i32): void {
  makeAesReady();
  makeHmacReady(Hash.SHA256);
  cbcHmacOut(len);
}
