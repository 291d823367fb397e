import { Direction } from "../abi/ipsec";
import { ASSOCIATIONS } from "../base/config";

/** Security association database, RFC 4301 §4.4.2: a row an association, found by its SPI when it receives, by its policy when it sends. */
@unmanaged
export class Association {
  seq: u64; // sends: last number used; receives: highest accepted
  limit: u64; // sends: numbers up to this one are kept as used
  bytes: u64; // protected so far
  packets: u64;
  hardBytes: u64; // 0 = no limit, so below
  hardPackets: u64;
  softAt: u64; // ms
  hardAt: u64; // ms
  spi: u32;
  policy: u16; // id
  windowAt: u16; // where its part of the replay windows begins
  windowBits: u16;
  next: i16; // in the bucket of the SPI, row + 1; 0 = last
  direction: u8; // Direction; 0 = the row is free
  protocol: u8; // Proto.ESP or Proto.AH
  encryption: u8; // Encryption
  integrity: u8; // Integrity
  flags: u8; // SaFlag
  keyLen: u8; // of `key`: that of an AEAD with its salt
  authLen: u8; // of `auth`
  soft: u8; // percent of the hard limits
  born: u32; // rises with every association that is added: the newest sends
  key: u64; // 40 bytes
  key1: u64;
  key2: u64;
  key3: u64;
  key4: u64;
  auth: u64; // 32 bytes
  auth1: u64;
  auth2: u64;
  auth3: u64;
}
export enum SaFlag {
  /** Extended sequence numbers, RFC 4304. */
  ESN = 1,
  /** In UDP, RFC 3948. */
  UDP = 2,
  /** Its soft limit was told. */
  SOFT_TOLD = 4,
  /** A limit was reached: it carries nothing any more. */
  DEAD = 8,
}
const STRIDE: usize = offsetof<Association>();
const POOL = memory.data(ASSOCIATIONS * offsetof<Association>(), 8);

export function association(row: i32): Association {
  return changetype<Association>(POOL + <usize>row * STRIDE);
}
export function rowOf(a: Association): i32 {
  return <i32>((changetype<usize>(a) - POOL) / STRIDE);
}
/** `keyLen` bytes. */
export function keyOf(a: Association): usize {
  return changetype<usize>(a) + offsetof<Association>("key");
}
/** `authLen` bytes. */
export function authOf(a: Association): usize {
  return changetype<usize>(a) + offsetof<Association>("auth");
}
export function receives(a: Association): bool {
  return a.direction == <u8>Direction.IN;
}
