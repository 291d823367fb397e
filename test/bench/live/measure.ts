import { existsSync } from "node:fs";
import { Lab } from "../../interop/lib/netns.js";
import { Bench } from "../../interop/lib/suite.js";
import { missing } from "../../interop/lib/tools.js";
import { BuildError } from "../build.js";
import type { Target } from "../report.js";
import { ratio, type Spread, spread } from "../stats.js";
import { table } from "../table.js";
import { offer, PACKET, type Pair, type Trial } from "./load.js";
import { sixfoldPair } from "./sixfold.js";
import { STRONGSWAN, strongswanPair } from "./strongswan.js";

export interface LiveReport {
  /** Bytes of a packet in the tunnel, and the share of them that may be lost where a rate counts as carried. */
  bytes: number;
  mostLost: number;
  rows: LiveRow[];
  /** Ours by strongSwan's, round by round. */
  ratios: Measures<Spread>;
  targets: Target[];
}
export interface LiveRow extends Measures<Spread> {
  name: string;
}
interface Measures<T> {
  /** Packets a second at the highest rate that is carried. */
  carried: T;
  /** Most packets a second that arrived, whatever was lost. */
  most: T;
  /** Microseconds of processor time of both nodes, a packet, at the highest rate that is carried. */
  processor: T;
}
const MEASURES = ["carried", "most", "processor"] as const;

const MOST_LOST = 0.001;
/** Packets a second between which the highest rate is looked for, and how often their ratio is halved: to within 6 %. */
const [LOWEST, HIGHEST] = [4000, 128_000];
const STEPS = 6;

/** ESP tunnels between live nodes: two of ours, and two of strongSwan's, in turns. */
export async function measureLive(rounds: number): Promise<LiveReport> {
  refuseWithout();
  await Lab.sweep();
  const ignore = (): void => {};
  const bench = new Bench(ignore, ignore);
  try {
    const pairs = [await sixfoldPair(bench), await strongswanPair(bench)];
    for (const pair of pairs) await offer(pair, LOWEST);
    const found: Measures<number>[][] = pairs.map(() => []);
    for (let round = 0; round < rounds; round++)
      for (const [i, pair] of pairs.entries()) found[i].push(await highest(pair));
    const values = (i: number, measure: keyof Measures<number>): number[] => found[i].map((one) => one[measure]);
    const ratios = each((measure) => ratio(values(0, measure), values(1, measure)));
    const value = ratios.carried.median;
    return {
      bytes: PACKET,
      mostLost: MOST_LOST,
      rows: pairs.map(({ name }, i) => ({ name, ...each((measure) => spread(values(i, measure))) })),
      ratios,
      targets: [{ name: "live ESP tunnel: times strongSwan's packets/s, at least", value, limit: 1, ok: value >= 1 }],
    };
  } finally {
    await bench.close();
  }
}

function each(value: (measure: keyof Measures<Spread>) => Spread): Measures<Spread> {
  return { carried: value("carried"), most: value("most"), processor: value("processor") };
}

/** Looks for the highest rate that is carried. One that fails is tried once more: the machine may have looked away. */
async function highest(pair: Pair): Promise<Measures<number>> {
  const trials: Trial[] = [];
  let best: Trial | undefined;
  let [low, high] = [LOWEST, HIGHEST];
  for (let step = 0; step < STEPS; step++) {
    const rate = Math.sqrt(low * high);
    let carried: Trial | undefined;
    for (let attempt = 0; attempt < 2 && !carried; attempt++) {
      const trial = await offer(pair, rate);
      trials.push(trial);
      if (trial.lost <= MOST_LOST) carried = trial;
    }
    if (carried) [best, low] = [carried, rate];
    else high = rate;
  }
  if (!best) throw new Error(`${pair.name}: packets are lost at ${Math.round(high)} packets/s already`);
  const most = Math.max(...trials.map(({ arrived }) => arrived));
  return { carried: best.arrived, most, processor: best.processor };
}

function refuseWithout(): void {
  const strongswan = Object.entries(STRONGSWAN).filter(([path]) => !existsSync(path));
  const sentences = [
    ...missing(["ip", "ethtool", "sysctl", "iperf3"]),
    ...strongswan.map(([path, name]) => `${path} is missing: install the Debian package ${name}`),
    ...(existsSync("/dev/net/tun") ? [] : ["there is no /dev/net/tun"]),
    ...(process.getuid?.() === 0 ? [] : ["network namespaces want root"]),
  ];
  if (sentences.length > 0) throw new BuildError(sentences.join("\n"));
}

export function printLive({ rows, ratios, bytes, mostLost }: LiveReport): void {
  console.log(`ESP tunnel, ChaCha20-Poly1305, ${bytes} bytes, one way; carried: at most ${mostLost * 100} % lost`);
  const line = (name: string, measures: Measures<Spread>, digits: readonly number[]): string[] => [
    ...[name, ""],
    ...MEASURES.flatMap((measure, i) => {
      const { median, min, max, deviation } = measures[measure];
      const values = [median, min, max].map((value) => value.toFixed(digits[i]));
      return [values[0], `${(deviation * 100).toFixed(0)} %`, `${values[1]}-${values[2]}`];
    }),
  ];
  const titles = ["carried/s", "most/s", "processor µs"];
  table(
    ["live", "", ...titles.flatMap((title) => [title, "+-", "from-to"])],
    [...rows.map((row) => line(row.name, row, [0, 0, 1])), line("ours by strongSwan's", ratios, [2, 2, 2])],
  );
}
