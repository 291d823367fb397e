import { Verdict } from "../abi/verdict";
import { Packet } from "./packet";

// Doors: named places where roles stand. A role registers a function for a door; the engine asks the door and acts on the
// verdict. Keyed doors have one owner a key. Chains have one owner a stage and are walked in the order of the stages.

/** Doors with a key; the key's meaning behind the dash. */
export enum Door {
  /** Next header number. ESP and AH before the inbound policy: GO = `at` and `next` are behind it, NOT_MINE = as if nobody stood here. */
  PROTO = 0,
  /** Mobility header type. */
  MH = 1,
  /** ICMPv6 type. */
  ICMP6 = 2,
  /** Destination or hop-by-hop option type; `p.at` is the option. GO = processed, next option. */
  OPTION = 3,
  /** UDP destination port. */
  UDP = 4,
  /** TCP destination port. */
  TCP = 5,
  /** Program number of table 220; the packet is in format S3 without the added header. */
  PROGRAM = 6,
}
export enum Chain {
  /** Is the destination mine? Answers MINE, APP, a drop, or GO. After the node's own addresses. */
  CLAIM = 0,
  /** A packet about to be forwarded. */
  FORWARD = 1,
  /** Wrap an outgoing packet: lower `ip`, then GO. Asked again for what came out, up to MAX_LAYERS. */
  SEND = 2,
  /** Inbound policy, in front of every upper door. */
  INBOUND = 3,
  /** `outer` was terminated here, `ip` is inside: MINE = accept, a drop = refuse, GO = not my tunnel. */
  TUNNEL = 4,
  /** A packet from the application port, IPv4 or IPv6, `ip` at its header: GO = `ip` is IPv6 now, send it. */
  APP_IN = 5,
  /** A packet for the application port: may translate it in place; GO = hand it over. */
  APP_OUT = 6,
  /** Neighbour Solicitation for target `p.at`, port `p.port`: MINE = a proxy answers for it. A Neighbour Advertisement of
   *  somebody else about `p.at` comes by as well (the ICMPv6 header is 8 bytes in front): GO = the neighbour cache's. */
  PROXY = 7,
  /** A Router Advertisement that was processed; `p.at` at the ICMPv6 header. */
  ADVERTISED = 8,
  /** A Binding Acknowledgement that the mobile node accepted or saw refused; `p.at` at the mobility header. */
  ACKNOWLEDGED = 9,
  /** A forwarded packet that leaves by the port it came in on; its next hop is known. The answer is not asked. */
  REDIRECT = 10,
  COUNT = 11,
}
export enum Stage {
  FILTER = 0,
  BINDING = 1,
  POLICY = 2,
  TUNNEL = 3,
  TRANSLATION = 4,
  PROGRAM = 5,
  MOVEMENT = 6,
  /** Who asks an anycast address, and who answers for one. */
  ASKING = 7,
  ANSWERING = 8,
  COUNT = 9,
}
export type Handler = (p: Packet) => Verdict;

const SLOTS: i32 = 64;
const FN = memory.data(SLOTS * 4, 4); // function table index
const KEYS = memory.data(SLOTS * 4, 4); // door << 16 | key
const INDEX = memory.data(SLOTS * 2, 4); // slot + 1 at the hash of its key, or behind it
const CHAINS = memory.data(Chain.COUNT * (Stage.COUNT + 1) * 4, 4); // a word a stage, then a bit for each that has an owner
const OWNED: usize = Stage.COUNT * 4;
let inUse: u32 = 0; // a bit for each chain that has an owner
let slots: i32 = 0;
let conflict: u32 = 0;

/** 0, or what two roles wanted at once: 0x80000000 | door << 16 | key (chains count from 0x40). The build refuses such an image. */
export function attachConflict(): u32 {
  return conflict;
}
function refuse(door: i32, key: i32): void {
  conflict = 0x80000000 | ((<u32>door) << 16) | (<u32>key & 0xffff);
}
function indexOf(fn: Handler): u32 {
  return load<u32>(changetype<usize>(fn));
}
/** Registers the one owner of a key. */
export function on(door: Door, key: i32, fn: Handler): void {
  if (slots == SLOTS || slotOf(door, key) >= 0) return refuse(door, key);
  const k = keyOf(door, key);
  let i = hashOf(k);
  while (load<u8>(INDEX + i) != 0) i = after(i);
  store<u8>(INDEX + i, <u8>(slots + 1));
  store<u32>(KEYS + <usize>(slots << 2), k);
  store<u32>(FN + <usize>(slots << 2), indexOf(fn));
  slots++;
}
/** Registers the one owner of a stage. */
export function onChain(chain: Chain, stage: Stage, fn: Handler): void {
  const row = rowOf(chain);
  const at = row + ((<usize>stage) << 2);
  if (load<u32>(at) != 0) return refuse(0x40 + chain, stage);
  store<u32>(at, indexOf(fn));
  store<u32>(row, load<u32>(row, OWNED) | (1 << (<i32>stage)), OWNED);
  inUse |= 1 << (<u32>chain);
}
function rowOf(chain: Chain): usize {
  return CHAINS + <usize>(chain * ((Stage.COUNT + 1) * 4));
}
function keyOf(door: Door, key: i32): u32 {
  return ((<u32>door) << 16) | (<u32>key & 0xffff);
}
function hashOf(key: u32): usize {
  return <usize>((key * 0x9e3779b1) >> 25); // 128 places
}
function after(i: usize): usize {
  return (i + 1) & <usize>(SLOTS * 2 - 1);
}
function slotOf(door: Door, key: i32): i32 {
  const want = keyOf(door, key);
  let i = hashOf(want);
  let slot = <i32>load<u8>(INDEX + i) - 1;
  while (slot >= 0 && load<u32>(KEYS + <usize>(slot << 2)) != want) {
    i = after(i);
    slot = <i32>load<u8>(INDEX + i) - 1;
  }
  return slot;
}
/** Asks the owner of a key; an empty door answers `nobody`. */
export function ask(door: Door, key: i32, p: Packet, nobody: Verdict): Verdict {
  const slot = slotOf(door, key);
  return slot < 0 ? nobody : call_indirect<Verdict>(load<u32>(FN + <usize>(slot << 2)), p);
}
/** Is there an owner? */
export function owned(door: Door, key: i32): bool {
  return slotOf(door, key) >= 0;
}
/** Key of the door's owner number `i` in the order of attaching, -1 = there are fewer. */
export function doorKey(door: Door, i: i32): i32 {
  for (let s = 0; s < slots; s++) {
    const w = load<u32>(KEYS + <usize>(s << 2));
    if (w >> 16 == <u32>door && i-- == 0) return <i32>(w & 0xffff);
  }
  return -1;
}
/** Has a stage of the chain an owner? Where every packet comes by, it is spared the call for a chain that is empty. */
export function chained(chain: Chain): bool {
  return (inUse & (1 << (<u32>chain))) != 0;
}
/** Walks a chain until a stage does not say GO; GO when none did. */
export function askChain(chain: Chain, p: Packet): Verdict {
  const row = rowOf(chain);
  for (let owned = load<u32>(row, OWNED); owned != 0; owned &= owned - 1) {
    const v = call_indirect<Verdict>(load<u32>(row + ((<usize>ctz<u32>(owned)) << 2)), p);
    if (v != Verdict.GO) return v;
  }
  return Verdict.GO;
}
