/** What a port carries. The number of a port is chosen by the configuration (`Message.PORT`). */
export enum PortKind {
  NONE = 0,
  /** Ethernet II frames, 14-byte header first, no FCS. */
  ETHER = 1,
  /** IPv4 or IPv6 packets without a link header: the application port (TUN, lwIP, a simulated host). */
  IP = 2,
  /** Byte streams (TCP and TLS end points). No image of today has one. */
  STREAM = 3,
  /** Traces only: the core sends packets in format S3 here, nothing is received. */
  MIRROR = 4,
}
