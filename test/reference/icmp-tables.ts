/** The tables of RFC 7915 for ICMP errors, as the RFC prints them. `undefined` is "silently drop". */

export interface TypeCode {
  type: number;
  code: number;
}
const row = (type: number, code: number): TypeCode => ({ type, code });

/** §4.2: ICMPv4 type and code → ICMPv6. */
export function errorTo6(type: number, code: number): TypeCode | undefined {
  if (type === 3) {
    switch (code) {
      case 0: // network unreachable
      case 1: // host unreachable
      case 5: // source route failed
      case 6:
      case 7:
      case 8:
      case 11:
      case 12:
        return row(1, 0); // no route to destination
      case 2: // protocol unreachable
        return row(4, 1); // unrecognized next header
      case 3:
        return row(1, 4); // port
      case 4: // fragmentation needed
        return row(2, 0);
      case 9:
      case 10:
      case 13:
      case 15:
        return row(1, 1); // administratively prohibited
    }
    return undefined; // 14, host precedence violation, and unknown ones
  }
  if (type === 11) return row(3, code);
  if (type === 12 && (code === 0 || code === 2)) return row(4, 0);
  return undefined; // 4, 5, 6, 9, 10, 13-18 and unknown ones
}

/** §4.2, Figure 3: the pointer of an IPv4 Parameter Problem → into the IPv6 header. */
export function pointerTo6(at: number): number | undefined {
  if (at === 0 || at === 1) return at;
  if (at === 2 || at === 3) return 4;
  if (at === 8) return 7;
  if (at === 9) return 6;
  if (at >= 12 && at <= 15) return 8;
  if (at >= 16 && at <= 19) return 24;
  return undefined;
}

/** §5.2: ICMPv6 type and code → ICMPv4. */
export function errorTo4(type: number, code: number): TypeCode | undefined {
  if (type === 1) {
    const host = row(3, 1);
    return [host, row(3, 10), host, host, row(3, 3)][code];
  }
  if (type === 2) return row(3, 4);
  if (type === 3) return row(11, code);
  if (type === 4) return [row(12, 0), row(3, 2)][code];
  return undefined;
}

/** §5.2, Figure 6: the pointer of an IPv6 Parameter Problem → into the IPv4 header. */
export function pointerTo4(at: number): number | undefined {
  if (at === 0 || at === 1) return at;
  if (at === 4 || at === 5) return 2;
  if (at === 6) return 9;
  if (at === 7) return 8;
  if (at >= 8 && at <= 23) return 12;
  if (at >= 24 && at <= 39) return 16;
  return undefined;
}

/** RFC 1191 §7.1. */
const PLATEAUS = [65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/** §4.2: the MTU of "fragmentation needed". `quotedLength` is the total length of the packet that did not fit. */
export function mtuTo6(mtu: number, quotedLength: number, mtu6: number, mtu4: number): number {
  const told = mtu === 0 ? (PLATEAUS.find((plateau) => plateau < quotedLength && plateau >= 1280) ?? 0) : mtu;
  return Math.max(1280, Math.min(told + 20, mtu6, mtu4 + 20));
}

/** §5.2: the MTU of Packet Too Big. */
export function mtuTo4(mtu: number, mtu6: number, mtu4: number): number {
  return Math.min(mtu - 20, mtu4, mtu6 - 20);
}
