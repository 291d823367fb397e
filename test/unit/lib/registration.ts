/** Registration messages of docs/anycast-identifier.md §6 in frames, written and read by the reference. */
import { AnycastKeyUse } from "../../../assembly/abi/anycast.js";
import { formatIp6, parseIp6 } from "../../../host-sim/core/address.js";
import * as frames from "../../bench/frames.js";
import { type Message, REGISTER, readMessage, writeMessage } from "../../reference/anycast-registration.js";
import { type Boundary, INSIDE, keyFor, S, S2, U } from "./boundary.js";
import { frame, Protocol, type Station } from "./lan.js";
import type { Node } from "./node.js";

export const PORT = 1021;
const counting = (from: number) => Uint8Array.from({ length: 32 }, (_, i) => from + i);
/** Of S, of S and S2, of S2. */
export const SECRETS: Record<number, Uint8Array> = { 9: counting(0x20), 10: counting(0x60), 11: counting(0xa0) };
export const MAY_NAME: Record<number, string[]> = { 9: [S], 10: [S, S2], 11: [S2] };
export const REGISTRATION_KEYS = Object.entries(MAY_NAME).flatMap(([id, names]) =>
  names.map((s) => keyFor(s, Number(id), AnycastKeyUse.REGISTRATION, SECRETS[Number(id)])),
);

/** REGISTER with key 9 from U for S, as the vector of §2.3 but for the epoch, unless something else is said. */
export function asks(more: Partial<Message> = {}): Message {
  const fixed = { type: REGISTER, keyId: 9, lifetime: 30, costOrStatus: 10, sequence: 5n, epoch: 0n, last: 0n };
  return { ...fixed, anycast: parseIp6(S), ...more };
}
export function payloadOf(m: Message, from: Station, to: Station, secret = SECRETS[m.keyId]): Uint8Array {
  return writeMessage(m, secret, parseIp6(from.ip), parseIp6(to.ip));
}
/** A datagram from port 1021 to port 1021 with a payload of whatever length. */
export function carrying(payload: Uint8Array, from: Station, to: Station, hopLimit = 64): Uint8Array {
  const datagram = frames.udp(parseIp6(from.ip), parseIp6(to.ip), [PORT, PORT], payload);
  return frame(from, to, Protocol.UDP, datagram, { hopLimit });
}
export interface Heard extends Message {
  payload: Uint8Array;
  from: string;
  to: string;
  hopLimit: number;
}
/** Registration messages that a node sent since the last look. */
export function messagesOf(node: Node): Heard[] {
  return node
    .sent()
    .filter(({ bytes }) => bytes[20] === Protocol.UDP && bytes.length === 14 + 40 + 8 + 64)
    .map(({ bytes }) => {
      const payload = bytes.slice(62);
      const [from, to] = [formatIp6(bytes, 22), formatIp6(bytes, 38)];
      return { ...readMessage(payload)!, payload, from, to, hopLimit: bytes[21] };
    });
}
/** What the router answers to a REGISTER, undefined: nothing. */
export function register(
  node: Boundary,
  more: Partial<Message> = {},
  from: Station = U,
  hopLimit = 64,
): Heard | undefined {
  node.meet();
  const m = asks(more);
  node.rx(0, carrying(payloadOf(m, from, INSIDE), from, INSIDE, hopLimit));
  const replies = messagesOf(node);
  return replies[replies.length - 1];
}
/** The router's epoch: a REGISTER with another one is told. */
export function epochOf(node: Boundary): bigint {
  return register(node, { epoch: 0n })!.epoch;
}
