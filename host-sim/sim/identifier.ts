/**
 * The anycast identifier (docs/anycast-identifier.md §2) as somebody has it who copies it and has no key: Destination Options headers
 * whose next header is still to be put in.
 */
import { PROTOCOL } from "../core/ipsec/names.js";
import { upperLayer } from "./packets.js";

const TYPE = 0x1e;
const VERSION = 0x10;
const FORM = { PLAIN: 1, AUTHENTICATED: 2, REQUEST: 3 };
/** Of the whole header. */
const LENGTH = { PLAIN: 24, AUTHENTICATED: 48, REQUEST: 32 };
/** Where a request has its nonce, and how long that is. */
const NONCE = { AT: 8, LENGTH: 8 };
const AUTHENTICATOR = new Uint8Array(16).fill(0x66);

/** Form 1. */
export function plainIdentifier(anycast: Uint8Array): Uint8Array {
  return header(LENGTH.PLAIN, FORM.PLAIN, 0, anycast);
}

/** Form 2 with an authenticator that is none. */
export function authenticatedIdentifier(anycast: Uint8Array, keyId: number, nonce: Uint8Array): Uint8Array {
  return header(LENGTH.AUTHENTICATED, FORM.AUTHENTICATED, keyId, anycast, nonce, AUTHENTICATOR);
}

/** The nonce of an IPv6 packet that carries form 3 in its last extension header. */
export function nonceOf(request: Uint8Array): Uint8Array | undefined {
  const { next, at } = upperLayer(request);
  const start = at - LENGTH.REQUEST;
  if (next !== PROTOCOL.udp || start < 40 || request[start + 2] !== TYPE) return undefined;
  if (request[start + 4] !== (VERSION | FORM.REQUEST)) return undefined;
  return request.subarray(start + NONCE.AT, start + NONCE.AT + NONCE.LENGTH);
}

function header(length: number, form: number, keyId: number, ...behind: Uint8Array[]): Uint8Array {
  const begin = [0, length / 8 - 1, TYPE, length - 4, VERSION | form, 0, keyId >> 8, keyId & 0xff];
  return Buffer.concat([Buffer.from(begin), ...behind]);
}
