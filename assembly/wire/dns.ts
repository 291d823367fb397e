import { be16, put16 } from "../base/bytes";

// DNS message, RFC 1035 §4.1.   0 id   2 flags   4 questions   6 answers   8 authorities   10 additional   12 …
// As much as A-from-AAAA needs: one question, the answer section, names only skipped, never followed.
export enum DnsType {
  A = 1,
  AAAA = 28,
}
export const DNS_HEADER: usize = 12;
const CLASS_IN: u32 = 1;

/** What follows a name lies anywhere: no words there, a Cortex-M0+ faults where they are not aligned. */
export function dns16(p: usize): u32 {
  return ((<u32>load<u8>(p)) << 8) | <u32>load<u8>(p, 1);
}
export function dnsId(p: usize): u32 {
  return be16(p);
}
export function dnsIsResponse(p: usize): bool {
  return (load<u8>(p, 2) & 0x80) != 0;
}
export function dnsAnswers(p: usize): u32 {
  return be16(p + 6);
}
/** End of the name at `p`, 0 when it is malformed. A compression pointer ends a name; it is not followed. */
export function dnsSkipName(p: usize, end: usize): usize {
  while (p < end) {
    const n = <usize>load<u8>(p);
    if (n == 0) return p + 1;
    if (n >= 0xc0) return end - p >= 2 ? p + 2 : 0;
    if (n > 63) return 0;
    p += n + 1;
  }
  return 0;
}
/** Of the question's name, whose type lies at `type`, letters as they are: FNV-1a. Tells names apart, resists nobody. */
export function dnsNameHash(p: usize, type: usize): u32 {
  let h: u32 = 0x811c9dc5;
  for (let at = p + DNS_HEADER; at < type; at++) h = (h ^ <u32>load<u8>(at)) * 0x01000193;
  return h;
}
/** The header of an answer whose only other section are `answers` records; AD goes, for what was made here was not validated. */
export function dnsEmpty(p: usize, answers: u32): void {
  put16(p + 6, answers);
  store<u32>(p, 0, 8);
  store<u8>(p, load<u8>(p, 3) & 0xdf, 3);
}
/** Response code SERVFAIL, RFC 1035 §4.1.1. */
export function dnsFail(p: usize): void {
  store<u8>(p, (load<u8>(p, 3) & 0xf0) | 2, 3);
}
/** Where the type of the only question lies, 0 when there is not exactly one of class IN. */
export function dnsQuestionType(p: usize, end: usize): usize {
  if (end - p < DNS_HEADER || be16(p + 4) != 1) return 0;
  const at = dnsSkipName(p + DNS_HEADER, end);
  if (at == 0 || end - at < 4 || dns16(at + 2) != CLASS_IN) return 0;
  return at;
}

// Resource record behind its name.   0 type   2 class   4 ttl   8 length   10 data
export const DNS_RECORD: usize = 10;
const A_RECORD = memory.data<u8>([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0], 4);
/** Writes an A record that owns the question's name, with at most 255 s to live. Returns what follows it. */
export function putDnsA(p: usize, ttl: u32, ip4: u32): usize {
  store<u8>(A_RECORD, <u8>ttl, 9);
  store<u32>(A_RECORD, ip4, 12);
  memory.copy(p, A_RECORD, 16);
  return p + 16;
}
