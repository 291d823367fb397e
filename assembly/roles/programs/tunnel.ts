import { Event } from "../../abi/event";
import { Verdict } from "../../abi/verdict";
import { addrEq } from "../../base/addr";
import { now } from "../../engine/clock";
import { dataStep, emit, traceLevel } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { clampMss, mtuTo, wrap } from "../../engine/tx";
import { AddressFlag, ownAddress } from "../../tables/addresses";
import { findUpdate, UpdateState, UpdateTo, updateCareOf } from "../../tables/binding-list";
import { isNative, runningProgram } from "../../tables/policy";
import { follow } from "../../tables/spd";
import {
  findTunnel,
  firstTunnel,
  nextTunnel,
  putTunnel,
  Tunnel,
  tunnelLocal,
  tunnelRemote,
} from "../../tables/tunnels";
import { Ip6, Proto } from "../../wire/ip6";

// IPv6-packet processing part 24: the IP-in-IP tunnel of step 506 on the way of data, RFC 2473 and RFC 6275 §11.3.1.

const PROVEN_MS: u64 = 10000;

/** Policies may have been added: their tunnels go where ours do. */
export function followTunnels(): void {
  for (let p = firstTunnel(); p != 0; p = nextTunnel(p)) {
    const t = changetype<Tunnel>(p);
    if (t.expires > now()) follow(p, tunnelLocal(t));
  }
}
/** Chain.SEND: what leaves from the home address travels in its tunnel; away without one it does not travel. Steps 515, 516. */
export function intoTunnel(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  if (addrEq(ip.src, ip.dst) || p.home != 0) return Verdict.GO;
  const t = findTunnel(ip.src, now());
  if (!t) {
    if (p.inner != 0) return Verdict.GO; // the outer header of one of ours
    const own = ownAddress(ip.src);
    const away = own != null && (own.flags & AddressFlag.HOME) != 0 && (own.flags & AddressFlag.AWAY) != 0;
    return away ? Verdict.NO_BINDING : Verdict.GO;
  }
  const remote = tunnelRemote(t);
  dataStep(515, ip.src, ip.dst);
  dataStep(516, tunnelLocal(t), remote);
  p.step = 516;
  const mtu = ip.next == Proto.TCP ? mtuTo(remote) - Ip6.LEN : 0;
  return wrap(p, tunnelLocal(t), remote, port(p.port).hopLimit, mtu);
}
/** Chain.TUNNEL: the outer source must be the home agent, the outer destination our care-of address. Step 510. */
export function outOfTunnel(p: Packet): Verdict {
  const inner = Ip6.at(p.ip);
  const outer = Ip6.at(p.outer);
  const t = findTunnel(inner.dst, now());
  if (t) {
    if (!addrEq(outer.src, tunnelRemote(t)) || !addrEq(outer.dst, tunnelLocal(t))) return Verdict.TUNNEL_SOURCE;
  } else if (!expected(outer, inner.dst)) return Verdict.GO;
  if (addrEq(inner.src, inner.dst)) return Verdict.BAD_SOURCE;
  dataStep(510, outer.src, inner.src);
  if (inner.next == Proto.TCP) clampMss(p.ip, p.end, mtuTo(outer.src) - Ip6.LEN);
  return Verdict.MINE;
}
/**
 * The home agent tunnels to the care-of address that it was told, and its acknowledgement is late or lost: the data proves that the
 * binding is there. The tunnel is used for a while, until the acknowledgement says how long. Only while a program runs already.
 */
function expected(outer: Ip6, home: usize): bool {
  if (runningProgram() == 0) return false;
  const u = findUpdate(outer.src, home);
  if (!u || u.to != UpdateTo.HOME_AGENT || u.state != <u8>UpdateState.WAITING || !addrEq(updateCareOf(u), outer.dst))
    return false;
  if (putTunnel(home, outer.dst, outer.src, now() + PROVEN_MS, now())) {
    follow(home, outer.dst);
    emit(Event.TUNNEL, 1, outer.dst, outer.src, 0, 0);
  }
  return true;
}
/** Chain.APP_IN, programs without translation: passed on without translation. Step 513. */
export function fromHome(p: Packet): Verdict {
  if (traceLevel() >= 2 && native(p)) dataStep(513, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  return Verdict.GO;
}
/** Chain.APP_OUT, programs without translation: passed on without translation. Step 512. */
export function toHome(p: Packet): Verdict {
  if (traceLevel() >= 2 && native(p)) dataStep(512, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  return Verdict.GO;
}
function native(p: Packet): bool {
  return isNative(runningProgram()) && Ip6.ok(p.ip, <i32>(p.end - p.ip));
}
