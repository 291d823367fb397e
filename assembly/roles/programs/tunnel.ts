import { Verdict } from "../../abi/verdict";
import { addrEq } from "../../base/addr";
import { now } from "../../engine/clock";
import { dataStep, traceLevel } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { port } from "../../engine/ports";
import { clampMss, mtuTo, wrap } from "../../engine/tx";
import { AddressFlag, ownAddress } from "../../tables/addresses";
import { findTunnel, tunnelLocal, tunnelRemote } from "../../tables/tunnels";
import { Ip6, Proto } from "../../wire/ip6";
import { running } from "./routine60";

// IPv6-packet processing part 24: the IP-in-IP tunnel of step 506 on the way of data, RFC 2473 and RFC 6275 §11.3.1.

/** Chain.SEND: what leaves from the home address travels in its tunnel; away without one it does not travel. Steps 515, 516. */
export function intoTunnel(p: Packet): Verdict {
  const ip = Ip6.at(p.ip);
  const t = findTunnel(ip.src, now());
  if (!t) {
    const own = ownAddress(ip.src);
    if (!own || (own.flags & AddressFlag.HOME) == 0 || (own.flags & AddressFlag.AWAY) == 0) return Verdict.GO;
    return ownAddress(ip.dst) ? Verdict.GO : Verdict.NO_BINDING;
  }
  if (ownAddress(ip.dst)) return Verdict.GO;
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
  const t = findTunnel(inner.dst, now());
  if (!t) return Verdict.GO;
  const outer = Ip6.at(p.outer);
  const remote = tunnelRemote(t);
  if (!addrEq(outer.src, remote) || !addrEq(outer.dst, tunnelLocal(t))) return Verdict.TUNNEL_SOURCE;
  if (addrEq(inner.src, inner.dst)) return Verdict.BAD_SOURCE;
  dataStep(510, outer.src, inner.src);
  if (inner.next == Proto.TCP) clampMss(p.ip, p.end, mtuTo(remote) - Ip6.LEN);
  return Verdict.MINE;
}
/** Chain.APP_IN, program 10001: passed on without translation. Step 513. */
export function fromHome(p: Packet): Verdict {
  if (traceLevel() >= 2 && native(p)) dataStep(513, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  return Verdict.GO;
}
/** Chain.APP_OUT, program 10001: passed on without translation. Step 512. */
export function toHome(p: Packet): Verdict {
  if (traceLevel() >= 2 && native(p)) dataStep(512, Ip6.at(p.ip).src, Ip6.at(p.ip).dst);
  return Verdict.GO;
}
function native(p: Packet): bool {
  return running() == 10001 && Ip6.ok(p.ip, <i32>(p.end - p.ip));
}
