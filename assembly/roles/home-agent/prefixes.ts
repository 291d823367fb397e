import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, prefixEq, prefixMask } from "../../base/addr";
import { put16 } from "../../base/bytes";
import { now } from "../../engine/clock";
import { Door, on } from "../../engine/doors";
import { left, Packet, PacketFlag } from "../../engine/packet";
import { settle } from "../../engine/queue";
import { send } from "../../engine/tx";
import { AdvertisedPrefix, advertisedLink, firstAdvertised, nextAdvertised } from "../../tables/advertised";
import { boundTo } from "../../tables/bindings";
import { Icmp6, Icmp6Type } from "../../wire/icmp6";
import { Ip6, Proto } from "../../wire/ip6";
import { PrefixInfo, RaFlag } from "../../wire/nd";
import { startToMobile } from "./acknowledge";
import { agentAddress, homeBits, homePort } from "./agent";

// Mobile prefix discovery, RFC 6275 §6.7, §6.8, §10.6: a bound mobile node asks for the prefixes of its home link. They are those that
// the router role advertises there; an agent that advertises nothing tells the home subnet prefix alone.

const FOR_EVER: u32 = 0xffffffff;
const MAX_PREFIXES: i32 = 16;
const prefix = memory.data(16, 8);

export function attachPrefixes(): void {
  on(Door.ICMP6, Icmp6Type.PREFIX_SOLICITATION, rxSolicitation);
}
/** Valid lifetime of the home subnet prefix as it is advertised, in seconds; 0xffffffff = for ever. */
export function prefixSeconds(): u32 {
  for (let at = firstAdvertised(); at != 0; at = nextAdvertised(at)) {
    const a = changetype<AdvertisedPrefix>(at);
    if (here(a) && <i32>a.len == homeBits() && prefixEq(at, agentAddress(), homeBits())) return a.validS;
  }
  return FOR_EVER;
}
function here(a: AdvertisedPrefix): bool {
  return a.used != 0 && <u32>a.port == homePort();
}
/** Believed only with a Home Address option that agrees with a binding (home-option.ts has looked), §10.6.2. */
function rxSolicitation(p: Packet): Verdict {
  const home = Ip6.at(p.ip).src;
  if ((p.flags & PacketFlag.HOME_SOURCE) == 0 || !addrEq(Ip6.at(p.ip).dst, agentAddress())) return Verdict.MPS_REFUSED;
  if (!boundTo(home, now())) return Verdict.MPS_REFUSED;
  if (left(p) < Icmp6.LEN || Icmp6.at(p.at).code != 0) return Verdict.BAD_ICMP;
  const q = startToMobile(agentAddress(), home, p.home, Proto.ICMP6, Icmp6.LEN);
  if (!q) return Verdict.NO_BUFFER;
  memory.fill(q.at, 0, Icmp6.LEN);
  Icmp6.at(q.at).type = Icmp6Type.PREFIX_ADVERTISEMENT;
  put16(q.at + 4, Icmp6.at(p.at).id);
  store<u8>(q.at, advertisedLink(homePort()).flags & (RaFlag.MANAGED | RaFlag.OTHER), 6);
  q.end = writePrefixes(q.end);
  Ip6.at(q.ip).payloadLen = <i32>(q.end - q.ip) - Ip6.LEN;
  // The checksum is the final destination's: the home address, RFC 8200 §8.1.
  Icmp6.sealFor(q.at, <i32>(q.end - q.at), agentAddress(), home);
  settle(q, send(q));
  return Verdict.DONE;
}
/** Prefix Information options from `to`; returns what follows. */
function writePrefixes(to: usize): usize {
  let n = 0;
  for (let at = firstAdvertised(); at != 0 && n < MAX_PREFIXES; at = nextAdvertised(at)) {
    const a = changetype<AdvertisedPrefix>(at);
    if (!here(a)) continue;
    addrCopy(prefix, at);
    if ((<u32>a.flags & PrefixInfo.ROUTER) == 0) prefixMask(prefix, a.len);
    to = PrefixInfo.write(to, a.len, a.flags, a.validS, a.preferredS, prefix);
    n++;
  }
  if (n > 0) return to;
  const flags = PrefixInfo.ON_LINK | PrefixInfo.AUTONOMOUS | PrefixInfo.ROUTER;
  return PrefixInfo.write(to, homeBits(), flags, FOR_EVER, FOR_EVER, agentAddress());
}
