import { imagePath, memoryPages } from "./build.js";
import { startV8 } from "./packets.js";
import { agentWith } from "./paths/home-agent.js";
import { ratio, type Spread, spread } from "./stats.js";

/** What the number of bindings does to a packet that is tunnelled by one of them. */
export interface BindingReport {
  /** 64-byte packets to 1,024 of the mobile nodes, spread over all. */
  rows: { bindings: number; nanoseconds: Spread }[];
  /** The largest number's time by the smallest's, round by round. */
  growth: Spread;
  /** Memory of the image, whatever it holds. */
  memory: number;
}

const BINDINGS = [1024, 100_000];
const WARM_UP = 200_000;
const PACKETS = 100_000;

export async function measureBindings(rounds: number): Promise<BindingReport> {
  const paths = BINDINGS.map(agentWith);
  const programs = await Promise.all(paths.map((path) => startV8(path, imagePath(path.image))));
  const times: number[][] = BINDINGS.map(() => []);
  try {
    for (const program of programs) await program.measure(0, WARM_UP);
    for (let round = 0; round < rounds; round++) {
      for (const [i, program] of programs.entries()) times[i].push((await program.measure(0, PACKETS)) / PACKETS);
    }
  } finally {
    for (const program of programs) program.stop();
  }
  const rows = BINDINGS.map((bindings, i) => ({ bindings, nanoseconds: spread(times[i]) }));
  const memory = memoryPages(imagePath(paths[0].image)) * 65536;
  return { rows, growth: ratio(times[times.length - 1], times[0]), memory };
}
