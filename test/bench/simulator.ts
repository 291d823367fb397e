import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Spread, spread } from "./stats.js";

/** One run of simulator-program.ts. */
export interface SimulatorRun {
  nodes: number;
  /** Links from host to host. */
  hops: number;
  /** UDP data of a packet. */
  bytes: number;
  /** Delivered from host to host; none was lost. */
  packets: number;
  /** Tasks of the queue a second of the processor. */
  eventsPerSecond: number;
  microsecondsPerPacket: number;
  /** Growth of the process's resident memory. */
  bytesPerNode: number;
}

/** The simulator with so many nodes: several runs. */
export interface SimulatorRow {
  nodes: number;
  hops: number;
  bytes: number;
  packets: number;
  eventsPerSecond: Spread;
  microsecondsPerPacket: Spread;
  bytesPerNode: Spread;
}

const PROGRAM = fileURLToPath(new URL("simulator-program.ts", import.meta.url));
const NODES = [100, 1000, 5000];
const RUNS = 3;

/** Every run in a process of its own; the sizes take turns. */
export function measureSimulator(): SimulatorRow[] {
  const runs = Array.from({ length: RUNS }, () => NODES.map(runOnce));
  return NODES.map((nodes, i) => {
    const { hops, bytes, packets } = runs[0][i];
    const over = (value: (run: SimulatorRun) => number) => spread(runs.map((run) => value(run[i])));
    return {
      ...{ nodes, hops, bytes, packets },
      eventsPerSecond: over((run) => run.eventsPerSecond),
      microsecondsPerPacket: over((run) => run.microsecondsPerPacket),
      bytesPerNode: over((run) => run.bytesPerNode),
    };
  });
}

function runOnce(nodes: number): SimulatorRun {
  const args = ["--expose-gc", "--import", "tsx", PROGRAM, `${nodes}`];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as SimulatorRun;
}
