import { Verdict } from "../../abi/verdict";
import { addrEq } from "../../base/addr";
import { Changed, onChanged } from "../../engine/changed";
import { now } from "../../engine/clock";
import { Chain, onChain, Stage } from "../../engine/doors";
import { icmpError } from "../../engine/icmp";
import { Packet, PacketFlag } from "../../engine/packet";
import { port } from "../../engine/ports";
import { mtuTo, wrap } from "../../engine/tx";
import { BindingMark, BindingState, boundTo, careOf, findBinding } from "../../tables/bindings";
import { enforced, follow, PolicyFlag, policy, policyCount, remoteOf } from "../../tables/spd";
import { Icmp6Type, Unreachable } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import { agentAddress, homePort, onHomePrefix } from "./agent";

// The tunnel between home agent and mobile node, RFC 6275 §10.4.2, §10.4.5. Every packet that is sent or taken out of a tunnel comes
// by here; a comparison of the prefix keeps all but those of home addresses away from the table.

/** Seed steps 509 and 517. */
const STEP_INTERCEPTED: u16 = 509;
const STEP_DECAPSULATED: u16 = 517;

export function attachTunnel(): void {
  onChanged(configured);
  onChain(Chain.SEND, Stage.BINDING, beforeProtection);
  onChain(Chain.SEND, Stage.TUNNEL, intercept);
  onChain(Chain.TUNNEL, Stage.BINDING, decapsulate);
  onChain(Chain.FORWARD, Stage.TUNNEL, cameProtected);
}
/** Policies may have been added, or bindings have come back before them: their tunnels go where the bindings do. */
function configured(what: Changed, _port: u32, _at: usize): void {
  if (what != Changed.CONFIGURED) return;
  for (let i = 0; i < policyCount(); i++) {
    const q = policy(i);
    if ((q.flags & PolicyFlag.REMOTE_MOVES) == 0) continue;
    const b = boundTo(remoteOf(q), now());
    if (b) follow(changetype<usize>(b), careOf(b));
  }
}
/** To a home address that is bound: wrapped, to the care-of address. What is said on the home link itself (PORT_FIXED) stays there. */
function intercept(p: Packet): Verdict {
  const dst = Ip6.at(p.ip).dst;
  if (!onHomePrefix(dst) || (p.flags & PacketFlag.PORT_FIXED) != 0 || p.home != 0) return Verdict.GO;
  const b = boundTo(dst, now());
  if (!b) return Verdict.GO;
  b.marks |= BindingMark.USED;
  p.step = STEP_INTERCEPTED;
  const to = careOf(b);
  const mtu = Ip6.at(p.ip).next == Proto.TCP ? mtuTo(to) - Ip6.LEN : 0;
  return wrap(p, agentAddress(), to, port(homePort()).hopLimit, mtu);
}
/** Chain.SEND: a policy's tunnel may be the mobile one as well (Fig. 22), and then hides whom the packet is for. */
function beforeProtection(p: Packet): Verdict {
  if (enforced() && p.inner == 0 && p.home == 0) use(Ip6.at(p.ip).dst);
  return Verdict.GO;
}
/** Chain.FORWARD: out of such a tunnel; the policies have judged. */
function cameProtected(p: Packet): Verdict {
  if (p.guard != 0 && p.outer != 0) use(Ip6.at(p.ip).src);
  return Verdict.GO;
}
/** A packet from or to a home address goes the way of its binding. */
function use(home: usize): void {
  if (!onHomePrefix(home)) return;
  const b = boundTo(home, now());
  if (b) b.marks |= BindingMark.USED;
}
/**
 * Out of a tunnel: from the care-of address that the inner source is bound to, or not at all (CVE-2020-10136). Who speaks for a home
 * address of ours that is bound to nowhere believes in a binding that we lost, and is told so: this source may not pass, RFC 4443 §3.1.
 */
function decapsulate(p: Packet): Verdict {
  const outer = Ip6.at(p.outer);
  if (!addrEq(outer.dst, agentAddress())) return Verdict.GO;
  const home = Ip6.at(p.ip).src;
  if (!onHomePrefix(home)) return Verdict.TUNNEL_SOURCE;
  const b = findBinding(home);
  if (!b) return Verdict.TUNNEL_SOURCE;
  if (b.expires > now() && addrEq(careOf(b), outer.src)) {
    b.marks |= BindingMark.USED;
    p.step = STEP_DECAPSULATED;
    return Verdict.MINE;
  }
  if (b.state == BindingState.NONE && (b.marks & BindingMark.LISTED) != 0) {
    p.ip = p.outer;
    icmpError(p, Icmp6Type.UNREACHABLE, Unreachable.SOURCE_POLICY, 0);
  }
  return Verdict.TUNNEL_SOURCE;
}
