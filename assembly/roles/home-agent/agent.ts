import { Event } from "../../abi/event";
import { Message, Refusal } from "../../abi/message";
import {
  addrCopy,
  addrEq,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  isV4Mapped,
  prefixEq,
} from "../../base/addr";
import { onControl } from "../../engine/control";
import { startAddress } from "../../engine/dad";
import { emit } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { isLink } from "../../engine/ports";
import { setForwarding } from "../../engine/rx";
import { findAddress, newAddress, ownAddress } from "../../tables/addresses";
import { BindingMark, BindingState, findBinding, newBinding } from "../../tables/bindings";
import { putRoute } from "../../tables/routes";
import { joinAnycast } from "./discovery";
import { revive } from "./registration";

// What the home agent was told about itself (Message.HOME_AGENT) and the home addresses that it serves (HOME_ADDRESS).

/** Values of `security`. */
enum Security {
  /** A Binding Update is looked at only if an association of ours carried it, RFC 6275 §5.1. */
  REQUIRED = 0,
  NONE = 1,
}
const ADDRESS = memory.data(16, 8);
let configured: bool = false;
let security: i32 = Security.REQUIRED;
let link: u32 = 0;
let bits: i32 = 64;
let longest: u32 = 0;
let detect: bool = true;
let order: u32 = 0;
let service: u32 = 0;

export function attachAgent(): void {
  onControl(Message.HOME_AGENT, homeAgent);
  onControl(Message.HOME_ADDRESS, homeAddress);
}
/** Is the packet one that only an association of ours may bring, and none did? That it was the right one the policies have seen to. */
export function unguarded(p: Packet): bool {
  return configured && security == Security.REQUIRED && p.guard == 0;
}
export function isConfigured(): bool {
  return configured;
}
/** Our address on the home link. */
export function agentAddress(): usize {
  return ADDRESS;
}
/** It passed duplicate address detection. */
export function agentReady(): bool {
  return configured && ownAddress(ADDRESS) != null;
}
export function homePort(): u32 {
  return link;
}
export function homeBits(): i32 {
  return bits;
}
/** Of the home subnet prefix. */
export function onHomePrefix(a: usize): bool {
  return configured && prefixEq(a, ADDRESS, bits);
}
/** Units of 4 s. */
export function longestLifetime(): u32 {
  return longest;
}
export function detectsDuplicates(): bool {
  return detect;
}
/** Home Agent Preference, RFC 6275 §7.4. */
export function preference(): u32 {
  return order;
}
/** Home Agent Lifetime in seconds. */
export function agentLifetime(): u32 {
  return service;
}
/** An address that a packet can be sent to from anywhere: unicast, not of one link or node. */
export function isRoutable(a: usize): bool {
  return !isMulticast(a) && !isUnspecified(a) && !isLoopback(a) && !isLinkLocal(a) && !isV4Mapped(a);
}
function homeAgent(at: usize, len: i32): Refusal {
  if (len != 28) return Refusal.BAD_LENGTH;
  const i = <u32>load<u8>(at);
  const n = <i32>load<u8>(at, 1);
  const how = <i32>load<u8>(at, 2);
  const lifetime = <u32>load<u16>(at, 4);
  const dad = <u32>load<u16>(at, 10);
  const address = at + 12;
  if (!isLink(i)) return Refusal.NO_SUCH_PORT;
  if (n < 1 || n > 127 || how > Security.NONE || lifetime == 0 || dad > 1 || !isRoutable(address))
    return Refusal.BAD_VALUE;
  // One home link an image: bindings are looked up by the home address alone.
  if (configured && !(addrEq(address, ADDRESS) && link == i && bits == n)) return Refusal.BAD_VALUE;
  if (!findAddress(address, <i32>i)) {
    const a = newAddress(address, i);
    if (!a || !putRoute(address, n, 0, i)) return Refusal.TABLE_FULL;
    a.prefixLen = <u8>n;
    startAddress(a, 0);
  }
  addrCopy(ADDRESS, address);
  link = i;
  bits = n;
  security = how;
  longest = lifetime;
  order = load<u16>(at, 6);
  service = load<u16>(at, 8);
  detect = dad != 0;
  if (!configured) joinAnycast(address, n, i);
  if (!configured && how == Security.NONE) emit(Event.SECURITY_NONE, 0, ADDRESS, 0, 0, 0);
  configured = true;
  setForwarding(true);
  return Refusal.NONE;
}
/** Lists a home address; a binding that came back from storage lives on from here. */
function homeAddress(at: usize, len: i32): Refusal {
  if (len != 16) return Refusal.BAD_LENGTH;
  if (!isRoutable(at) || !onHomePrefix(at) || findAddress(at, -1)) return Refusal.BAD_VALUE;
  let b = findBinding(at);
  if (!b) b = newBinding(at, -1);
  if (!b) return Refusal.TABLE_FULL;
  b.marks |= BindingMark.LISTED;
  if (b.state == BindingState.RESTORED) revive(b);
  return Refusal.NONE;
}
