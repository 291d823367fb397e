import { AddressState } from "../../abi/event";
import { isLinkLocal, prefixEq } from "../../base/addr";
import { now } from "../../engine/clock";
import { endAddress, setAddressState, startAddress } from "../../engine/dad";
import { portMac } from "../../engine/ports";
import { Address, AddressFlag, findAddress, firstAddress, newAddress, nextAddress } from "../../tables/addresses";
import { coveringPrefix } from "../../tables/prefixes";
import { putIdentifier } from "./identifier";
import { HostFlag, hostPort, secretOf } from "./ports";

// Stateless address autoconfiguration, RFC 4862 §5.3-5.5, with the identifiers of RFC 7217.

const IDGEN_RETRIES: u32 = 3; // RFC 7217 §7
const MAX_AUTO: i32 = 4; // addresses from advertisements a port, so that a flood of prefixes leaves room
const TWO_HOURS_MS: u64 = 7200000;
const MAX_DELAY_MS: u32 = 1000; // MAX_RTR_SOLICITATION_DELAY
export const FOR_EVER: u64 = u64.MAX_VALUE;
const made = memory.data(16, 8);

/** The link-local address of a port, RFC 4862 §5.3. */
export function makeLinkLocal(i: u32): void {
  for (let at = firstAddress(); at != 0; at = nextAddress(at)) {
    const a = changetype<Address>(at);
    if (a.state != AddressState.NONE && <u32>a.port == i && isLinkLocal(at)) return;
  }
  store<u64>(made, 0x80fe);
  make(i, 0, FOR_EVER, FOR_EVER, 0);
}
/** An address with the prefix at `made`. */
function make(i: u32, counter: u32, valid: u64, preferred: u64, delayMs: u32): void {
  const used = putIdentifier(made, secretOf(hostPort(i)), portMac(i), counter);
  if (findAddress(made, <i32>i)) return;
  const a = newAddress(made, i);
  if (!a) return;
  a.prefixLen = 64;
  a.flags = AddressFlag.AUTO;
  a.attempts = <u8>used;
  a.validUntil = valid;
  a.preferredUntil = preferred;
  startAddress(a, delayMs);
}
/**
 * An autonomous /64 prefix was advertised, RFC 4862 §5.5.3: makes an address or changes the lifetimes of the one there is. Lifetimes in ms,
 * `FOR_EVER` included. `many`: the advertisement was multicast, so others answer it too and probes are spread.
 */
export function autonomous(prefix: usize, i: u32, valid: u64, preferred: u64, many: bool): void {
  let count = 0;
  for (let at = firstAddress(); at != 0; at = nextAddress(at)) {
    const a = changetype<Address>(at);
    if (a.state == AddressState.NONE || <u32>a.port != i || (a.flags & AddressFlag.AUTO) == 0 || isLinkLocal(at))
      continue;
    if (prefixEq(at, prefix, 64)) return renew(a, valid, preferred);
    count++;
  }
  if (valid == 0 || count >= MAX_AUTO) return;
  store<u64>(made, load<u64>(prefix));
  const spread = many && (hostPort(i).flags & HostFlag.OPTIMISTIC) == 0;
  make(i, 0, end(valid), end(preferred), spread ? MAX_DELAY_MS : 0);
}
function end(lifetime: u64): u64 {
  return lifetime == FOR_EVER ? FOR_EVER : now() + lifetime;
}
/** The two-hour rule, RFC 4862 §5.5.3 (e): nobody ends an address at once by an unauthenticated advertisement. */
function renew(a: Address, valid: u64, preferred: u64): void {
  const remaining = a.validUntil == FOR_EVER ? FOR_EVER : a.validUntil - now();
  if (valid > TWO_HOURS_MS || valid > remaining) a.validUntil = end(valid);
  else if (remaining > TWO_HOURS_MS) a.validUntil = now() + TWO_HOURS_MS;
  a.preferredUntil = end(preferred);
  if (a.preferredUntil > a.validUntil) a.preferredUntil = a.validUntil;
  if (a.state == AddressState.DEPRECATED && preferred > 0) setAddressState(a, AddressState.PREFERRED);
}
/** Ends what is over, deprecates, and tries another identifier for a duplicate. Returns the next moment to look. */
export function runAddresses(): u64 {
  let next = FOR_EVER;
  for (let at = firstAddress(); at != 0; at = nextAddress(at)) {
    const a = changetype<Address>(at);
    if (a.state == AddressState.NONE || (a.flags & AddressFlag.AUTO) == 0) continue;
    if (a.validUntil <= now()) {
      endAddress(a);
      continue;
    }
    if (a.validUntil < next) next = a.validUntil;
    if (a.preferredUntil > now()) {
      if (a.preferredUntil < next) next = a.preferredUntil;
    } else if (a.state == AddressState.PREFERRED) setAddressState(a, AddressState.DEPRECATED);
    if (a.state == AddressState.DUPLICATE) again(a);
  }
  return next;
}
/** RFC 7217 §6: the counter rises and another identifier is tried, IDGEN_RETRIES times; after that the row stays as a duplicate. */
function again(a: Address): void {
  if (<u32>a.attempts >= IDGEN_RETRIES) return;
  const i = <u32>a.port;
  const counter = <u32>a.attempts + 1;
  const valid = a.validUntil;
  const preferred = a.preferredUntil;
  store<u64>(made, a.hi);
  endAddress(a);
  make(i, counter, valid, preferred, 0);
}
/** Ends the addresses of a port that were made here; `all` false: only those that no prefix covers any more. */
export function endAddresses(i: u32, all: bool): void {
  for (let at = firstAddress(); at != 0; at = nextAddress(at)) {
    const a = changetype<Address>(at);
    if (a.state == AddressState.NONE || <u32>a.port != i || (a.flags & AddressFlag.AUTO) == 0) continue;
    if (!all && (isLinkLocal(at) || coveringPrefix(at, i))) continue;
    endAddress(a);
  }
}
