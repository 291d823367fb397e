/**
 * An event record, 48 bytes, little-endian scalars:
 *
 *     0 kind (u16)   2 code (u16)   4 time, ms modulo 2^32 (u32)   8 address a (16)   24 address b (16)   40 x (u32)   44 y (u32)
 *
 * Lines below say what code, a, b, x and y are. What is not named is zero.
 */
export enum Event {
  /** A step of the seeds. code = step number (501, 63 ...), a, b = the addresses it is about, x = detail. TRACE >= 1. */
  STEP = 1,
  /** A packet was dropped. code = Verdict, x = port, a, b = source, destination where known. TRACE >= 1. */
  DROP = 2,
  /** Events were lost because nobody took them. x = how many. */
  LOST = 3,
  /** code = port, x = 1 up, 0 down. */
  LINK = 4,
  /** An address of ours changed. code = AddressState, a = address, x = port, y = prefix length. */
  ADDRESS = 5,
  /** Duplicate found. a = address, x = port. */
  DUPLICATE = 6,
  /** A default router came (code 1) or went (0). a = its link-local address, x = port. */
  ROUTER = 7,
  /** The mobile node decided that it moved. code 1 = to a visited link, 2 = home; a = new care-of address, x = port. */
  MOVED = 8,
  /** A Binding Update left. a = home address, b = care-of address, x = sequence, y = lifetime (4 s). */
  BU_SENT = 9,
  /** A Binding Acknowledgement was accepted. code = status, a = home agent, b = care-of, x = sequence, y = lifetime (4 s). */
  BA_RECEIVED = 10,
  /** Home agent, correspondent: a binding was made (code 0), renewed (1), removed (2), expired (3), restored from storage (4);
   *  a = home address, b = care-of address, x = sequence, y = lifetime (4 s). */
  BINDING = 11,
  /** Home agent, correspondent: a BU was refused. code = BA status, a = home address, b = care-of address, x = sequence. */
  BU_REFUSED = 12,
  /** A tunnel was set (code 1) or taken away (0). a = local, b = remote end. */
  TUNNEL = 13,
  /** Row of table 230: made (1), renewed (2), removed (0). a = IPv6 address, x = IPv4 address (wire order), y = 1 for our own. */
  TRANSLATION = 14,
  /** The application port's address: code 4 or 6 = IP version, a = address (IPv4 in the first 4 bytes), x = prefix length,
   *  y = MTU. Length 0: taken away. */
  APPLICATION = 15,
  /** A name server for the application. code 4 or 6 = IP version, a = its address, x = lifetime in seconds. */
  DNS = 16,
  /** Home agent started without IPsec (`security: none`). a = its address. */
  SECURITY_NONE = 17,
  /** Mobile node: registration state. code = Registration, a = home agent, x = status of the acknowledgement that refused. */
  REGISTRATION = 18,
  /** A neighbour is unreachable. a = address, x = port. */
  UNREACHABLE = 19,
  /** DHAAD gave home agents. a = the first, x = how many. */
  DHAAD = 20,
  /** Prefixes of the home link by MPA. a = the first prefix, x = how many. */
  HOME_PREFIX = 21,
  /** A security association: added (code 1), reached its soft limit (2), its hard limit (3), removed (4). x = SPI, y = direction (1 in, 2 out). */
  ASSOCIATION = 22,
  /** Mobile node: the route to a correspondent is direct (code 1), or no more (0). a = correspondent, b = care-of address. */
  OPTIMIZED = 23,
  /** Boundary router: a server was registered (code 1), renewed with another cost or key (2), removed (0), expired (3), restored from storage (4),
   *  refused (16 + RegistrationStatus); a = unicast address, b = anycast address, x = cost, y = lifetime in seconds. */
  ANYCAST_SERVER = 24,
  /** Boundary router: a = the nearest server now, :: = none is left; b = anycast address. */
  ANYCAST_NEAREST = 25,
  /** Anycast server: a router's reply. code = RegistrationStatus, a = router, b = anycast address, y = lifetime in seconds. */
  ANYCAST_REGISTRATION = 26,
}

/** States of an address, RFC 4862 §5.4, RFC 4429. */
export enum AddressState {
  NONE = 0,
  TENTATIVE = 1,
  OPTIMISTIC = 2,
  PREFERRED = 3,
  DEPRECATED = 4,
  DUPLICATE = 5,
}

/** States of the mobile node's registration, RFC 6275 §11.7. */
export enum Registration {
  HOME = 0,
  SEARCHING = 1,
  REGISTERING = 2,
  REGISTERED = 3,
  RETURNING = 4,
  REFUSED = 5,
}
