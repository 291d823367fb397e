import { Direction, Encryption, Integrity } from "../../abi/ipsec";
import { Refusal } from "../../abi/message";
import { ASSOCIATIONS } from "../../base/config";
import { now } from "../../engine/clock";
import {
  Association,
  association,
  authOf,
  chooseRow,
  countsNonces,
  findAssociation,
  isLive,
  keyOf,
  link,
  receives,
  SaFlag,
  unlink,
} from "../../tables/sad";
import { findPolicy, governs, protects } from "../../tables/spd";
import { closeWindow, fillWindow, openWindow } from "../../tables/window";
import { Proto } from "../../wire/ip6";
import { forgetKeys } from "./keys";
import { Told, tell, watch } from "./lifetime";
import { becomePast, forgetRecord, nextBirth, pastOf, reserve } from "./records";

// Message.ASSOCIATION and ASSOCIATION_DELETE: associations by hand. The same one again changes nothing; another key under the same SPI
// takes its place. A policy may have several: all that receive do, the newest that can send does, so keys are changed under load.

const FIXED: i32 = 40;
/** A key of each length that an AEAD's salt follows. */
const SALT: i32 = 4;
/** Bytes of both keys in a row. */
const KEYS: i32 = 64;
/** Of a message in work, in the form of a row. */
const FRESH = changetype<Association>(memory.data(offsetof<Association>(), 8));

