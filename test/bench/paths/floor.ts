import type { Path } from "../path.js";
import { Tape } from "../tape.js";
import { flipped, forwarded, SENDER_MAC } from "./traffic.js";

/** The floor of assembly/floor.ts: what every other path is divided by. */
export const floor: Path = {
  name: "floor",
  image: "floor",
  setup: () => new Tape(),
  cases: (size) => forwarded(size, 1024, () => SENDER_MAC).map(flipped),
};
