import { AddressState } from "../../abi/event";
import { isLinkLocal } from "../../base/addr";
import { PORTS } from "../../base/config";
import { Changed, onChanged } from "../../engine/changed";
import { startAddress } from "../../engine/dad";
import { Chain, Door, on, onChain, Stage } from "../../engine/doors";
import { isLink, portMac } from "../../engine/ports";
import { setForwarding } from "../../engine/rx";
import { Address, firstAddress, newAddress, nextAddress } from "../../tables/addresses";
import { Icmp6Type } from "../../wire/icmp6";
import { attachAdvertise, restartAdvertising, rxRs } from "./advertise";
import { redirect } from "./redirect";
import { attachSettings } from "./settings";

// A router: it forwards, says so on its links, and has a link-local address on each (made from the MAC address, RFC 4291
// appendix A: a router's address is no secret, and it should be the same after a restart).

const made = memory.data(16, 8);

/** Attaches the role to the doors of the engine. */
export function attach(): void {
  setForwarding(true);
  attachAdvertise();
  attachSettings();
  on(Door.ICMP6, Icmp6Type.ROUTER_SOLICITATION, rxRs);
  onChain(Chain.REDIRECT, Stage.POLICY, redirect);
  onChanged(heard);
}
function heard(what: Changed, i: u32, at: usize): void {
  if (what == Changed.CONFIGURED) {
    for (let k: u32 = 0; k < <u32>PORTS; k++) if (isLink(k)) linkLocal(k);
  } else if (what == Changed.LINK_UP || (what == Changed.ADDRESS_READY && isLinkLocal(at))) restartAdvertising(i);
}
/** Gives a port a link-local address unless it has one, set by hand or made here. */
function linkLocal(i: u32): void {
  for (let at = firstAddress(); at != 0; at = nextAddress(at)) {
    const a = changetype<Address>(at);
    if (a.state != AddressState.NONE && <u32>a.port == i && isLinkLocal(at)) return;
  }
  const mac = portMac(i);
  store<u64>(made, 0x80fe);
  store<u32>(made, load<u32>(mac) ^ 0x02, 8);
  store<u8>(made, 0xff, 11);
  store<u16>(made, ((<u16>load<u8>(mac, 3)) << 8) | 0xfe, 12);
  store<u16>(made, load<u16>(mac, 4), 14);
  const a = newAddress(made, i);
  if (!a) return;
  a.prefixLen = 64;
  startAddress(a, 0);
}