/** Message.ASSOCIATION, abi/message.ts. The keys in it are wiped. */
export function associate(at: usize, len: i32): Refusal {
  const why = take(at, len);
  memory.fill(keyOf(FRESH), 0, KEYS);
  if (len > FIXED) memory.fill(at + FIXED, 0, len - FIXED);
  return why;
}
function take(at: usize, len: i32): Refusal {
  if (len < FIXED) return Refusal.BAD_LENGTH;
  const keyLen = <i32>load<u8>(at, 11);
  const authLen = <i32>load<u8>(at, 12);
  if (len != FIXED + keyLen + authLen) return Refusal.BAD_LENGTH;
  memory.fill(changetype<usize>(FRESH), 0, offsetof<Association>());
  FRESH.spi = load<u32>(at);
  FRESH.policy = load<u16>(at, 4);
  FRESH.direction = load<u8>(at, 6);
  FRESH.protocol = load<u8>(at, 7);
  FRESH.encryption = load<u8>(at, 8);
  FRESH.integrity = load<u8>(at, 9);
  FRESH.flags = load<u8>(at, 10);
  FRESH.keyLen = <u8>keyLen;
  FRESH.authLen = <u8>authLen;
  FRESH.soft = load<u8>(at, 13);
  FRESH.windowBits = load<u16>(at, 14);
  FRESH.hardBytes = load<u64>(at, 16);
  FRESH.hardPackets = load<u64>(at, 24);
  const seconds = load<u32>(at, 32);
  if (!isAllowed(FRESH)) return Refusal.BAD_VALUE;
  memory.copy(keyOf(FRESH), at + FIXED, keyLen);
  memory.copy(authOf(FRESH), at + FIXED + keyLen, authLen);
  const known = findAssociation(<Direction>FRESH.direction, FRESH.spi);
  if (known && sameSuite(known, FRESH)) return Refusal.NONE;
  if (countsNonces(FRESH) && isKeyInUse()) return Refusal.BAD_VALUE;
  if (seconds != 0) {
    const second = now() / 1000;
    FRESH.hardAt = <u32>min(second + <u64>seconds, <u64>u32.MAX_VALUE);
    FRESH.softAt = <u32>(second + (<u64>seconds * <u64>FRESH.soft) / 100);
  }
  return add(known);
}
function isAllowed(a: Association): bool {
  const q = findPolicy(a.policy);
  if (a.spi < 256 || a.direction < <u8>Direction.IN || a.direction > <u8>Direction.OUT || a.soft > 100) return false;
  if (!q || !protects(q) || !governs(q, <Direction>a.direction)) return false;
  if (a.flags > <u8>(SaFlag.ESN | SaFlag.UDP)) return false;
  if (receives(a) && (a.windowBits < 32 || a.windowBits > 1024 || (a.windowBits & 31) != 0)) return false;
  if (<u32>a.protocol == Proto.ESP) return isEspSuite(a);
  return <u32>a.protocol == Proto.AH && (a.flags & SaFlag.UDP) == 0 && isAhSuite(a);
}
/** Nothing is encrypted without integrity: RFC 4303 §3.2.1 allows it, and it does not keep what it promises. */
function isEspSuite(a: Association): bool {
  const n = <i32>a.keyLen;
  switch (<Encryption>a.encryption) {
    case Encryption.AES_GCM_16:
      return isAesKey(n - SALT) && a.integrity == <u8>Integrity.NONE && a.authLen == 0;
    case Encryption.CHACHA20_POLY1305:
      return n == 32 + SALT && a.integrity == <u8>Integrity.NONE && a.authLen == 0;
    case Encryption.AES_CBC:
      return isAesKey(n) && isHmac(a);
    case Encryption.NULL:
      return n == 0 && isHmac(a);
    default:
      return false;
  }
}
function isAesKey(n: i32): bool {
  return n == 16 || n == 24 || n == 32;
}
function isAhSuite(a: Association): bool {
  if (a.encryption != <u8>Encryption.NONE || a.keyLen != 0) return false;
  return isHmac(a) || (a.integrity == <u8>Integrity.AES_128_GMAC && a.authLen == <u8>(16 + SALT));
}
function isHmac(a: Association): bool {
  if (a.integrity == <u8>Integrity.HMAC_SHA1_96) return a.authLen == 20;
  return a.integrity == <u8>Integrity.HMAC_SHA2_256_128 && a.authLen == 32;
}
function sameSuite(a: Association, b: Association): bool {
  const mask = <u8>(SaFlag.ESN | SaFlag.UDP);
  if (a.protocol != b.protocol || ((a.flags ^ b.flags) & mask) != 0) return false;
  return sameKeys(a, b);
}
function sameKeys(a: Association, b: Association): bool {
  if (a.encryption != b.encryption || a.integrity != b.integrity) return false;
  if (a.keyLen != b.keyLen || a.authLen != b.authLen) return false;
  return memory.compare(keyOf(a), keyOf(b), KEYS) == 0;
}
/** Two associations that count their nonces would have the same one under the same key, whichever way they go. */
function isKeyInUse(): bool {
  for (let row = 0; row < ASSOCIATIONS; row++) {
    const a = association(row);
    if (isLive(a) && (a.spi != FRESH.spi || a.direction != FRESH.direction) && sameKeys(a, FRESH)) return true;
  }
  return false;
}
/** FRESH becomes a row, in the place of `known`; what its key was used for before counts on. */
function add(known: Association | null): Refusal {
  const past = pastOf(FRESH);
  const window = receives(FRESH) ? openWindow(FRESH.windowBits) : 0;
  if (window < 0) return Refusal.TABLE_FULL;
  let a = past;
  if (!a) {
    a = chooseRow(<Direction>FRESH.direction, FRESH.spi);
    if (!a && known) a = known;
  }
  if (!a) {
    closeWindow(window, FRESH.windowBits);
    return Refusal.TABLE_FULL;
  }
  if (known) remove(known);
  const number = past ? past.limit : 0;
  forgetRecord(a);
  memory.copy(changetype<usize>(a), changetype<usize>(FRESH), offsetof<Association>());
  a.windowAt = <u16>window;
  a.seq = number;
  a.limit = number;
  a.born = nextBirth();
  if (receives(a)) {
    if (number != 0) fillWindow(window, a.windowBits);
  } else reserve(a);
  link(a);
  watch(a);
  tell(a, Told.ADDED);
  return Refusal.NONE;
}
/** Takes an association out of use; its numbers stay known. */
export function remove(a: Association): void {
  unlink(a);
  forgetKeys(a);
  if (receives(a)) closeWindow(a.windowAt, a.windowBits);
  else {
    const q = findPolicy(a.policy);
    if (q) q.sender = 0;
  }
  tell(a, Told.REMOVED);
  becomePast(a);
}
/** Message.ASSOCIATION_DELETE. */
export function dissociate(at: usize, len: i32): Refusal {
  if (len != 8) return Refusal.BAD_LENGTH;
  const direction = load<u8>(at, 4);
  if (direction < <u8>Direction.IN || direction > <u8>Direction.OUT) return Refusal.BAD_VALUE;
  const a = findAssociation(<Direction>direction, load<u32>(at));
  if (!a) return Refusal.BAD_VALUE;
  remove(a);
  return Refusal.NONE;
}
/** The policy is no more: neither are its associations. */
export function removeAllOf(policy: u32): void {
  for (let row = 0; row < ASSOCIATIONS; row++) {
    const a = association(row);
    if (isLive(a) && <u32>a.policy == policy) remove(a);
  }
}
