import { keygenToken, NODE_KEY_SIZE, NONCE_SIZE } from "../../crypto/binding-auth";
import { drbg } from "../../crypto/drbg";
import { now } from "../../engine/clock";

// What a correspondent must know to judge any number of mobile nodes without remembering one: its node key Kcn and the nonces of the last
// minutes, RFC 6275 §5.2.1-5.2.2.

/** MAX_NONCE_LIFETIME, §12. */
export const NONCE_MS: u64 = 240000;
/** A nonce is handed out this long. NONCE_MS / FRESH_MS of them live at one time. */
const FRESH_MS: u64 = 30000;
const COUNT: u32 = 8;
const KEY = memory.data(24, 8);
const NONCES = memory.data(64, 8);
const MADE = memory.data(64, 8); // ms; 0 = never
let newest: u32 = 0; // index of the newest, of 16 bits

/** Once, with a generator that was seeded. The first index is drawn, so that those of an earlier life are seldom known. */
export function startNonces(): void {
  drbg(KEY, NODE_KEY_SIZE);
  drbg(NONCES, NONCE_SIZE);
  newest = <u32>load<u16>(NONCES);
}
/** Index of the nonce for tokens that are made now. */
export function freshNonce(): u32 {
  const made = load<u64>(MADE + slot(newest));
  if (made == 0 || made + FRESH_MS <= now()) {
    newest = (newest + 1) & 0xffff;
    drbg(NONCES + slot(newest), NONCE_SIZE);
    store<u64>(MADE + slot(newest), now());
  }
  return newest;
}
function slot(index: u32): usize {
  return (<usize>(index % COUNT)) << 3;
}
/** Is the index that of a nonce which still counts? */
export function knowsNonce(index: u32): bool {
  if (((newest - index) & 0xffff) >= COUNT) return false;
  const made = load<u64>(MADE + slot(index));
  return made != 0 && made + NONCE_MS > now();
}
/** The keygen token of an address under a nonce that counts; `kind` 0 = home, 1 = care-of. */
export function token(address: usize, index: u32, kind: u8, to: usize): void {
  keygenToken(KEY, address, NONCES + slot(index), kind, to);
}
