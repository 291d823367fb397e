import type { PacketRow } from "./packets.js";
import type { Report } from "./report.js";
import type { Spread } from "./stats.js";

/** The report as tables for people. */
export function print(report: Report): void {
  const { cpu, cores, node } = report.machine;
  console.log(`${cpu}, ${cores} cores, Node ${node}, medians of ${report.rounds} rounds\n`);
  table(
    ["path", "engine", "bytes", "ns/packet", "+-", "M packets/s", "floors", "times lwIP"],
    report.packets.map(line),
  );
}

function line(row: PacketRow): string[] {
  const { median, deviation } = row.nanoseconds;
  const speed = (row.packetsPerSecond / 1e6).toFixed(2);
  return [
    row.path,
    row.engine,
    `${row.size}`,
    median.toFixed(1),
    `${(deviation * 100).toFixed(0)} %`,
    speed,
    times(row.floors),
    times(row.lwip),
  ];
}

function times(value: Spread | undefined): string {
  return value ? value.median.toFixed(2) : "";
}

function table(head: string[], rows: string[][]): void {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  const text = (cells: string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ");
  for (const row of [head, ...rows]) console.log(text(row).trimEnd());
}
