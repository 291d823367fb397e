/** Numbers of the security policy database, RFC 4301 §4.4.1. */
export enum PolicyAction {
  DISCARD = 0,
  BYPASS = 1,
  PROTECT = 2,
}
export enum Direction {
  IN = 1,
  OUT = 2,
}
export enum Mode {
  TRANSPORT = 0,
  TUNNEL = 1,
}
/** IKEv2 transform IDs of type 1, IANA. */
export enum Encryption {
  /** AH. */
  NONE = 0,
  /** RFC 2410. */
  NULL = 11,
  /** RFC 3602. */
  AES_CBC = 12,
  /** RFC 4106. */
  AES_GCM_16 = 20,
  /** RFC 7634. */
  CHACHA20_POLY1305 = 28,
}
/** IKEv2 transform IDs of type 3, IANA. */
export enum Integrity {
  /** That of an AEAD. */
  NONE = 0,
  /** RFC 2404. */
  HMAC_SHA1_96 = 2,
  /** RFC 4543, AH alone. */
  AES_128_GMAC = 9,
  /** RFC 4868. */
  HMAC_SHA2_256_128 = 12,
}
