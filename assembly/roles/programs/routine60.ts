import { Event } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrEq } from "../../base/addr";
import { now } from "../../engine/clock";
import { ask, Door } from "../../engine/doors";
import { emit, step } from "../../engine/events";
import { allocOwn, Packet } from "../../engine/packet";
import { settle } from "../../engine/queue";
import { Address, AddressFlag, findAddress, usable } from "../../tables/addresses";
import {
  BindingUpdate,
  findUpdate,
  firstUpdate,
  nextUpdate,
  UpdateState,
  UpdateTo,
  updateCareOf,
  updateHome,
} from "../../tables/binding-list";
import { isNative, runningProgram, setRunningProgram } from "../../tables/policy";
import { follow } from "../../tables/spd";
import { deleteTunnel, findTunnel, putTunnel, Tunnel, tunnelLocal, tunnelRemote } from "../../tables/tunnels";
import { Ip6, Proto } from "../../wire/ip6";
import { Mh, MhType, putBa, putRouting2 } from "../../wire/mh";
import { choose, isUnderIpsec, Kind } from "./choose";
import { withdraw } from "./native";
import { insertNumber, mirror, stripNumber } from "./s3";

// From an acknowledged binding to a usable application port.
//   504 a program is chosen, its number added (S3)   61, 505 routine 60: the number read and taken off   62 status below 128?
//   63, 506 tunnel from the care-of address to the home agent   then the program: 64, 507 translation or 66 none   67 discarded
// Under IPsec: 76, 521, 522 the number added   61, 505   81 or 91, 506 the tunnel   82, 507 translation
// From a correspondent: 76, 534, 535   61, 536   83 or 92 which message?   84 or 93 acknowledged   82, 537 translation   85 or 94 an error

let usedAtHome: bool = false;

/** Did the home agent's last acknowledgement come under IPsec? */
let underIpsec: bool = false;

/**
 * Chain.ACKNOWLEDGED. In: `at` = Binding Acknowledgement, the care-of address at `p.home`, the home address in its place; or a Binding Error of a
 * correspondent.
 */
export function acknowledged(p: Packet): Verdict {
  const kind = kindOf(p);
  if (kind != Kind.DIRECT) underIpsec = kind == Kind.PROTECTED;
  const number = choose(kind);
  if (number == 0) return Verdict.NO_PROGRAM;
  if (!insertNumber(p, number)) return Verdict.NO_HEADROOM;
  const ip = Ip6.at(p.ip);
  if (kind == Kind.PLAIN) {
    step(504, ip.src, ip.dst, number);
    mirror(p, 504);
    return routine60(p);
  }
  // Routine 70 ends.
  const direct = kind == Kind.DIRECT;
  step(76, ip.src, ip.dst, number);
  step(direct ? 534 : 521, ip.src, ip.dst, number);
  step(direct ? 535 : 522, ip.src, ip.dst, number);
  mirror(p, direct ? 535 : 522);
  return direct ? routine60Direct(p) : routine60(p);
}
function kindOf(p: Packet): Kind {
  const ip = Ip6.at(p.ip);
  const u = findUpdate(ip.src, Mh.at(p.at).type == MhType.BE ? p.at + 8 : ip.dst);
  if (u && u.to == UpdateTo.CORRESPONDENT) return Kind.DIRECT;
  return p.guard != 0 ? Kind.PROTECTED : Kind.PLAIN;
}
/** BA processing routine 60 of the seeds, Figs 9, 15, 16, for the home agent. In: format S3. */
function routine60(p: Packet): Verdict {
  const number = stripNumber(p);
  const ip = Ip6.at(p.ip);
  const mh = Mh.at(p.at);
  const plain = !isUnderIpsec(number);
  step(61, ip.src, ip.dst, number);
  step(505, ip.src, ip.dst, number);
  if (plain) step(62, ip.src, ip.dst, mh.baStatus);
  if (mh.baStatus >= 128) return discard(p, Verdict.BA_REFUSED);
  // Taken away, by us: the application keeps its address, the home link needs no tunnel.
  if (mh.lifetime == 0) return Verdict.DONE;
  const had = findTunnel(ip.dst, now());
  const decided = plain ? 63 : isNative(number) ? 91 : 81;
  if (p.home != 0 && !setTunnel(ip.dst, p.home, ip.src, had, mh.lifetime, decided))
    return discard(p, Verdict.PROGRAM_FAILED);
  const v = ask(Door.PROGRAM, number, p, Verdict.NO_PROGRAM);
  if (v >= Verdict.DROPS) {
    if (!had) dropTunnel(ip.dst);
    return discard(p, v);
  }
  if (isNative(runningProgram()) && !isNative(number)) withdraw();
  setRunningProgram(number);
  usedAtHome = p.home == 0;
  return Verdict.DONE;
}
/** The same for a correspondent: route optimization beside the program that runs. Table 210 has been brought up to date already. */
function routine60Direct(p: Packet): Verdict {
  const number = stripNumber(p);
  const ip = Ip6.at(p.ip);
  const native = isNative(number);
  step(61, ip.src, ip.dst, number);
  step(536, ip.src, ip.dst, number);
  step(native ? 92 : 83, ip.src, ip.dst, Mh.at(p.at).type);
  if (Mh.at(p.at).type == MhType.BE) {
    step(native ? 94 : 85, ip.src, p.at + 8, 0);
    return Verdict.DONE;
  }
  step(native ? 93 : 84, ip.src, ip.dst, Mh.at(p.at).lifetime);
  const v = ask(Door.PROGRAM, number, p, Verdict.NO_PROGRAM);
  return v >= Verdict.DROPS ? discard(p, v) : Verdict.DONE;
}
function discard(p: Packet, v: Verdict): Verdict {
  step(67, Ip6.at(p.ip).src, Ip6.at(p.ip).dst, v);
  return v;
}
/** Steps 63 (under IPsec 81, 91), 506. The tunnel lives as long as the binding, which counts from the Binding Update. */
function setTunnel(home: usize, local: usize, remote: usize, had: Tunnel | null, units: u32, decided: u32): bool {
  const same = had != null && addrEq(tunnelLocal(had), local) && addrEq(tunnelRemote(had), remote);
  const u = findUpdate(remote, home);
  const expires = u ? u.expires : now() + <u64>units * 4000;
  if (!putTunnel(home, local, remote, expires, now())) return false;
  follow(home, local);
  step(decided, local, remote, 0);
  step(506, local, remote, 0);
  if (!same) emit(Event.TUNNEL, 1, local, remote, 0, 0);
  return true;
}
function dropTunnel(home: usize): void {
  const t = findTunnel(home, now());
  if (!t) return;
  emit(Event.TUNNEL, 0, tunnelLocal(t), tunnelRemote(t), 0, 0);
  deleteTunnel(home);
  follow(home, 0);
}
/**
 * The home address is on the home link: the program runs as if a home agent had acknowledged for good, without a tunnel, so that
 * an application that starts at home has its address too.
 */
