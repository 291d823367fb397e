import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildFolder, compileImageBench, compileLwipBench, compileModule, imagePath } from "./build.js";
import { type Path, SIZES } from "./path.js";
import { floor } from "./paths/floor.js";
import { paths } from "./paths/index.js";
import { lwip } from "./paths/lwip.js";
import { DESTINATIONS } from "./paths/traffic.js";
import { Program } from "./program.js";
import { ratio, type Spread, spread } from "./stats.js";
import { writeCases } from "./tape.js";
import { BURST } from "./v8.js";

/** How an image or a peer runs. */
export type Engine = "v8" | "wasm2c" | "lwip";

/** One row of the result: a path at one size in one engine. */
export interface PacketRow {
  path: string;
  engine: Engine;
  /** Bytes of the IP packet, without a tunnel's header. */
  size: number;
  nanoseconds: Spread;
  packetsPerSecond: number;
  /** Against the floor in the same engine, round by round. */
  floors?: Spread;
  /** Against lwIP with the same packets, round by round; only for forwarding through wasm2c. */
  lwip?: Spread;
}

/** A path in an engine, ready to be measured again and again. */
interface Subject {
  path: string;
  engine: Engine;
  program: Program;
  /** Nanoseconds a packet: one list a size, one value a round. */
  rounds: number[][];
}

const WARM_UP_PACKETS = 20000;
const ROUND_NANOSECONDS = 15e6;
const V8_PROGRAM = fileURLToPath(new URL("v8-program.ts", import.meta.url));

/**
 * Measures every path in V8 and through wasm2c, and lwIP beside them. Before the first round every output was compared with
 * the expected one; rounds of all subjects are interleaved, so that a ratio compares what the same moments allowed.
 */
export async function measurePackets(rounds: number): Promise<PacketRow[]> {
  const subjects: Subject[] = [];
  try {
    for (const path of paths) {
      const wasm = image(path);
      subjects.push(subject(path, "v8", await startV8(path, wasm)));
      const program = compileImageBench(wasm, buildFolder("bench", path.image));
      subjects.push(subject(path, "wasm2c", await startNative(path, program)));
    }
    const peer = compileLwipBench(buildFolder("bench/lwip"));
    for (const path of [lwip(1), lwip(DESTINATIONS)]) {
      subjects.push(subject(path, "lwip", await startNative(path, peer)));
    }
    await eachSize(subjects, (subject, i) => subject.program.measure(i, WARM_UP_PACKETS));
    const packets = new Map<number[], number>();
    await eachSize(subjects, async (subject, i) => {
      const nanoseconds = (await subject.program.measure(i, WARM_UP_PACKETS)) / WARM_UP_PACKETS;
      packets.set(subject.rounds[i], Math.ceil(ROUND_NANOSECONDS / nanoseconds / BURST) * BURST);
    });
    for (let round = 0; round < rounds; round++) {
      await eachSize(subjects, async (subject, i) => {
        const count = packets.get(subject.rounds[i])!;
        subject.rounds[i].push((await subject.program.measure(i, count)) / count);
      });
    }
  } finally {
    for (const subject of subjects) subject.program.stop();
  }
  return subjects.flatMap((subject) => SIZES.map((_, i) => row(subject, i, subjects)));
}

async function eachSize(subjects: readonly Subject[], act: (s: Subject, size: number) => Promise<unknown>) {
  for (let i = 0; i < SIZES.length; i++) {
    for (const subject of subjects) await act(subject, i);
  }
}

function subject(path: Path, engine: Engine, program: Program): Subject {
  return { path: path.name, engine, program, rounds: SIZES.map(() => []) };
}

/** A path through an image in V8. */
export function startV8(path: Path, wasm: string): Promise<Program> {
  const args = ["--import", "tsx", V8_PROGRAM, path.name, wasm];
  return Program.start(process.execPath, args, `${path.name} (V8)`);
}

/** A path through an image or a peer as a program of native/bench.c. */
function startNative(path: Path, program: string): Promise<Program> {
  return Program.start(program, tapes(path), `${path.name} (native)`);
}

/** The image of a path; the floor's module is compiled here. */
function image(path: Path): string {
  if (path !== floor) return imagePath(path.image);
  return compileModule("test/bench/assembly/floor.ts", join(buildFolder("bench/floor"), "floor.wasm"), 1);
}

/** Writes setup and cases for native/bench.c, gives its arguments. */
function tapes(path: Path): string[] {
  const stem = join(buildFolder("bench", path.image), path.name.replaceAll(/\W+/g, "-"));
  path.setup().write(`${stem}.setup`);
  const files = SIZES.map((size) => `${stem}-${size}.cases`);
  files.forEach((file, i) => {
    writeCases(file, path.cases(SIZES[i]));
  });
  return [`${stem}.setup`, ...files];
}

function row({ path, engine, rounds }: Subject, i: number, all: readonly Subject[]): PacketRow {
  const nanoseconds = spread(rounds[i]);
  const other = (name: string, by: Engine) => all.find((s) => s.path === name && s.engine === by)?.rounds[i];
  const result: PacketRow = { path, engine, size: SIZES[i], nanoseconds, packetsPerSecond: 1e9 / nanoseconds.median };
  const base = path === floor.name ? undefined : other(floor.name, engine);
  if (base) result.floors = ratio(rounds[i], base);
  const peer = engine === "wasm2c" ? other(path, "lwip") : undefined;
  if (peer) result.lwip = ratio(rounds[i], peer);
  return result;
}
