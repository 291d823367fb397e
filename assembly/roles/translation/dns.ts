import { Verdict } from "../../abi/verdict";
import { addrCopy, addrEq, isHost, isUnspecified } from "../../base/addr";
import { adjust, finish, pseudo6, sum } from "../../base/checksum";
import { now } from "../../engine/clock";
import { count } from "../../engine/events";
import { Packet } from "../../engine/packet";
import { TranslationFlag } from "../../tables/translation";
import {
  DNS_RECORD,
  DnsType,
  dns16,
  dnsAnswers,
  dnsEmpty,
  dnsFail,
  dnsId,
  dnsIsResponse,
  dnsNameHash,
  dnsQuestionType,
  dnsSkipName,
  putDnsA,
} from "../../wire/dns";
import { Ip6, Proto } from "../../wire/ip6";
import { Udp } from "../../wire/udp";
import { mapFrom6 } from "./pools";

// A from AAAA, RFC 6535 §2.1: the application's question for A leaves as one for AAAA, and each AAAA of the answer becomes an A from
// the pool. Only questions that this node changed are changed back; all other DNS passes untouched.

const PORT: u32 = 53;
const PENDING: i32 = 32;
const WAIT_MS: u64 = 10000;
/** Seconds that an answer is remembered: its row is not given up within BUSY_MS of pools.ts, and this is half of that. */
const MAX_TTL: u32 = 60;
const MAX_ANSWERS: u32 = 16;
/** {u64 until, u16 port, u16 id, u32 hash of the name} */
const ROWS = memory.data(PENDING * 16, 8);
const SERVER = memory.data(16, 8);
const found = memory.data(16, 8); // an address of the answer, in a place of its own: there it lies anywhere

export function setDnsServer(a: usize): void {
  addrCopy(SERVER, a);
}
/** A question of the application to the name server: A becomes AAAA, and is remembered. The UDP checksum follows. */
export function dnsFromApplication(p: Packet, dst: usize): void {
  const u = Udp.at(p.at);
  if (u.dstPort != PORT || isUnspecified(SERVER) || !addrEq(dst, SERVER)) return;
  const dns = p.at + Udp.LEN;
  const at = dnsQuestionType(dns, p.at + <usize>u.len);
  if (at == 0 || dnsIsResponse(dns) || dns16(at) != DnsType.A) return;
  let row: usize = ROWS;
  for (let r: usize = ROWS; r < ROWS + PENDING * 16; r += 16) if (load<u64>(r) < load<u64>(row)) row = r;
  store<u64>(row, now() + WAIT_MS);
  store<u16>(row, <u16>u.srcPort, 8);
  store<u16>(row, <u16>dnsId(dns), 10);
  store<u32>(row, dnsNameHash(dns, at), 12);
  // Only the low byte changed; at an odd address it is the upper half of its checksum word.
  store<u8>(at, DnsType.AAAA, 1);
  if (u.checksum == 0) return;
  const shift: u64 = ~at & 1 ? 8 : 0;
  u.checksum = adjust(u.checksum, 0, (<u64>(DnsType.AAAA - DnsType.A)) << shift);
}
/** The answer to such a question: rebuilt with A records. GO also when it is none of ours; BAD_DNS when it cannot be read. */
export function dnsToApplication(p: Packet): Verdict {
  if (p.next != Proto.UDP) return Verdict.GO;
  const u = Udp.at(p.at);
  if (u.srcPort != PORT || !addrEq(Ip6.at(p.ip).src, SERVER)) return Verdict.GO;
  const dns = p.at + Udp.LEN;
  const end = p.at + <usize>u.len;
  const question = dnsQuestionType(dns, end);
  if (question == 0 || !dnsIsResponse(dns) || dns16(question) != DnsType.AAAA) return Verdict.GO;
  if (!answersOurs(u.dstPort, dnsId(dns), dnsNameHash(dns, question))) return Verdict.GO;
  if (!readable(dns, question, end)) return Verdict.BAD_DNS;
  const to = synthesize(dns, question, end);
  u.len = <i32>(to - p.at);
  p.end = to;
  u.checksum = 0;
  const c = finish(sum(p.at, u.len, pseudo6(Ip6.at(p.ip).src, Ip6.at(p.ip).dst, u.len, Proto.UDP)));
  u.checksum = c == 0 ? 0xffff : c;
  return Verdict.GO;
}
function answersOurs(port: u32, id: u32, name: u32): bool {
  for (let r: usize = ROWS; r < ROWS + PENDING * 16; r += 16) {
    if (load<u64>(r) <= now() || <u32>load<u16>(r, 8) != port || <u32>load<u16>(r, 10) != id) continue;
    if (load<u32>(r, 12) != name) continue;
    store<u64>(r, 0);
    return true;
  }
  return false;
}
/** Where the record at `from` has its type, 0 when name, header or data run past the end. */
function recordAt(from: usize, end: usize): usize {
  const r = dnsSkipName(from, end);
  if (r == 0 || end - r < DNS_RECORD || behind(r) > end) return 0;
  return r;
}
function behind(r: usize): usize {
  return r + DNS_RECORD + <usize>dns16(r + 8);
}
/** All answers are where the header says: nothing is drawn for a message that is dropped. */
function readable(dns: usize, question: usize, end: usize): bool {
  let from = question + 4;
  for (let i = dnsAnswers(dns); i > 0; i--) {
    const r = recordAt(from, end);
    if (r == 0) return false;
    from = behind(r);
  }
  return true;
}
/**
 * Replaces all behind the question by one A record for each AAAA, owned by the question's name (aliases are flattened). Records only
 * shrink, 28 bytes and more to 16, so writing never overtakes reading. Returns the new end.
 */
function synthesize(dns: usize, question: usize, end: usize): usize {
  let from = question + 4;
  let to = from;
  let made: u32 = 0;
  let exhausted: bool = false;
  store<u8>(question, DnsType.A, 1);
  for (let i = dnsAnswers(dns); i > 0 && made < MAX_ANSWERS; i--) {
    const r = recordAt(from, end);
    from = behind(r);
    memory.copy(found, from - 16, 16);
    if (dns16(r) != DnsType.AAAA || from - r != DNS_RECORD + 16 || !isHost(found)) continue;
    const row = mapFrom6(found, TranslationFlag.USED);
    if (!row) {
      exhausted = true;
      continue;
    }
    const ttl = (dns16(r + 4) << 16) | dns16(r + 6);
    to = putDnsA(to, ttl < MAX_TTL ? ttl : MAX_TTL, row.ip4);
    made++;
  }
  dnsEmpty(dns, made);
  if (!exhausted) return to;
  // The answer holds what could be mapped; with nothing it is a failure, not a name without addresses.
  count(Verdict.POOL_EXHAUSTED);
  if (made == 0) dnsFail(dns);
  return to;
}
