import { PortKind } from "../abi/port";
import { Verdict } from "../abi/verdict";
import { ABI_VERSION } from "../base/config";
import { Icmp6Type } from "../wire/icmp6";
import { clockCell } from "./clock";
import { controlBuffer, runControl } from "./control";
import { attachDad } from "./dad";
import { attachConflict, Door, on } from "./doors";
import { rxError, rxTooBig } from "./errors";
import { nextEvent } from "./events";
import { rxEchoRequest } from "./icmp";
import { attachMld } from "./mld";
import { attachNd } from "./nd";
import { alloc, base, IP_AT, MAX_PACKET, Packet } from "./packet";
import { port, portExists } from "./ports";
import { attachQueries } from "./queries";
import * as queue from "./queue";
import { attachReassembly } from "./reassemble";
import { receive } from "./rx";
import { attachSettings } from "./settings";
import * as storage from "./store";
import { runTimers } from "./timers";

// The ABI: what an image exports. Nothing is imported. ARCHITECTURE.md has the contract of each call.

/** What every image has: ICMPv6, neighbour discovery, MLD, settings, queries, storage. */
export function attachEngine(): void {
  on(Door.ICMP6, Icmp6Type.UNREACHABLE, rxError);
  on(Door.ICMP6, Icmp6Type.TOO_BIG, rxTooBig);
  on(Door.ICMP6, Icmp6Type.TIME_EXCEEDED, rxError);
  on(Door.ICMP6, Icmp6Type.PARAMETER, rxError);
  on(Door.ICMP6, Icmp6Type.ECHO_REQUEST, rxEchoRequest);
  attachNd();
  attachDad();
  attachMld();
  attachReassembly();
  attachSettings();
  attachQueries();
  storage.attachStore();
}
/** ABI version; with the highest bit set an image that two roles spoilt (door and key below). */
export function abi(): u32 {
  const conflict = attachConflict();
  return conflict != 0 ? conflict : ABI_VERSION;
}
export function clock(): usize {
  return clockCell();
}
export function ctlBuffer(): usize {
  return controlBuffer();
}
export function configure(len: i32): i32 {
  return runControl(len);
}

let lent: usize = 0; // the packet behind the pointer of the last rxBuffer
/** Where the caller puts the next frame of a port, 0 when no buffer is free. At most `MAX_PACKET` bytes of IP. */
export function rxBuffer(p: u32): usize {
  if (!portExists(p)) return 0;
  if (lent == 0) {
    const fresh = alloc();
    if (!fresh) return 0;
    lent = base(fresh);
  }
  return lent + IP_AT - (port(p).kind == PortKind.ETHER ? 14 : 0);
}
/** A frame of `len` bytes lies in the buffer: all of its way happens now. A frame longer than the buffer is dropped and counted. */
export function rx(p: u32, len: i32): void {
  if (lent == 0 || !portExists(p)) return;
  const q = changetype<Packet>(lent);
  const head = port(p).kind == PortKind.ETHER ? 14 : 0;
  lent = 0;
  q.port = <u8>p;
  const fits = len >= head && len - head <= MAX_PACKET;
  q.end = fits ? q.ip + <usize>(len - head) : q.ip;
  queue.settle(q, fits ? receive(q) : len < head ? Verdict.SHORT_FRAME : Verdict.TOO_BIG);
}
export function tick(): u32 {
  return runTimers();
}
export function takeTx(): usize {
  return queue.takeTx();
}
export function txDone(ptr: usize): void {
  queue.txDone(ptr);
}
export function takeEvent(): usize {
  return nextEvent();
}
export function takeStore(): usize {
  return storage.takeStore();
}
export function stored(generation: u32): void {
  storage.stored(generation);
}
