/** What a running node tells about itself: rows of the core's tables (assembly/engine/queries.ts draws them) as objects. */
import { AddressState } from "../../assembly/abi/event.js";
import { Message, Refusal } from "../../assembly/abi/message.js";
import { PortKind } from "../../assembly/abi/port.js";
import { Verdict } from "../../assembly/abi/verdict.js";
import { formatIp4, formatIp6, formatMac } from "../core/address.js";
import { ConfigRefused, type Core } from "../core/core.js";
import { registration, request, server } from "./anycast-status.js";
import { association, policy } from "./ipsec-status.js";

type Cell = string | number | boolean;
export type Row = Record<string, Cell>;
type Reader = (row: Uint8Array, view: DataView) => Row;

/** RFC 4861 §7.3.2, in the order of assembly/tables/neighbours.ts. */
const NEIGHBOUR_STATES = ["none", "incomplete", "reachable", "stale", "delay", "probe"];

/** In the order of assembly/tables/binding-list.ts. */
const UPDATE_STATES = ["none", "waiting", "bound", "leaving"];

/** assembly/tables/translation.ts: the row of our own home address. */
const TRANSLATION_OWN = 1;

const forEver = (value: number): number | string => (value === 0xffffffff ? "for ever" : value);
const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** The tables by the name that `status` gives them. An image that lacks a role refuses its query. */
const TABLES: [string, Message, Reader][] = [
  [
    "ports",
    Message.PORTS,
    (row, view) => ({
      port: row[0],
      kind: PortKind[row[1]] ?? row[1],
      up: row[2] === 1,
      mtu: view.getUint16(4, true),
      mac: formatMac(row, 6),
    }),
  ],
  [
    "addresses",
    Message.ADDRESSES,
    (row) => ({
      port: row[0],
      address: formatIp6(row, 4),
      prefixLength: row[1],
      state: (AddressState[row[2]] ?? String(row[2])).toLowerCase(),
    }),
  ],
  [
    "neighbours",
    Message.NEIGHBOURS,
    (row) => ({
      port: row[0],
      address: formatIp6(row, 4),
      mac: formatMac(row, 20),
      state: NEIGHBOUR_STATES[row[1]] ?? row[1],
      router: row[2] === 1,
    }),
  ],
  [
    "routes",
    Message.ROUTES,
    (row) => ({ port: row[0], to: `${formatIp6(row, 4)}/${row[1]}`, via: formatIp6(row, 20) }),
  ],
  [
    "tunnels",
    Message.TUNNELS,
    (row, view) => ({
      home: formatIp6(row, 0),
      local: formatIp6(row, 16),
      remote: formatIp6(row, 32),
      seconds: seconds(view.getUint32(48, true)),
    }),
  ],
  [
    "bindings",
    Message.BINDINGS,
    (row, view) => ({
      home: formatIp6(row, 0),
      careOf: formatIp6(row, 16),
      seconds: seconds(view.getUint32(32, true)),
      sequence: view.getUint16(36, true),
    }),
  ],
  [
    "bindingUpdates",
    Message.BINDING_UPDATES,
    (row, view) => ({
      to: formatIp6(row, 0),
      home: formatIp6(row, 16),
      careOf: formatIp6(row, 32),
      seconds: seconds(view.getUint32(48, true)),
      sequence: view.getUint16(52, true),
      state: UPDATE_STATES[view.getUint16(54, true)] ?? "unknown",
    }),
  ],
  [
    "programs",
    Message.PROGRAMS,
    (_row, view) => ({ number: view.getUint16(0, true), on: view.getUint16(2, true) === 1 }),
  ],
  [
    "translations",
    Message.TRANSLATIONS,
    (row, view) => ({
      ip6: formatIp6(row, 0),
      ip4: formatIp4(row, 16),
      seconds: forEver(view.getUint32(20, true)),
      own: (view.getUint32(24, true) & TRANSLATION_OWN) !== 0,
    }),
  ],
  ["policies", Message.POLICIES, policy],
  ["associations", Message.ASSOCIATIONS, association],
  [
    "correspondents",
    Message.CORRESPONDENTS,
    (row, view) => ({
      home: formatIp6(row, 0),
      careOf: formatIp6(row, 16),
      seconds: seconds(view.getUint32(32, true)),
      sequence: view.getUint16(36, true),
    }),
  ],
  ["anycastRequests", Message.ANYCAST_REQUESTS, request],
  ["anycastServers", Message.ANYCAST_SERVERS, server],
  ["anycastRegistrations", Message.ANYCAST_REGISTRATIONS, registration],
];

/** Rows of every table that the image has, and the counters that are not zero by the name of their reason. */
export function tables(core: Core): Record<string, Row[]> & { drops: Record<string, number> } {
  const result: Record<string, Row[]> = {};
  for (const [name, type, read] of TABLES) {
    const rows = query(core, type);
    if (rows) result[name] = rows.map((row) => read(row, viewOf(row)));
  }
  const drops: Record<string, number> = {};
  for (const row of query(core, Message.COUNTERS) ?? []) {
    const view = viewOf(row);
    const verdict = view.getUint16(0, true);
    drops[Verdict[verdict] ?? `VERDICT_${verdict}`] = view.getUint32(4, true);
  }
  return Object.assign(result, { drops });
}

/** Null where the image has no such table. */
function query(core: Core, type: Message): Uint8Array[] | null {
  try {
    return core.query(type);
  } catch (error) {
    if (error instanceof ConfigRefused && error.refusal === Refusal.UNKNOWN_TYPE) return null;
    throw error;
  }
}

const viewOf = (row: Uint8Array): DataView => new DataView(row.buffer, row.byteOffset, row.byteLength);
