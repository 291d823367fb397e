// IPv6 address: 16 bytes in wire order, passed by pointer. Equality needs no byte swap. RFC 4291.

/** Exchanges two addresses. */
export function addrSwap(a: usize, b: usize): void {
  const hi = load<u64>(a);
  const lo = load<u64>(a, 8);
  store<u64>(a, load<u64>(b));
  store<u64>(a, load<u64>(b, 8), 8);
  store<u64>(b, hi);
  store<u64>(b, lo, 8);
}
export function addrEq(a: usize, b: usize): bool {
  return load<u64>(a) == load<u64>(b) && load<u64>(a, 8) == load<u64>(b, 8);
}
export function addrCopy(to: usize, from: usize): void {
  store<u64>(to, load<u64>(from));
  store<u64>(to, load<u64>(from, 8), 8);
}
export function addrZero(to: usize): void {
  store<u64>(to, 0);
  store<u64>(to, 0, 8);
}
/** ::/64, which has the addresses of nobody: a packet is spared the comparisons with each of them. */
export function beginsZero(a: usize): bool {
  return load<u64>(a) == 0;
}
export function isUnspecified(a: usize): bool {
  return (load<u64>(a) | load<u64>(a, 8)) == 0;
}
export function isMulticast(a: usize): bool {
  return load<u8>(a) == 0xff;
}
/** Scope of a multicast address, RFC 4291 §2.7. */
export function multicastScope(a: usize): i32 {
  return <i32>load<u8>(a, 1) & 15;
}
/** fe80::/10 */
export function isLinkLocal(a: usize): bool {
  return (load<u16>(a) & 0xc0ff) == 0x80fe;
}
/** ::1 */
export function isLoopback(a: usize): bool {
  return load<u64>(a) == 0 && load<u64>(a, 8) == 0x0100000000000000;
}
/** ::ffff:0:0/96, RFC 4291 §2.5.5.2: must not appear on the wire. */
export function isV4Mapped(a: usize): bool {
  return load<u64>(a) == 0 && load<u32>(a, 8) == 0xffff0000;
}
/** A source that no host may use: multicast, loopback, IPv4-mapped. Unspecified is judged by the message it carries. */
export function isMartianSource(a: usize): bool {
  return isMulticast(a) || isLoopback(a) || isV4Mapped(a);
}
/** An address that one host beyond this link may have. */
export function isHost(a: usize): bool {
  return !isMartianSource(a) && !isUnspecified(a) && !isLinkLocal(a);
}
/** The first `bits` of both are equal; `bits` from 0 to 128. */
export function prefixEq(a: usize, b: usize, bits: i32): bool {
  const hi = load<u64>(a) ^ load<u64>(b);
  const lo = load<u64>(a, 8) ^ load<u64>(b, 8);
  if ((hi | lo) == 0) return true;
  if (bits < 64) return bits <= 0 || bswap<u64>(hi) >> <u64>(64 - bits) == 0;
  return hi == 0 && (bits == 64 || bswap<u64>(lo) >> <u64>(128 - bits) == 0);
}
/** Length of the common prefix in bits, RFC 6724 §2.2. */
export function commonPrefix(a: usize, b: usize): i32 {
  const hi = load<u64>(a) ^ load<u64>(b);
  if (hi != 0) return <i32>clz<u64>(bswap<u64>(hi));
  return 64 + <i32>clz<u64>(bswap<u64>(load<u64>(a, 8) ^ load<u64>(b, 8)));
}
/** Clears all but the first `bits`. */
export function prefixMask(a: usize, bits: i32): void {
  store<u64>(a, load<u64>(a) & prefixHalf(bits));
  store<u64>(a, load<u64>(a, 8) & prefixHalf(bits - 64), 8);
}
/** Mask of the first `bits` of eight bytes, wire order; less than 0 counts as 0, more than 64 as 64. */
export function prefixHalf(bits: i32): u64 {
  if (bits <= 0) return 0;
  if (bits >= 64) return u64.MAX_VALUE;
  return bswap<u64>(~(((<u64>1) << (64 - bits)) - 1));
}
/** ff02::1:ffXX:XXXX of a unicast address, RFC 4291 §2.7.1. */
export function solicitedNode(to: usize, a: usize): void {
  store<u64>(to, 0x02ff);
  store<u64>(to, (load<u64>(a, 8) & 0xffffff0000000000) | 0x000000ff01000000, 8);
}
export function isSolicitedNode(a: usize): bool {
  return load<u64>(a) == 0x02ff && (load<u64>(a, 8) & 0x000000ffffffffff) == 0x000000ff01000000;
}
/** ff02::1 */
export function allNodes(to: usize): void {
  store<u64>(to, 0x02ff);
  store<u64>(to, 0x0100000000000000, 8);
}
export function isAllNodes(a: usize): bool {
  return load<u64>(a) == 0x02ff && load<u64>(a, 8) == 0x0100000000000000;
}
/** ff02::2 */
export function allRouters(to: usize): void {
  store<u64>(to, 0x02ff);
  store<u64>(to, 0x0200000000000000, 8);
}
/** Ethernet address of an IPv6 multicast group, RFC 2464 §7. */
export function multicastMac(to: usize, group: usize): void {
  store<u16>(to, 0x3333);
  store<u16>(to, load<u16>(group, 12), 2);
  store<u16>(to, load<u16>(group, 14), 4);
}
// The Ethernet header lies 14 bytes in front of an aligned IPv6 header: its addresses are even, not multiples of four.
export function macEq(a: usize, b: usize): bool {
  return load<u16>(a) == load<u16>(b) && load<u16>(a, 2) == load<u16>(b, 2) && load<u16>(a, 4) == load<u16>(b, 4);
}
export function macCopy(to: usize, from: usize): void {
  store<u16>(to, load<u16>(from));
  store<u16>(to, load<u16>(from, 2), 2);
  store<u16>(to, load<u16>(from, 4), 4);
}
