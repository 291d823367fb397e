/** Names and numbers of what policies select and associations use. */
import { Encryption, Integrity } from "../../../assembly/abi/ipsec.js";

/** IANA protocol numbers. */
export const PROTOCOL = { tcp: 6, udp: 17, ipv6: 41, esp: 50, ah: 51, icmp6: 58, mh: 135 } as const;

/** Mobility header types, RFC 6275 §6.1. */
const MH_TYPE: Record<string, number> = { brr: 0, hoti: 1, coti: 2, hot: 3, cot: 4, bu: 5, ba: 6, be: 7 };

/** ICMPv6 types, RFC 4443, RFC 4861, RFC 6275 §6.5-6.8. */
const ICMP6_TYPE: Record<string, number> = {
  unreachable: 1,
  "too-big": 2,
  "time-exceeded": 3,
  "parameter-problem": 4,
  "echo-request": 128,
  "echo-reply": 129,
  "haad-request": 144,
  "haad-reply": 145,
  mps: 146,
  mpa: 147,
};

/** `undefined`: every protocol; NaN: no such name. */
export function protocolNumber(name: string | number | undefined): number | undefined {
  if (typeof name === "number") return name;
  if (name === undefined || name === "any") return undefined;
  return PROTOCOL[name as keyof typeof PROTOCOL] ?? Number.NaN;
}

export const PROTOCOL_NAMES = ["any", ...Object.keys(PROTOCOL)];

/** The names of types that a protocol has; none for one without types. */
export function typeNames(protocol: number | undefined): Record<string, number> | undefined {
  if (protocol === PROTOCOL.mh) return MH_TYPE;
  return protocol === PROTOCOL.icmp6 ? ICMP6_TYPE : undefined;
}

/** An algorithm: its number, and the lengths in bytes that its key may have. */
export interface Algorithm<T> {
  id: T;
  keys: readonly number[];
}

interface EncryptionAlgorithm extends Algorithm<Encryption> {
  /** With its own integrity. */
  aead: boolean;
}

/** Keys of an AEAD have a salt of 4 bytes behind them (RFC 4106 §8.1, RFC 7634 §2). */
export const ENCRYPTION: Record<string, EncryptionAlgorithm> = {
  "aes-gcm-16": { id: Encryption.AES_GCM_16, keys: [20, 28, 36], aead: true },
  "chacha20-poly1305": { id: Encryption.CHACHA20_POLY1305, keys: [36], aead: true },
  "aes-cbc": { id: Encryption.AES_CBC, keys: [16, 24, 32], aead: false },
  null: { id: Encryption.NULL, keys: [0], aead: false },
  none: { id: Encryption.NONE, keys: [0], aead: false },
};

/** `aes-gmac` is AH's alone, with a salt of 4 bytes behind its key (RFC 4543). */
export const INTEGRITY: Record<string, Algorithm<Integrity>> = {
  none: { id: Integrity.NONE, keys: [0] },
  "hmac-sha1-96": { id: Integrity.HMAC_SHA1_96, keys: [20] },
  "hmac-sha2-256-128": { id: Integrity.HMAC_SHA2_256_128, keys: [32] },
  "aes-gmac": { id: Integrity.AES_128_GMAC, keys: [20] },
};
