import { Verdict } from "../abi/verdict";
import { addrCopy, isMulticast, isUnspecified } from "../base/addr";
import { ownAddress } from "../tables/addresses";
import { Ip6, Proto } from "../wire/ip6";
import { Mh, MhType } from "../wire/mh";
import { now } from "./clock";
import { count } from "./events";
import { allocOwn, Packet, PacketFlag } from "./packet";
import { port } from "./ports";
import { settle } from "./queue";
import { send } from "./tx";

// Binding Error, RFC 6275 §6.1.9, §9.3.3.

export enum BeStatus {
  /** A Home Address option without a binding. */
  UNKNOWN_BINDING = 1,
  /** A Mobility Header type that nobody here knows. */
  UNKNOWN_TYPE = 2,
}
const LEN: i32 = 24;
const EVERY_MS: u64 = 100; // §9.3.3: rate-limited as ICMPv6 errors are
let sentAt: u64 = 0;

/**
 * Answers the packet with a Binding Error to where it really came from. `home` = the address of its Home Address option, 0 without
 * one. Silent for what came to or from many, and above ten a second.
 */
export function bindingError(p: Packet, status: BeStatus, home: usize): void {
  const ip = Ip6.at(p.ip);
  const to = (p.flags & PacketFlag.HOME_SOURCE) != 0 ? p.home : ip.src;
  if (isMulticast(ip.dst) || (p.flags & PacketFlag.L2_MULTICAST) != 0 || isUnspecified(to)) return;
  if (!ownAddress(ip.dst)) return;
  if (sentAt != 0 && now() - sentAt < EVERY_MS) return count(Verdict.ICMP_RATE);
  const e = allocOwn();
  if (!e) return count(Verdict.NO_BUFFER);
  sentAt = now();
  const mh = Ip6.begin(e.ip, ip.dst, to, Proto.MH, LEN, port(p.port).hopLimit);
  Mh.begin(mh, LEN, MhType.BE);
  store<u8>(mh, <u8>status, 6);
  if (home != 0) addrCopy(mh + 8, home);
  Mh.seal(mh, ip.dst, to);
  e.end = mh + LEN;
  settle(e, send(e));
}
