import { parseIp6 } from "../../../host-sim/core/address.js";
import { AUTHENTICATED, authenticator, type Identifier, insert, PLAIN } from "../../reference/anycast.js";
import { IP6, ip6, Protocol, udp } from "../frames.js";
import * as say from "../messages.js";
import { AnycastKeyUse, type Setting } from "../messages.js";

// What client and router have in common: docs/anycast-identifier.md.

/** Bytes of the answers' IPv6 packets without their identifier. */
export const ANSWER_SIZES = [64, 512, 1200] as const;
export const ANYCAST = parseIp6("2001:db8:53::53");
export const KEY = { id: 7, secret: Uint8Array.from({ length: 32 }, (_, i) => i) };
export const SERVER_PORT = 53;
export const key: Setting = say.anycastKey(KEY.id, AnycastKeyUse.IDENTIFIER, ANYCAST, KEY.secret);

/** None, the plain form, or the authenticated one. */
export type Form = "none" | "plain" | "authenticated";

/** A datagram of `size` bytes, IPv6 header included, from the servers' port. */
export function datagram(
  source: Uint8Array,
  target: Uint8Array,
  port: number,
  size: number,
  hopLimit = 64,
): Uint8Array {
  const data = Uint8Array.from({ length: size - IP6 - 8 }, (_, i) => i * 7 + size);
  return ip6(source, target, Protocol.UDP, udp(source, target, [SERVER_PORT, port], data), hopLimit);
}

/** The packet with an identifier. */
export function identified(packet: Uint8Array, form: Form, nonce: Uint8Array = new Uint8Array(8)): Uint8Array {
  if (form === "none") return packet;
  if (form === "plain") return insert(packet, { form: PLAIN, keyId: 0, anycast: ANYCAST });
  const id: Identifier = { form: AUTHENTICATED, keyId: KEY.id, anycast: ANYCAST, nonce };
  const [server, client] = [packet.slice(8, 24), packet.slice(24, 40)];
  const proof = authenticator(KEY.secret, id, client, server, Protocol.UDP, packet.subarray(IP6));
  return insert(packet, { ...id, authenticator: proof });
}

/** Bytes that the authenticator of such a packet covers, §2.1. */
export function covered(size: number): number {
  return 28 + 16 + 16 + 8 + size - IP6;
}
