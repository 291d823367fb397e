import { Verdict } from "../abi/verdict";
import { findAddress } from "../tables/addresses";
import { updatePathMtu } from "../tables/pmtu";
import { Icmp6 } from "../wire/icmp6";
import { Ip6, Proto } from "../wire/ip6";
import { Changed, changed } from "./changed";
import { now } from "./clock";
import { left, Packet, PacketFlag } from "./packet";
import { appPort } from "./ports";

// ICMPv6 errors about packets that this node sent, RFC 4443 §3, RFC 8201.

const PMTU_MS: u64 = 600000; // RFC 8201 §5.3

/** Packet Too Big: believed only for a destination that large packets were sent to, never below 1280. The application judges its own. */
export function rxTooBig(p: Packet): Verdict {
  if (left(p) < Icmp6.LEN + Ip6.LEN) return Verdict.BAD_ICMP;
  const quoted = Ip6.at(p.at + Icmp6.LEN);
  if (quoted.version != 6) return Verdict.BAD_ICMP;
  if (!findAddress(quoted.src, -1)) return Verdict.PMTU_IGNORED;
  const mtu = Icmp6.at(p.at).word;
  if (mtu < <u32>Ip6.MIN_MTU || mtu > 1500) return Verdict.PMTU_IGNORED;
  // What this node tells its own application is less by what it adds itself, not by what the path takes.
  const far = (p.flags & PacketFlag.LOCAL) == 0;
  const lowered = far && mtu < 1500 && updatePathMtu(quoted.dst, mtu, now() + PMTU_MS, now());
  return lowered || (p.flags & PacketFlag.FOR_APP) != 0 ? passOn(p, quoted) : Verdict.PMTU_IGNORED;
}
/** Other errors: roles and the application's own flows hear of them, the engine has nothing to change. */
export function rxError(p: Packet): Verdict {
  if (left(p) < Icmp6.LEN + Ip6.LEN) return Verdict.BAD_ICMP;
  const quoted = Ip6.at(p.at + Icmp6.LEN);
  if (quoted.version != 6 || !findAddress(quoted.src, -1)) return Verdict.BAD_ICMP;
  if (left(p) >= Icmp6.LEN + Ip6.LEN + 8) changed(Changed.REJECTED, p.port, quoted.ptr);
  return passOn(p, quoted);
}
/** The application hears of its own packets; a tunnel's outer header is none of them. */
function passOn(p: Packet, quoted: Ip6): Verdict {
  if ((p.flags & PacketFlag.FOR_APP) != 0) return Verdict.GO;
  return appPort() >= 0 && quoted.next != Proto.IP6 ? Verdict.GO : Verdict.DONE;
}
