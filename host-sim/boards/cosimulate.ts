/** A board and the network around it, each in its own time: neither runs ahead of what the other may still say. */
import { Randomness } from "../sim/rng.js";
import type { World } from "../sim/world.js";
import type { BoardNode } from "./node.js";

/**
 * Runs to the world's end. The board goes first, to the next thing that happens in the network or to where something comes out
 * of it; the network follows to that time.
 * @param look called after each step
 */
export async function cosimulate(world: World, board: BoardNode, look: () => void): Promise<void> {
  const { queue, endUs } = world;
  try {
    // What happens at the very beginning switches the board on.
    world.runUntil(0);
    while (queue.nowUs < endUs) {
      const reachedUs = await board.advance(Math.min(queue.nextUs, endUs));
      world.runUntil(reachedUs);
      board.release();
      look();
    }
    await board.finish();
  } finally {
    await board.switchOff();
  }
}

/** Entropy of a board's starts, from the seed of the run. */
export function boardEntropy(seed: number, node: string): (start: number) => Uint8Array {
  const randomness = new Randomness(seed);
  return (start) => randomness.stream(`board:${node}:entropy:${start}`).bytes(32);
}