export function useAtHome(a: Address): void {
  if (usedAtHome || !usable(a) || (a.flags & AddressFlag.HOME) == 0 || (a.flags & AddressFlag.AWAY) != 0) return;
  standIn(changetype<usize>(a), changetype<usize>(a), 0, 0xffff);
}
/** Table 220 was changed: another program may have to run for what is acknowledged already. */
export function chooseAgain(): void {
  const number = choose(underIpsec ? Kind.PROTECTED : Kind.PLAIN);
  if (number == runningProgram()) return;
  if (isNative(runningProgram())) withdraw();
  setRunningProgram(0);
  usedAtHome = false;
  for (let q = firstUpdate(); q != 0; q = nextUpdate(q)) {
    const u = changetype<BindingUpdate>(q);
    if (u.to != UpdateTo.HOME_AGENT || u.state != <u8>UpdateState.BOUND || u.expires <= now()) continue;
    if (number == 0) dropTunnel(updateHome(u));
    else standIn(updateHome(u), q, updateCareOf(u), <u32>((u.expires - now()) / 4000));
  }
}
/** Runs the program for an acknowledgement that is not at hand any more, only as good as routine 60 needs it. `coa` 0 = at home. */
function standIn(home: usize, agent: usize, coa: usize, units: u32): void {
  // At home nobody acknowledges: a program that waits for IPsec serves as well.
  const number = choose(coa == 0 || underIpsec ? Kind.PROTECTED : Kind.PLAIN);
  const row = findAddress(home, -1);
  if (number == 0 || units == 0 || !row) return;
  const p = allocOwn();
  if (!p) return;
  const away = coa != 0;
  p.at = Ip6.begin(p.ip, agent, home, away ? Proto.ROUTING : Proto.MH, away ? 40 : 16, 0);
  p.prev = p.ip + 6;
  if (away) {
    putRouting2(p.at, Proto.MH, coa);
    p.home = p.at + 8;
    p.prev = p.at;
    p.at += 24;
  }
  Mh.begin(p.at, 16, MhType.BA);
  putBa(p.at, 0, 0, 0, units);
  p.end = p.at + 16;
  p.next = <u8>Proto.MH;
  p.port = row.port;
  settle(p, insertNumber(p, number) ? routine60(p) : Verdict.NO_HEADROOM);
}
