import { Verdict } from "../../abi/verdict";
import { now } from "../../engine/clock";
import { dataStep, step, traceLevel } from "../../engine/events";
import { left, Packet, PacketFlag, protectedBy } from "../../engine/packet";
import { Address, AddressFlag, firstAddress, nextAddress } from "../../tables/addresses";
import { findUpdate, UpdateState, UpdateTo } from "../../tables/binding-list";
import { enforced, findPolicy, tunnels } from "../../tables/spd";
import { findTunnel } from "../../tables/tunnels";
import { Ip6, Proto } from "../../wire/ip6";
import { Mh, MhType } from "../../wire/mh";
import { guardOf } from "./guard";

// The seeds' steps of a mobile node with IPsec, once Message.IPSEC switched it on: BA processing routine 70 (71-77), packet send processing
// routine 100 (101-112) and packet receive processing routine 120 (121-131).

/** What the policies said about a packet on its way out. */
export enum Decided {
  /** None names it. */
  NOTHING = 0,
  /** It goes as it is, or not at all. */
  PLAIN = 1,
  /** It would be protected, if there were an association. */
  WANTED = 2,
  TRANSPORT = 3,
  TUNNEL = 4,
}

/** Has this node a home address? */
function isMobile(): bool {
  for (let p = firstAddress(); p != 0; p = nextAddress(p)) {
    if ((changetype<Address>(p).flags & AddressFlag.HOME) != 0) return true;
  }
  return false;
}
function here(p: Packet, number: u32): void {
  dataStep(number, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
}
function isTraced(p: Packet): bool {
  return traceLevel() >= 2 && (p.flags & PacketFlag.FROM_APP) != 0 && isMobile();
}
/** The application's packet comes by for the first time. */
export function traceOut(p: Packet): void {
  if (!isTraced(p) || p.inner != 0 || protectedBy(p) != 0) return;
  // To a correspondent directly: whoever decided that has told so far.
  if (p.home != 0) return here(p, 104);
  here(p, 101);
  here(p, 102);
  here(p, 108);
}
/** It was decided about; the verdict. */
export function tracedOut(p: Packet, how: Decided, v: Verdict): Verdict {
  if (!isTraced(p)) return v;
  const direct = p.home != 0;
  const tunnelNext = !direct && findTunnel(Ip6.at(p.ip).src, now()) != null;
  const goes = how <= Decided.PLAIN && v == Verdict.GO;
  if (how != Decided.NOTHING && !(goes && tunnelNext)) {
    here(p, direct ? 105 : 109);
    if (how == Decided.TUNNEL) here(p, 554);
  }
  if (how >= Decided.WANTED) here(p, direct ? 106 : 110);
  if (how == Decided.TUNNEL) here(p, 555);
  if (v != Verdict.GO) here(p, 112);
  if (!goes || tunnelNext) return v;
  if (Ip6.at(p.ip).next == Proto.IP6) here(p, 111);
  here(p, 107);
  return v;
}
/** ESP or AH was taken off, or could not be. */
export function traceRefused(p: Packet, v: Verdict): Verdict {
  if (v < Verdict.DROPS || traceLevel() == 0 || !isMobile()) return v;
  const ip = Ip6.at(p.ip);
  const u = p.home != 0 ? findUpdate(ip.src, ip.dst) : null;
  if (u && u.state == UpdateState.WAITING) step(77, ip.src, ip.dst, v);
  else here(p, 130);
  return v;
}
/** A tunnel of associations ends here, and the policy is satisfied. */
export function traceInside(p: Packet): void {
  if (traceLevel() < 2 || !isMobile()) return;
  const outer = Ip6.at(p.outer);
  for (let i: usize = 0; i < 14; i += 2) dataStep(<u32>load<u16>(INSIDE + i), outer.src, outer.dst);
}
const INSIDE = memory.data<u16>([121, 122, 125, 552, 126, 553, 131]);

/** Another tunnel ends here. */
export function traceTunnel(p: Packet): void {
  if (traceLevel() < 2 || !isMobile()) return;
  const outer = Ip6.at(p.outer);
  if (p.guard == 0) dataStep(121, outer.src, outer.dst);
  dataStep(128, outer.src, outer.dst);
}
/** A packet was held to the policies; `named`: there was one for it. */
export function traceIn(p: Packet, named: bool, v: Verdict): Verdict {
  if (traceLevel() == 0 || !isMobile()) return v;
  if (<u32>p.next == Proto.MH) {
    if (left(p) >= 8 && Mh.at(p.at).type == MhType.BA) traceAcknowledgement(p, v);
    return v;
  }
  if ((p.flags & PacketFlag.FOR_APP) != 0) traceReceived(p, named);
  else if (v == Verdict.GO) return v;
  if (v != Verdict.GO) here(p, 130);
  else {
    if (p.guard == 0 || !inTunnel(p)) here(p, 131);
    here(p, 127);
  }
  return v;
}
function inTunnel(p: Packet): bool {
  const q = findPolicy(guardOf(p).policy);
  return q != null && tunnels(q);
}
function traceReceived(p: Packet, named: bool): void {
  const guarded = p.guard != 0;
  if (guarded && inTunnel(p)) return;
  // By a type 2 routing header: told already.
  if (p.home == 0) {
    if (p.outer == 0 || guarded) here(p, 121);
    if (guarded) here(p, 122);
  }
  here(p, guarded ? 125 : 129);
  if (guarded || named) here(p, 126);
}
function traceAcknowledgement(p: Packet, v: Verdict): void {
  const ip = Ip6.at(p.ip);
  const guarded = p.guard != 0;
  if (v == Verdict.GO && isOfCorrespondent(ip)) return; // it tells itself
  if (p.home != 0) step(71, ip.src, ip.dst, 0);
  step(72, ip.src, ip.dst, guarded ? 1 : 0);
  if (guarded) step(73, ip.src, ip.dst, guardOf(p).spi);
  step(74, ip.src, ip.dst, v == Verdict.GO ? 1 : 0);
  if (v != Verdict.GO) step(77, ip.src, ip.dst, v);
}
/** Chain.ACKNOWLEDGED: the binding update list knows; the number of a program is put in by whoever chooses it. */
export function traceAcknowledged(p: Packet): Verdict {
  if (!enforced() || Mh.at(p.at).type != MhType.BA) return Verdict.GO;
  const ip = Ip6.at(p.ip);
  if (!isOfCorrespondent(ip)) step(75, ip.src, ip.dst, 0);
  return Verdict.GO;
}
function isOfCorrespondent(ip: Ip6): bool {
  const u = findUpdate(ip.src, ip.dst);
  return u != null && u.to == UpdateTo.CORRESPONDENT;
}
