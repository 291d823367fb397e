// What proves a Binding Update to a correspondent: keygen tokens, the binding management key Kbm, the authenticator. RFC 6275 §5.2.5, §6.2.7.
import { Hash, HMAC_KEY, hashBegin, hashEnd, hashUpdate, hmacBegin, hmacEnd, hmacKey } from "./hash";
import { SHA1_SIZE } from "./sha1";

export const TOKEN_SIZE: i32 = 8;
export const NODE_KEY_SIZE: i32 = 20;
export const NONCE_SIZE: i32 = 8;
export const AUTHENTICATOR_SIZE: i32 = 12;

const READY = memory.data(HMAC_KEY, 8);
const KBM = memory.data(20, 8);
const DIGEST = memory.data(32, 8);
const OCTETS = memory.data(4, 8); // zero, but for the one that is written before it is read

/** Keygen token, 8 bytes: First(64, HMAC_SHA1(Kcn, (address | nonce | kind))); `kind` 0 = home, 1 = care-of. */
export function keygenToken(nodeKey: usize, address: usize, nonce: usize, kind: u8, to: usize): void {
  hmacKey(Hash.SHA1, nodeKey, NODE_KEY_SIZE, READY);
  hmacBegin(Hash.SHA1, READY);
  hashUpdate(address, 16);
  hashUpdate(nonce, NONCE_SIZE);
  store<u8>(OCTETS, kind);
  hashUpdate(OCTETS, 1);
  hmacEnd(READY, DIGEST);
  memory.copy(to, DIGEST, TOKEN_SIZE);
}
/**
 * Authenticator, 12 bytes: First(96, HMAC_SHA1(Kbm, care-of address | correspondent | MH Data)), Kbm = SHA1(home keygen token | care-of
 * keygen token), the second left out (0) where a binding is taken away. MH Data is the mobility header at `mh`, `len` bytes, its checksum as if
 * zero, without the authenticator, which is its end.
 */
export function authenticator(
  homeToken: usize,
  careOfToken: usize,
  careOf: usize,
  correspondent: usize,
  mh: usize,
  len: i32,
  to: usize,
): void {
  hashBegin(Hash.SHA1);
  hashUpdate(homeToken, TOKEN_SIZE);
  if (careOfToken != 0) hashUpdate(careOfToken, TOKEN_SIZE);
  hashEnd(KBM);
  hmacKey(Hash.SHA1, KBM, SHA1_SIZE, READY);
  hmacBegin(Hash.SHA1, READY);
  hashUpdate(careOf, 16);
  hashUpdate(correspondent, 16);
  hashUpdate(mh, 4);
  store<u8>(OCTETS, 0);
  hashUpdate(OCTETS, 2);
  hashUpdate(mh + 6, len - 6 - AUTHENTICATOR_SIZE);
  hmacEnd(READY, DIGEST);
  memory.copy(to, DIGEST, AUTHENTICATOR_SIZE);
}
