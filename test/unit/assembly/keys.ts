// What keys are made with, for tests: the generator, and the proofs of Binding Updates. Arguments are written to `room()`.
import { authenticator, keygenToken } from "../../../assembly/crypto/binding-auth";

export { drbg, drbgReady, drbgSeed } from "../../../assembly/crypto/drbg";

const ROOM = memory.data(2048, 16);

export function room(): usize {
  return ROOM;
}
/** At `room`: node key (20, padded to 24), address (16), nonce (8). */
export function token(kind: u8, to: usize): void {
  keygenToken(ROOM, ROOM + 24, ROOM + 40, kind, to);
}
/** At `room`: home token, care-of token (8 each), care-of address, correspondent (16 each), mobility header of `len` bytes. */
export function proof(both: bool, len: i32, to: usize): void {
  authenticator(ROOM, both ? ROOM + 8 : 0, ROOM + 16, ROOM + 32, ROOM + 48, len, to);
}
export { authenticatorOf, nonceIndices } from "../../../assembly/wire/return-routability";
