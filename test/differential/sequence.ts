import { Message } from "../../assembly/abi/message.js";
import { Randomness } from "../../host-sim/sim/rng.js";
import type { PlayedImage } from "./images.js";
import { PLAYERS } from "./images.js";
import { Network } from "./network.js";
import { arrive, boot, mirror, type Play, SCENES } from "./scenes.js";
import type { Stage } from "./stage.js";

const SCENES_A_SEQUENCE = 10;
/** Where time starts: at boot, just before the low word of the clock wraps, long after it did. */
const STARTS = [1, 2 ** 32 - 40_000, 2 ** 40];

/** Plays sequence `number` of a seed: the same calls, whatever was played before. The image starts anew. */
export function play(stage: Stage, image: PlayedImage, seed: number, number: number): void {
  const random = new Randomness(seed).stream(`${image}/${number}`);
  stage.kept.clear();
  const network = new Network(stage, random);
  stage.now = network.pick(STARTS);
  const state: Play = {
    network,
    player: PLAYERS[image](network),
    mtu: network.pick([1500, 1500, 1400, 1280]),
    trace: network.pick([0, 1, 1, 1, 2]),
  };
  network.answers.refusing = network.pick([0, 0.08, 0.08, 0.5]);
  network.answers.duplicates = network.pick([0, 0.02, 0.02, 0.3]);
  boot(state);
  if (random.chance(0.3)) mirror(network);
  arrive(state);
  for (let i = 0; i < SCENES_A_SEQUENCE; i++) scene(state);
  for (let type: number = Message.PORTS; type <= Message.ANYCAST_REGISTRATIONS; type++) stage.query(type);
  stage.count();
}

function scene(state: Play): void {
  const total = SCENES.reduce((sum, [weight]) => sum + weight, 0);
  let left = state.network.random.float() * total;
  for (const [weight, run] of SCENES) {
    left -= weight;
    if (left >= 0) continue;
    run(state);
    return;
  }
}
