// HMAC_DRBG (NIST SP 800-90A Rev. 1, §10.1.2) with SHA-256: keys, cookies and nonces from the entropy that the caller gives. One state an
// image. Without entropy it gives nothing: see `drbgReady`.
import { Hash, HMAC_KEY, hashUpdate, hmacBegin, hmacEnd, hmacKey } from "./hash";

const SIZE: i32 = 32;
const KEY = memory.data(32, 8);
const V = memory.data(32, 8);
const READY = memory.data(HMAC_KEY, 8);
const OCTET = memory.data(1, 8);
let seeded: bool = false;

/** V = HMAC(K, V). */
function next(): void {
  hmacBegin(Hash.SHA256, READY);
  hashUpdate(V, SIZE);
  hmacEnd(READY, V);
}
/** K = HMAC(K, V | octet | data), V = HMAC(K, V). */
function mix(octet: u8, data: usize, len: i32): void {
  store<u8>(OCTET, octet);
  hmacBegin(Hash.SHA256, READY);
  hashUpdate(V, SIZE);
  hashUpdate(OCTET, 1);
  hashUpdate(data, len);
  hmacEnd(READY, KEY);
  hmacKey(Hash.SHA256, KEY, SIZE, READY);
  next();
}
/** HMAC_DRBG_Update, §10.1.2.2. */
function update(data: usize, len: i32): void {
  mix(0, data, len);
  if (len > 0) mix(1, data, len);
}
/** Instantiates with `len` bytes of entropy and nonce (§10.1.2.3), or, later, reseeds with them (§10.1.2.4). */
export function drbgSeed(entropy: usize, len: i32): void {
  if (!seeded) {
    memory.fill(KEY, 0, SIZE);
    memory.fill(V, 1, SIZE);
    hmacKey(Hash.SHA256, KEY, SIZE, READY);
  }
  seeded = true;
  update(entropy, len);
}
/** Was there entropy? Nobody asks for bytes before. */
export function drbgReady(): bool {
  return seeded;
}
/** Writes `len` bytes, §10.1.2.5. What was given out cannot be computed from what is left. */
export function drbg(to: usize, len: i32): void {
  for (; len > 0; len -= SIZE, to += SIZE) {
    next();
    memory.copy(to, V, min(len, SIZE));
  }
  update(0, 0);
}
