/** What became of a packet at a stage. Values below `DROPS` move it on; each above is a reason, counted under its name. */
export enum Verdict {
  /** Next stage, please; from a door: "not for me". */
  GO = 0,
  /** Consumed: the buffer can be freed. */
  DONE,
  /** Ownership went to a table or to the transmit queue. */
  HELD,
  /** CLAIM: terminated here. */
  MINE,
  /** CLAIM: terminated here, the upper layer belongs to the application port. */
  APP,
  /** CLAIM: somebody else's. */
  NOT_MINE,
  /** A header was taken off by an upper door: `at` and `next` are those of the next one. */
  UNFOLDED,

  DROPS = 16,
  // link
  SHORT_FRAME = 16,
  NOT_OUR_MAC,
  ETHERTYPE,
  PORT_DOWN,
  NO_BUFFER,
  QUEUE_FULL,
  // IPv6 and extension headers
  BAD_IP6,
  BAD_SOURCE,
  BAD_DESTINATION,
  BAD_EXT,
  BAD_OPTION,
  TOO_MANY_HEADERS,
  BAD_ROUTING_HEADER,
  NO_NEXT_HEADER,
  UNKNOWN_PROTOCOL,
  NOT_FOR_US,
  HOP_LIMIT,
  NO_ROUTE,
  TOO_BIG,
  BEYOND_SCOPE,
  NO_SOURCE_ADDRESS,
  // fragments
  BAD_FRAGMENT,
  FRAGMENT_OVERLAP,
  FRAGMENT_FULL,
  FRAGMENT_TIMEOUT,
  FRAGMENT_TOO_LONG,
  FIRST_FRAGMENT_SHORT,
  // ICMPv6, ND, MLD
  BAD_CHECKSUM,
  BAD_ICMP,
  BAD_ND,
  ND_HOP_LIMIT,
  ND_UNSOLICITED,
  NEIGHBOUR_UNREACHABLE,
  NEIGHBOUR_FULL,
  ICMP_RATE,
  ICMP_UNKNOWN,
  PMTU_IGNORED,
  BAD_REDIRECT,
  // upper layers
  BAD_UDP,
  BAD_TCP,
  NO_LISTENER,
  // tunnels
  TUNNEL_REFUSED,
  TUNNEL_SOURCE,
  TOO_DEEP,
  NO_HEADROOM,
  // mobility
  BAD_MH,
  MH_UNKNOWN,
  BU_NOT_ALLOWED,
  BU_SEQUENCE,
  BU_REFUSED,
  BA_UNEXPECTED,
  BA_SEQUENCE,
  BA_REFUSED,
  BRR_UNEXPECTED,
  BE_UNEXPECTED,
  NO_BINDING,
  BINDING_FULL,
  DHAAD_UNEXPECTED,
  MPS_REFUSED,
  MPA_UNEXPECTED,
  // programs and translation
  NO_PROGRAM,
  PROGRAM_FAILED,
  BAD_IP4,
  POOL_EXHAUSTED,
  NO_TRANSLATION,
  UNTRANSLATABLE,
  BAD_DNS,
  NO_APPLICATION,
  // IPsec
  NO_SA,
  BAD_ESP,
  BAD_AH,
  BAD_ICV,
  REPLAYED,
  SA_EXPIRED,
  SA_UNSAVED,
  SA_EXHAUSTED,
  POLICY_DISCARD,
  POLICY_MISMATCH,
  // route optimization
  RR_REFUSED,
  RR_UNEXPECTED,

  COUNT,
}
