/**
 * The one message format of the ABI, used for configuration, control, queries, their replies and stored records:
 *
 *     0 type (u16)   2 length of the value (u16)   4 value, padded with zeros to a multiple of 4
 *
 * Scalars are little-endian and naturally aligned inside the value; IPv6 and IPv4 addresses and MAC addresses are in
 * wire order. Several messages may follow each other in one `configure` call. Durations are milliseconds unless
 * a line says otherwise. `configure` refuses what it does not know: an unknown type is an error, never ignored.
 */
export enum Message {
  // ---- what the outside gives (1-15)
  /** 32 bytes of entropy. Seeds the generator; may come again at any time. */
  ENTROPY = 1,
  /** u64 milliseconds since 1970. */
  WALL_CLOCK = 2,
  /** {u8 level}: 0 none, 1 control steps and drops, 2 also a step for every data packet. */
  TRACE = 3,
  /** {u8 port, u8 up, u16 0}: carrier of a link came (1) or went (0). */
  LINK = 4,
  /** {u32 id, bytes}: a record that `takeStore` gave out in an earlier life. */
  STORED = 5,

  // ---- ports, addresses, routes (16-31)
  /** {u8 port, u8 PortKind, u16 mtu, u8[6] mac, u16 0}. */
  PORT = 16,
  /** {u8 port, u8 prefix length, u8 flags: 1 = skip DAD, 2 = anycast, u8 0, u8[16] address}: an address by hand. */
  ADDRESS = 17,
  /** {u8 port, u8 prefix length, u16 0, u8[16] prefix, u8[16] next hop; :: = on link}. */
  ROUTE = 18,
  /** The same layout: takes the route away. */
  ROUTE_DELETE = 19,

  // ---- host (32-39)
  /** {u8 port, u8 flags: 1 = autoconfigure from RAs, 2 = optimistic DAD, u16 0, u8[32] secret of RFC 7217}. */
  HOST = 32,

  // ---- router (40-47)
  /** {u8 port, u8 RA flags (M 0x80, O 0x40, H 0x20), u8 hop limit, u8 options: 1 = advertisement interval option,
   *  2 = home agent information option, u16 router lifetime in seconds, u16 home agent preference, u16 home agent
   *  lifetime in seconds, u16 0, u32 min interval, u32 max interval, u32 reachable time, u32 retransmission timer,
   *  u32 MTU option (0 = none)}. Longest interval 0: a last advertisement says "no router any more". */
  ADVERTISE = 40,
  /** {u8 port, u8 prefix length, u8 flags (L 0x80, A 0x40, R 0x20), u8 0, u32 valid seconds, u32 preferred seconds,
   *  u8[16] prefix; with R the router's own address}. */
  PREFIX = 41,
  /** {u8 port, u8 count (1-3), u16 0, u32 lifetime in seconds, u8[16] server ...}: RDNSS option, RFC 8106. */
  RDNSS = 42,

  // ---- mobile node (48-55)
  /** {u8 port, u8 home prefix length, u8 BU flags to ask for (A 0x80, H 0x40, L 0x20, K 0x10), u8 0, u16 lifetime in
   *  units of 4 s, u16 0, u8[16] home address, u8[16] home agent; :: = find it by DHAAD}. */
  MOBILE_NODE = 48,

  // ---- home agent (56-63)
  /** {u8 port of the home link, u8 home prefix length, u8 security: 0 = required, 1 = none (explicit), u8 0, u16 longest
   *  lifetime in units of 4 s, u16 preference, u16 home agent lifetime in seconds, u16 DAD: 0 off, 1 on, u8[16] address}. */
  HOME_AGENT = 56,
  /** {u8[16] home address}: a home address that this agent serves. */
  HOME_ADDRESS = 57,
  /** {u8[16] home address}: ask the mobile node to refresh now (Binding Refresh Request). */
  REFRESH = 58,

  // ---- programs and translation (64-79)
  /** {u16 number, u16 on}: a row of policy table 220. */
  PROGRAM = 64,
  /** {u8[4] prefix, u8 prefix length, u8 flags: 1 = the pool for virtual IPv4 addresses, 2 = translate unknown
   *  IPv4 destinations through the IPv6 pool, u16 0}. */
  POOL4 = 65,
  /** {u8 prefix length, u8 0, u16 0, u8[16] prefix}: virtual IPv6 addresses for IPv4 literals. Prefix length 96: the
   *  address is embedded (RFC 6052); else drawn in order. */
  POOL6 = 66,
  /** {u8[16] IPv6, u8[4] IPv4}: a fixed row of table 230. */
  TRANSLATION = 67,
  /** {u8[4] virtual IPv4 address of the name server, u8[16] IPv6 address of the real one}: A is synthesized from AAAA. */
  DNS = 68,

