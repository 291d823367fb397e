import { Verdict } from "../../abi/verdict";
import { addrEq } from "../../base/addr";
import { put16 } from "../../base/bytes";
import { now } from "../../engine/clock";
import { Door, on } from "../../engine/doors";
import { left, Packet, PacketFlag } from "../../engine/packet";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { findAddress } from "../../tables/addresses";
import { boundTo } from "../../tables/bindings";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import { PrefixInfo } from "../../wire/nd";
import { startToMobile } from "./acknowledge";
import { agentAddress, homeBits, homePort } from "./agent";

// Mobile prefix discovery, RFC 6275 §6.7, §6.8, §10.6: a bound mobile node asks for the prefixes of its home link.

const FOR_EVER: u32 = 0xffffffff;

export function attachPrefixes(): void {
  on(Door.ICMP6, Icmp6Type.PREFIX_SOLICITATION, rxSolicitation);
}
/** Believed only with a Home Address option that agrees with a binding (home-option.ts has looked), §10.6.2. */
function rxSolicitation(p: Packet): Verdict {
  const home = Ip6.at(p.ip).src;
  if ((p.flags & PacketFlag.HOME_SOURCE) == 0 || !addrEq(Ip6.at(p.ip).dst, agentAddress())) return Verdict.MPS_REFUSED;
  if (!boundTo(home, now())) return Verdict.MPS_REFUSED;
  if (left(p) < Icmp6.LEN || Icmp6.at(p.at).code != 0) return Verdict.BAD_ICMP;
  const q = startToMobile(home, p.home, Proto.ICMP6, Icmp6.LEN + PrefixInfo.LEN);
  if (!q) return Verdict.NO_BUFFER;
  memory.fill(q.at, 0, Icmp6.LEN);
  Icmp6.at(q.at).type = Icmp6Type.PREFIX_ADVERTISEMENT;
  put16(q.at + 4, Icmp6.at(p.at).id);
  const valid = validSeconds();
  const flags = PrefixInfo.ON_LINK | PrefixInfo.AUTONOMOUS | PrefixInfo.ROUTER;
  PrefixInfo.write(q.at + Icmp6.LEN, homeBits(), flags, valid, valid, agentAddress());
  // The checksum is the final destination's: the home address, RFC 8200 §8.1.
  Icmp6.sealFor(q.at, <i32>(q.end - q.at), agentAddress(), home);
  settle(q, send(q));
  return Verdict.DONE;
}
function validSeconds(): u32 {
  const own = findAddress(agentAddress(), <i32>homePort());
  if (!own || own.validUntil == u64.MAX_VALUE) return FOR_EVER;
  return own.validUntil > now() ? <u32>((own.validUntil - now()) / 1000) : 0;
}
