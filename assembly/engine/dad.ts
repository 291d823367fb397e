import { AddressState, Event } from "../abi/event";
import { addrCopy, solicitedNode } from "../base/addr";
import { randomBelow } from "../base/prng";
import { Address, AddressFlag, firstAddress, nextAddress } from "../tables/addresses";
import { Changed, changed, onChanged } from "./changed";
import { now } from "./clock";
import { emit } from "./events";
import { join, leave } from "./mld";
import { sendDadNs } from "./nd";
import { PortFlag, port } from "./ports";
import { timer, timerBy } from "./timers";

// Duplicate address detection, RFC 4862 §5.4, optimistic by RFC 4429. DupAddrDetectTransmits = 1, RetransTimer of the port.

let dadTimer: i32 = 0;
const group = memory.data(16, 8);
const duplicate = memory.data(16, 8);

export function attachDad(): void {
  dadTimer = timer(runDad);
  onChanged(heard);
}
/** Another link may have another owner of the address: addresses set by hand are probed again, RFC 4862 §5.4. */
function heard(what: Changed, i: u32, _at: usize): void {
  if (what != Changed.LINK_UP) return;
  for (let at = firstAddress(); at != 0; at = nextAddress(at)) {
    const a = changetype<Address>(at);
    const apart = AddressFlag.HOME | AddressFlag.AWAY;
    if (a.state != AddressState.NONE && <u32>a.port == i && (a.flags & apart) == 0) probeAddress(a, 0);
  }
}
/**
 * Starts an address's life: joins its group, then probes, or makes it usable at once (`NO_DAD`, anycast).
 * `delayMs` bounds the random wait before the first probe (RFC 4862 §5.4.2 when a multicast RA triggered it).
 */
export function startAddress(a: Address, delayMs: u32): void {
  solicitedNode(group, changetype<usize>(a));
  join(group, a.port);
  probeAddress(a, delayMs);
}
/** Tests an address, new or not, whether somebody on the link has it. */
function probeAddress(a: Address, delayMs: u32): void {
  if ((a.flags & (AddressFlag.NO_DAD | AddressFlag.ANYCAST)) != 0) return setAddressState(a, AddressState.PREFERRED);
  const optimistic = (port(a.port).flags & PortFlag.OPTIMISTIC) != 0;
  a.probes = 1;
  a.nextProbe = now() + (delayMs == 0 ? 0 : <u64>randomBelow(delayMs));
  setAddressState(a, optimistic ? AddressState.OPTIMISTIC : AddressState.TENTATIVE);
  if (a.nextProbe <= now()) runDad();
  else timerBy(dadTimer, a.nextProbe);
}
/** Ends an address: leaves its group, frees the row, tells who cares. */
export function endAddress(a: Address): void {
  solicitedNode(group, changetype<usize>(a));
  leave(group, a.port);
  a.state = AddressState.NONE;
  emit(Event.ADDRESS, AddressState.NONE, changetype<usize>(a), 0, a.port, a.prefixLen);
  changed(Changed.ADDRESS_GONE, a.port, changetype<usize>(a));
}
/** A new state of an address, told to everybody. */
export function setAddressState(a: Address, state: AddressState): void {
  a.state = state;
  emit(Event.ADDRESS, state, changetype<usize>(a), 0, a.port, a.prefixLen);
  if (state == AddressState.PREFERRED) changed(Changed.ADDRESS_READY, a.port, changetype<usize>(a));
  if (state == AddressState.DEPRECATED) changed(Changed.ADDRESS_DEPRECATED, a.port, changetype<usize>(a));
  if (state == AddressState.OPTIMISTIC) changed(Changed.ADDRESS_OPTIMISTIC, a.port, changetype<usize>(a));
}
function runDad(): void {
  let next = u64.MAX_VALUE;
  for (let at = firstAddress(); at != 0; at = nextAddress(at)) {
    const a = changetype<Address>(at);
    if (a.state != AddressState.TENTATIVE && a.state != AddressState.OPTIMISTIC) continue;
    if (a.nextProbe <= now()) {
      if (a.probes == 0) {
        setAddressState(a, AddressState.PREFERRED);
        continue;
      }
      a.probes--;
      a.nextProbe = now() + <u64>port(a.port).retrans;
      sendDadNs(at, a.port);
    }
    if (a.nextProbe < next) next = a.nextProbe;
  }
  if (next != u64.MAX_VALUE) timerBy(dadTimer, next);
}
/** Somebody else probes for or advertises an address under test: it is a duplicate, RFC 4862 §5.4.3-5.4.4. */
export function dadHeard(a: Address): void {
  a.state = AddressState.DUPLICATE;
  emit(Event.DUPLICATE, 0, changetype<usize>(a), 0, a.port, 0);
  addrCopy(duplicate, changetype<usize>(a));
  changed(Changed.ADDRESS_DUPLICATE, a.port, duplicate);
}
