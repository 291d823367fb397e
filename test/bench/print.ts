import { printAnycast } from "./anycast/measure.js";
import { printBoards } from "./boards/print.js";
import { printCrypto } from "./crypto/print.js";
import { printIpsec } from "./ipsec/measure.js";
import type { PacketRow } from "./packets.js";
import type { Report, Target } from "./report.js";
import type { Spread } from "./stats.js";
import { table } from "./table.js";

/** The report as tables for people. */
export function print({
  machine,
  rounds,
  packets,
  bindings,
  simulator,
  sizes,
  boards,
  crypto,
  ipsec,
  anycast,
  targets,
}: Report): void {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, medians of ${rounds} rounds`);
  table(["path", "engine", "bytes", "ns/packet", "+-", "M packets/s", "floors", "times lwIP"], packets.map(packetLine));
  table(
    ["bindings", "", "ns/packet", "+-"],
    bindings.rows.map(({ bindings: n, nanoseconds }) => [`${n}`, "", ...middle(nanoseconds, 1)]),
  );
  table(
    ["nodes", "", "µs/packet", "+-", "events/s", "KiB/node"],
    simulator.map(({ nodes, microsecondsPerPacket, eventsPerSecond, bytesPerNode }) => [
      ...[`${nodes}`, "", ...middle(microsecondsPerPacket, 1)],
      ...[eventsPerSecond.median.toFixed(0), (bytesPerNode.median / 1024).toFixed(1)],
    ]),
  );
  table(
    ["image", "", "wasm", "data", "pages"],
    sizes.map(({ image, wasm, data, pages }) => [image, "", `${wasm}`, `${data}`, `${pages}`]),
  );
  printBoards(boards);
  printCrypto(crypto);
  printIpsec(ipsec);
  printAnycast(anycast);
  printTargets(targets);
}

/** Which limits were reached. */
export function printTargets(targets: readonly Target[]): void {
  table(
    ["target", "reached", "value", "limit"],
    targets.map(({ name, ok, value, limit }) => [name, ok ? "yes" : "NO", `${round(value)}`, `${limit}`]),
  );
}

function packetLine(row: PacketRow): string[] {
  const speed = (row.packetsPerSecond / 1e6).toFixed(2);
  const ratios = [row.floors, row.lwip].map((value) => (value ? value.median.toFixed(2) : ""));
  return [row.path, row.engine, `${row.size}`, ...middle(row.nanoseconds, 1), speed, ...ratios];
}

/** Median and deviation. */
function middle({ median, deviation }: Spread, digits: number): string[] {
  return [median.toFixed(digits), `${(deviation * 100).toFixed(0)} %`];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
