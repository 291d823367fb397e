import { fileURLToPath } from "node:url";
import { Program } from "../program.js";
import type { Target } from "../report.js";
import { ratio, type Spread, spread } from "../stats.js";
import { table } from "../table.js";
import { BURST } from "../v8.js";
import { IPSEC_SIZES } from "./sizes.js";

/** A terminal's tunnel plain, and in ESP (ChaCha20-Poly1305) in its place, in V8. */
export interface IpsecRow {
  way: "in" | "out";
  size: number;
  /** ns a packet. */
  plain: Spread;
  esp: Spread;
  /** ESP received by the same image with an algorithm that does nothing. */
  bare?: Spread;
  /** That by the plain tunnel, round by round. */
  besides?: Spread;
}
export interface IpsecReport {
  rows: IpsecRow[];
  targets: Target[];
}

const PROGRAM = fileURLToPath(new URL("program.ts", import.meta.url));
const PACKETS = 4096 * BURST;
/** Before the first round: V8 compiles what is hot meanwhile, in threads whose time counts. */
const WARM_UP = 4 * PACKETS;
const WAYS = ["in", "out"] as const;
const KINDS = ["plain", "esp", "bare"] as const;

export async function measureIpsec(rounds: number): Promise<IpsecReport> {
  const start = (kind: string) =>
    Program.start(process.execPath, ["--import", "tsx", PROGRAM, kind], `tunnel, ${kind}`);
  const programs = await Promise.all(KINDS.map(start));
  const rows: IpsecRow[] = [];
  try {
    for (const [w, way] of WAYS.entries()) {
      for (const [i, size] of IPSEC_SIZES.entries()) {
        const measured = programs.slice(0, way === "in" ? 3 : 2);
        const times: number[][] = measured.map(() => []);
        const index = w * IPSEC_SIZES.length + i;
        for (const program of measured) await program.measure(index, WARM_UP);
        for (let round = 0; round < rounds; round++) {
          for (const [k, program] of measured.entries()) {
            times[k].push((await program.measure(index, PACKETS)) / PACKETS);
          }
        }
        const [plain, esp, bare] = times;
        const without = bare ? { bare: spread(bare), besides: ratio(bare, plain) } : {};
        rows.push({ way, size, plain: spread(plain), esp: spread(esp), ...without });
      }
    }
  } finally {
    for (const program of programs) program.stop();
  }
  return { rows, targets: targets(rows) };
}

function targets(rows: readonly IpsecRow[]): Target[] {
  const worst = Math.max(...rows.flatMap(({ besides }) => (besides ? [besides.median] : [])));
  const whole = rows.filter(({ size }) => size === 1200).map(({ esp }) => 1e9 / esp.median);
  const slowest = Math.round(Math.min(...whole));
  return [
    { name: "ESP received, without its algorithm: times the plain tunnel", value: worst, limit: 1.5, ok: worst <= 1.5 },
    { name: "ESP tunnel, 1200 bytes: at least packets/s", value: slowest, limit: 250_000, ok: slowest >= 250_000 },
  ];
}

export function printIpsec({ rows }: IpsecReport): void {
  table(
    ["terminal's tunnel", "bytes", "plain ns", "ESP ns", "ESP/s", "without algorithm ns", "that by plain"],
    rows.map(({ way, size, plain, esp, bare, besides }) => [
      ...[way, `${size}`, plain.median.toFixed(0), esp.median.toFixed(0), (1e9 / esp.median).toFixed(0)],
      ...[bare?.median.toFixed(0) ?? "", besides?.median.toFixed(2) ?? ""],
    ]),
  );
}
