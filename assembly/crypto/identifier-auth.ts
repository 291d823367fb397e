// Authenticators of anycast identifiers and registrations: HMAC-SHA-256-128, docs/anycast-identifier.md §2.1, §6.
import { addrCopy } from "../base/addr";
import { put32 } from "../base/bytes";
import { Hash, hashUpdate, hmacBegin, hmacEnd } from "./hash";

/** What is in front of the upper-layer packet, in one piece: each piece costs the hash a call. */
const FRONT = memory.data(28 + 32 + 8, 8);
const DIGEST = memory.data(32, 8);

/**
 * Authenticator, 16 bytes to `to`, under the key that `hmacKey` made ready: `data` is what the option has in front of it (`dataLen` bytes, whole words), then client and server
 * address, length and protocol of the upper-layer packet, and that packet.
 */
export function identifierMac(
  ready: usize,
  data: usize,
  dataLen: i32,
  client: usize,
  server: usize,
  upper: usize,
  len: i32,
  protocol: u32,
  to: usize,
): void {
  const behind = FRONT + <usize>dataLen;
  for (let i: usize = 0; i < <usize>dataLen; i += 4) store<u32>(FRONT + i, load<u32>(data + i));
  addrCopy(behind, client);
  addrCopy(behind + 16, server);
  put32(behind + 32, <u32>len);
  put32(behind + 36, protocol);
  hmacBegin(Hash.SHA256, ready);
  hashUpdate(FRONT, dataLen + 40);
  hashUpdate(upper, len);
  finish(ready, to);
}
/** Authenticator of a registration message of `len` bytes in front of it, between two addresses. */
export function registrationMac(
  ready: usize,
  source: usize,
  destination: usize,
  message: usize,
  len: i32,
  to: usize,
): void {
  hmacBegin(Hash.SHA256, ready);
  hashUpdate(source, 16);
  hashUpdate(destination, 16);
  hashUpdate(message, len);
  finish(ready, to);
}
function finish(ready: usize, to: usize): void {
  hmacEnd(ready, DIGEST);
  store<u64>(to, load<u64>(DIGEST));
  store<u64>(to, load<u64>(DIGEST, 8), 8);
}
