/** Rows of verified anycast as objects: a client's requests, a boundary router's servers, a server's registrations. */

import { RegistrationState, RegistrationStatus } from "../../assembly/abi/anycast.js";
import { formatIp6 } from "../core/address.js";
import type { Row } from "./status.js";

const PROTOCOLS: Record<number, string> = { 17: "udp", 58: "icmp6" };
const FOR_EVER = 0xffffffff;

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** `NOT_AUTHORIZED` as status says it. */
const word = (name: string | number): string => String(name).toLowerCase().replace("_", " ");

/** Of an echo, the ports are identifier and sequence number. */
export function request(row: Uint8Array, view: DataView): Row {
  return {
    anycast: formatIp6(row, 0),
    client: formatIp6(row, 16),
    protocol: PROTOCOLS[row[36]] ?? row[36],
    localPort: view.getUint16(32, true),
    remotePort: view.getUint16(34, true),
    authenticated: row[37] === 1,
    seconds: seconds(view.getUint32(40, true)),
  };
}

export function server(row: Uint8Array, view: DataView): Row {
  const left = view.getUint32(32, true);
  return {
    anycast: formatIp6(row, 16),
    address: formatIp6(row, 0),
    nearest: row[38] === 1,
    cost: row[36],
    hops: row[37],
    seconds: left === FOR_EVER ? "by hand" : seconds(left),
  };
}

/** `next`: seconds to the next message. */
export function registration(row: Uint8Array, view: DataView): Row {
  return {
    anycast: formatIp6(row, 16),
    router: formatIp6(row, 0),
    state: word(RegistrationState[row[38]] ?? row[38]),
    lifetime: view.getUint16(36, true),
    next: seconds(view.getUint32(32, true)),
    lastReply: word(RegistrationStatus[row[39]] ?? row[39]),
  };
}
