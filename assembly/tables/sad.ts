import { Direction, Encryption, Integrity } from "../abi/ipsec";
import { ASSOCIATIONS, PC } from "../base/config";
import { hashAddr } from "../base/hash";

/**
 * Security association database, RFC 4301 §4.4.2: a row an association, found by its SPI when it receives, by its policy when it sends. An
 * association that was removed leaves its row behind with the numbers that its key was used for, until the row is wanted.
 */
@unmanaged
export class Association {
  seq: u64; // sends: last number used; receives: highest accepted
  limit: u64; // sends: numbers up to this one are kept as used; receives: `seq` as it was last given to be kept
  bytes: u64; // protected so far
  hardBytes: u64; // 0 = no limit, so below
  hardPackets: u64;
  spi: u32;
  hardAt: u32; // seconds, monotonic
  softAt: u32; // the same
  born: u32; // rises with every association that is added: the newest sends
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
  key: u64; // 64 bytes: the key of an AEAD with its salt (36), or a key (32) and that of the integrity; of the past its print (16)
  key1: u64;
  key2: u64;
  key3: u64;
  auth: u64;
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
  /** Its record is to be written. */
  DIRTY = 16,
  /** Its record was given out and is not yet safe. */
  UNKEPT = 32,
  /** Not an association: what is known of the numbers of a key that was one, or was in an earlier life. */
  PAST = 64,
  /** Of the past: it was in use when the node went down. */
  IN_USE = 128,
}
/** Longest keys. */
export const KEY_MAX: i32 = 36;
export const AUTH_MAX: i32 = 32;
/** The last sequence number: none may come twice, RFC 4303 §3.3.3. */
export const LAST_NUMBER: u64 = 0xffffffff;
const STRIDE: usize = offsetof<Association>();
const POOL = memory.data(ASSOCIATIONS * offsetof<Association>(), 8);
const BUCKETS: u32 = PC ? 4096 : 32; // a power of two
const HEADS = memory.data((PC ? 4096 : 32) * 2, 2);
const NOBODY = memory.data(16, 8);

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
/** An association, be it at its end; neither free nor of the past. */
export function isLive(a: Association): bool {
  return a.direction != 0 && (a.flags & SaFlag.PAST) == 0;
}
/** Does a sequence number make the nonce, so that its key must never be that of two associations? */
export function countsNonces(a: Association): bool {
  return a.integrity == <u8>Integrity.AES_128_GMAC || a.encryption >= <u8>Encryption.AES_GCM_16;
}
/** The highest number it may use. */
export function lastNumber(a: Association): u64 {
  return (a.flags & SaFlag.ESN) != 0 ? u64.MAX_VALUE : LAST_NUMBER;
}
// Rows found last, by the last bits of the SPI: most packets are spared the hash.
const RECENT_ROWS: usize = PC ? 256 : 4;
const RECENT = memory.data((PC ? 256 : 4) * 2, 4);
function head(spi: u32): usize {
  return HEADS + ((<usize>(hashAddr(NOBODY, spi) & (BUCKETS - 1))) << 1);
}
/** The association that receives under this SPI, or null. */
export function findInbound(spi: u32): Association | null {
  const recent = RECENT + ((<usize>spi & (RECENT_ROWS - 1)) << 1);
  const known = association(<i32>load<u16>(recent));
  if (known.spi == spi && receives(known) && isLive(known)) return known;
  const a = findAssociation(Direction.IN, spi);
  if (a) store<u16>(recent, <u16>rowOf(a));
  return a;
}
export function findAssociation(direction: Direction, spi: u32): Association | null {
  for (let i = <i32>load<i16>(head(spi)); i != 0; ) {
    const a = association(i - 1);
    if (a.spi == spi && a.direction == <u8>direction) return a;
    i = a.next;
  }
  return null;
}
/** Enters a row whose direction and SPI are set into the look-up. */
export function link(a: Association): void {
  const h = head(a.spi);
  a.next = load<i16>(h);
  store<i16>(h, <i16>(rowOf(a) + 1));
}
export function unlink(a: Association): void {
  const row = <i16>(rowOf(a) + 1);
  let at = head(a.spi);
  while (load<i16>(at) != row) at = changetype<usize>(association(load<i16>(at) - 1)) + offsetof<Association>("next");
  store<i16>(at, a.next);
  a.next = 0;
}
/**
 * A row for an association: a free one, else of the past what matters least: what received before what sent, what was not in use when the node
 * went down before what was, the older before the newer. What sent and was in use goes only to its own SPI: its key may be on its way
 * back. Null = the table is full.
 */
export function chooseRow(direction: Direction, spi: u32): Association | null {
  let best: Association | null = null;
  let lowest: i32 = 4;
  for (let row = 0; row < ASSOCIATIONS; row++) {
    const a = association(row);
    if (a.direction == 0) return a;
    if ((a.flags & SaFlag.PAST) == 0) continue;
    const sends = a.direction == <u8>Direction.OUT;
    const own = a.spi == spi && a.direction == <u8>direction;
    const rank = own ? 0 : (sends ? 1 : 0) + ((a.flags & SaFlag.IN_USE) != 0 ? 2 : 0);
    if (rank == 3) continue;
    if (rank < lowest || (rank == lowest && best != null && a.born < best.born)) {
      best = a;
      lowest = rank;
    }
  }
  return best;
}
/** Row + 1 of the newest association of a policy that can send now, 0 = none. */
export function newestSender(policy: u32): i32 {
  let best = 0;
  let newest: u32 = 0;
  for (let row = 0; row < ASSOCIATIONS; row++) {
    const a = association(row);
    if (<u32>a.policy != policy || a.direction != <u8>Direction.OUT || a.seq >= a.limit) continue;
    if ((a.flags & (SaFlag.PAST | SaFlag.DEAD)) != 0 || a.born < newest) continue;
    newest = a.born;
    best = row + 1;
  }
  return best;
}
