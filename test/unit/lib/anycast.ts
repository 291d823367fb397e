/** A client (left) and a server (right) of one anycast address on one link; the option by the bytes of docs/anycast-identifier.md §2. */
import { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as frames from "../../bench/frames.js";
import { LEFT, Pair, RIGHT } from "./ipsec-pair.js";

export const S = "2001:db8:1::53";
export const C = LEFT;
export const U = RIGHT;
/** An address on the link that nobody has been told to serve. */
export const OTHER = "2001:db8:1::54";
export const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
export const KEY_ID = 7;

export function keyMessage(id = KEY_ID, key = KEY, anycast = S): Messages {
  return new Messages().anycastKey(parseIp6(anycast), id, AnycastKeyUse.IDENTIFIER, key);
}
/** 0 seconds: not in the list any more. */
export function clientMessage(keyId: number, seconds = 30, anycast = S): Messages {
  return new Messages().anycastClient(parseIp6(anycast), keyId, seconds);
}
/** `::`: not served any more. */
export function serverMessage(anycast = S, unicast = U): Messages {
  return new Messages().anycastServer(parseIp6(anycast), parseIp6(unicast));
}
/** Plain form, or with the key at both ends. */
export function anycastPair(keyed: boolean, options: { images?: [string, string] } = {}): Pair {
  const keys = keyed ? [keyMessage()] : [];
  return new Pair([...keys, clientMessage(keyed ? KEY_ID : 0)], [...keys, serverMessage()], options);
}
/** A datagram in its IPv6 header. */
export function datagram(from: string, to: string, ports: [number, number], data: Uint8Array): Uint8Array {
  const [a, b] = [parseIp6(from), parseIp6(to)];
  return frames.ip6(a, b, frames.Protocol.UDP, frames.udp(a, b, ports, data));
}
