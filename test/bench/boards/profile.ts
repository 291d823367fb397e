// node --import tsx test/bench/boards/profile.ts PATH [image|lwip] [O2|Os]: where the cycles of a path go on the RP2040, by function,
// a packet. What the compiler inlined counts for the function that it is in.
import { machines } from "./machines.js";
import { BOARD_SIZES, measurePath } from "./measure.js";
import { boardPaths } from "./paths.js";
import type { Profile } from "./rp2040.js";

const [name, engine = "image", level = "O2"] = process.argv.slice(2);
const path = boardPaths.find((p) => p.name === name);
if (!path) {
  console.error(`usage: profile.ts PATH [image|lwip] [O2|Os]; paths: ${boardPaths.map((p) => p.name).join("; ")}`);
  process.exit(2);
}
for (const size of BOARD_SIZES) {
  const profile: Profile = new Map();
  const subject = engine === "lwip" ? "lwip" : { image: path.image };
  const [cost] = measurePath(machines[0], level, path, subject, { sizes: [size], profile });
  const packets = path.cases(size).length;
  console.log(`${name}, ${engine}, ${level}, ${size} bytes: ${cost} cycles`);
  for (const [symbol, cycles] of [...profile].sort((a, b) => b[1] - a[1])) {
    console.log(`  ${Math.round(cycles / packets)}`.padEnd(9), symbol);
  }
}