  // ---- IPsec (80-87)
  /** {u16 id >= 1, u8 process (0-3), u8 PolicyAction, u8 directions (1 in, 2 out, 3 both), u8 mode: 0 transport, 1 tunnel, u8 protocol, u8 flags:
   *  1 = any protocol, 2 = the local tunnel end is the care-of address of the local selector, 4 = the same for the remote one, u8 local prefix
   *  length, u8 remote prefix length, u16 0, u16 local first, u16 local last, u16 remote first, u16 remote last (ports; ICMPv6: type << 8 | code,
   *  mobility header: type << 8, both as local), u8[16] local, u8[16] remote, u8[16] tunnel local, u8[16] tunnel remote}: a row of the
   *  security policy database; rows are asked in the order of their ids. */
  POLICY = 80,
  /** {u16 id, u16 0}. */
  POLICY_DELETE = 81,
  /** {u32 SPI >= 256, u16 policy id, u8 direction (1 in, 2 out), u8 protocol (50, 51), u8 Encryption, u8 Integrity, u8 flags: 1 = extended sequence
   *  numbers, 2 = in UDP, u8 key length, u8 integrity key length, u8 soft limit in percent of the hard ones, u16 replay window in bits (32-1024),
   *  u64 hard limit in bytes (0 = none, so below), u64 in packets, u32 in seconds, u32 0, key (an AEAD's with its salt), integrity key}. */
  ASSOCIATION = 82,
  /** {u32 SPI, u8 direction, u8 0, u16 0}. */
  ASSOCIATION_DELETE = 83,
  /** {u8 what happens to a packet that no policy names: 0 discard, 1 bypass, u8 0, u16 0}: switches the databases on. */
  IPSEC = 84,

  // ---- route optimization (88-95)
  /** {u8 on, u8 0, u16 longest lifetime in units of 4 s}: this node keeps bindings of mobile nodes as their correspondent. */
  CORRESPONDENT = 88,
  /** {u8 prefix length, u8 0, u16 0, u8[16] prefix}: a mobile node asks correspondents in it for a binding. */
  OPTIMIZE = 89,

  // ---- verified anycast (96-111), docs/anycast-identifier.md
  /** {u16 key id >= 1, u8 AnycastKeyUse, u8 key length (16-64), u8[16] anycast address, key}: may come again with another key. */
  ANYCAST_KEY = 96,
  /** {u16 key id, u8 AnycastKeyUse, u8 0, u8[16] anycast address}. */
  ANYCAST_KEY_DELETE = 97,
  /** {u16 key id (0 = none: plain form), u16 seconds that a request waits for its answer, 0 = no longer in the list, u8[16] anycast address}: answers from
   *  it are verified. */
  ANYCAST_CLIENT = 98,
  /** {u8[16] anycast address, u8[16] unicast address}: this node serves the first and answers from the second, an address of it; :: = no more. */
  ANYCAST_SERVER = 99,
  /** {u16 key id, u16 lifetime in seconds (0 = no more), u8 cost, u8 0, u16 0, u8[16] anycast address, u8[16] router}: a server makes itself known. */
  ANYCAST_REGISTER = 100,
  /** {u8 port, u8 inside (0, 1), u16 0}: which side of a boundary router a port is on; switches its filter on. */
  BOUNDARY = 101,
  /** {u8[16] anycast address}: one that the servers inside have. */
  BOUNDARY_ANYCAST = 102,
  /** {u8 cost, u8 0, u16 0, u8[16] unicast address, u8[16] anycast address}: a server by hand. */
  BOUNDARY_SERVER = 103,
  /** {u32 0, u8[16] unicast address, u8[16] anycast address}: takes a row away, by hand or registered. */
  BOUNDARY_SERVER_DELETE = 104,

  // ---- queries (128-159), {u32 first row}; the reply repeats rows of the same type and may end with MORE
  COUNTERS = 128,
  PORTS = 129,
  ADDRESSES = 130,
  NEIGHBOURS = 131,
  ROUTES = 132,
  BINDINGS = 133,
  BINDING_UPDATES = 134,
  TRANSLATIONS = 135,
  PROGRAMS = 136,
  TUNNELS = 137,
  POLICIES = 138,
  ASSOCIATIONS = 139,
  CORRESPONDENTS = 140,
  ANYCAST_REQUESTS = 141,
  ANYCAST_SERVERS = 142,
  ANYCAST_REGISTRATIONS = 143,
  /** In a reply: {u32 next row}: ask again from there. */
  MORE = 159,
}

/** Why `configure` refused; it returns the negative of it and puts the offending message's offset (u32) first in the reply. */
export enum Refusal {
  NONE = 0,
  UNKNOWN_TYPE = 1,
  TRUNCATED = 2,
  BAD_LENGTH = 3,
  BAD_VALUE = 4,
  TABLE_FULL = 5,
  NO_SUCH_PORT = 6,
  REPLY_FULL = 7,
}
