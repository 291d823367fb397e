/** What protection costs on the links: the headers around each packet that a node with IPsec sends, and the bytes that they add. */
import { AddressState } from "../../assembly/abi/event.js";
import type { Scenario } from "../core/scenario.js";
import type { WatchedFrame, Watcher } from "../sim/watch.js";
import { dissect, type Layer } from "../trace/dissect.js";
import { decodeEvent, Event } from "../trace/events.js";
import { Keyring } from "../trace/ipsec/keyring.js";
import { table } from "../trace/table.js";
import { associationsOf } from "./keys.js";

/** One kind of packet of one node. */
export interface LayerRow {
  node: string;
  /** Names of headers from the outside in, up to the upper layer. */
  headers: string;
  /** How many of them are ESP or AH. */
  ipsec: number;
  packets: number;
  /** Bytes of an IPv6 packet beyond its innermost IPv6 header and what is its own. */
  added: { least: number; mean: number; most: number };
}

const HEADERS = new Set(["IP6", "HBH", "DO", "RH", "FRAG", "ESP", "AH"]);
const IPSEC = new Set(["ESP", "AH"]);
const AROUND = new Set(["ESP trailer", "trailer"]);

export class LayerCount {
  /** None where no node has IPsec. */
  readonly watchers: Watcher[];
  private readonly owners = new Map<string, string>();
  private readonly rows = new Map<string, Omit<LayerRow, "added"> & { least: number; most: number; sum: number }>();
  private readonly keyring: Keyring;

  constructor(scenario: Scenario) {
    const protects = Object.values(scenario.nodes).some(({ ipsec }) => ipsec !== undefined);
    this.keyring = new Keyring(protects ? associationsOf({ kind: "scenario", scenario }) : []);
    const watcher: Watcher = {
      frame: (frame) => this.frame(frame),
      event: (node, _timeUs, record, offset) => this.learn(node, record, offset),
    };
    this.watchers = protects ? [watcher] : [];
  }

  /** The most frequent first. */
  report(): LayerRow[] {
    return [...this.rows.values()]
      .map(({ least, most, sum, ...row }) => ({ ...row, added: { least, mean: sum / row.packets, most } }))
      .sort((a, b) => a.node.localeCompare(b.node) || b.packets - a.packets);
  }

  private learn(node: string, record: DataView, offset: number): void {
    if (record.getUint16(offset, true) !== Event.ADDRESS) return;
    const { code, a } = decodeEvent(record, offset);
    if (code !== AddressState.NONE && code !== AddressState.DUPLICATE) this.owners.set(a, node);
  }

  /** Counts what a node sends as its own, not what it passes on. */
  private frame({ port, from, bytes, linktype }: WatchedFrame): void {
    if (port !== undefined) return;
    const { layers } = dissect(bytes, linktype, this.keyring);
    const source = new Map(layers.find(({ name }) => name === "IP6")?.fields).get("source");
    if (source === undefined || this.owners.get(source) !== from) return;
    const around = headersOf(layers);
    const ipsec = around.filter((name) => IPSEC.has(name)).length;
    if (ipsec > 0) this.add(from, around.join(" "), ipsec, addedBytes(layers));
  }

  private add(node: string, headers: string, ipsec: number, bytes: number): void {
    const key = `${node} ${headers}`;
    const row = this.rows.get(key) ?? { node, headers, ipsec, packets: 0, least: bytes, most: bytes, sum: 0 };
    row.packets++;
    row.sum += bytes;
    row.least = Math.min(row.least, bytes);
    row.most = Math.max(row.most, bytes);
    this.rows.set(key, row);
  }
}

/** Those of the packet itself: what an ICMP error quotes is its payload. */
function headersOf(layers: Layer[]): string[] {
  const error = layers.findIndex(({ name }) => name === "ICMP6");
  const own = error < 0 ? layers : layers.slice(0, error);
  const inUdp = (i: number) => own[i].name === "UDP" && own[i + 1]?.name === "ESP";
  return own.filter(({ name }, i) => HEADERS.has(name) || inUdp(i)).map(({ name }) => name);
}

function addedBytes(layers: Layer[]): number {
  const count = (some: Layer[]) => some.reduce((sum, { length }) => sum + length, 0);
  const headers = headersOf(layers).length;
  const first = layers.findIndex(({ name }) => name === "IP6");
  const around = layers.slice(first, first + headers).concat(layers.filter(({ name }) => AROUND.has(name)));
  return count(around) - IP6_LENGTH;
}

const IP6_LENGTH = 40;

export function layerTable(rows: LayerRow[]): string {
  return table(
    ["node", "headers", "IPsec", "packets", "bytes added"],
    rows.map(({ node, headers, ipsec, packets, added: { least, mean, most } }) => {
      const bytes = least === most ? String(least) : `${least}-${most}, mean ${mean.toFixed(1)}`;
      return [node, headers, String(ipsec), String(packets), bytes];
    }),
    2,
  );
}
