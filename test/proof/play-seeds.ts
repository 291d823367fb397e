// Brings each image into the states that the fuzzer starts from and plays the fuzzer's seeds and regressions there, for record.ts.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { imagePath, ROOT } from "../bench/build.js";
import { Op } from "../bench/tape.js";
import { encodeInput, seeds } from "../fuzz/inputs.js";
import { setups } from "../fuzz/setups.js";
import type { Abi } from "./abi.js";
import { Call } from "./calls.js";
import { Replay } from "./replay.js";

/** Of test/fuzz/native/harness.c: milliseconds before a frame, and the flag that asks for a tick after it. */
const STEPS = [0, 1, 10, 100, 1000, 5000, 30000, 600000];
const TICK = 8;
const HEAD = 4;
/** Later than any setup ends. */
const LATER = 60_000;
const NOTHING = new Uint8Array(0);

function play(node: Replay, input: Uint8Array): void {
  let now = LATER;
  for (let at = 0; at + HEAD <= input.length; ) {
    const [flags, step, low, high] = input.subarray(at, at + HEAD);
    const frame = input.subarray(at + HEAD, at + HEAD + low + high * 256);
    now += STEPS[step % STEPS.length];
    node.call(Call.CLOCK, now, 0, NOTHING);
    node.call(Call.RX, flags & 3, frame.length, frame);
    node.call(Call.DRAIN, 0, 0, NOTHING);
    if (flags & TICK) {
      node.call(Call.TICK, 0, 0, NOTHING);
      node.call(Call.DRAIN, 0, 0, NOTHING);
    }
    at += HEAD + frame.length;
  }
}

const kept = join(ROOT, "test/fuzz/regressions");
const regressions = existsSync(kept) ? readdirSync(kept).map((file) => readFileSync(join(kept, file))) : [];
for (const { image, setup } of Object.values(setups)) {
  const module = new WebAssembly.Module(readFileSync(imagePath(image)));
  const state = setup(imagePath(image));
  const inputs = [...Object.values(seeds(state.own)), ...regressions];
  if (state.awaited) inputs.push(encodeInput([{ port: 0, frame: state.awaited, tick: true }]));
  for (const input of inputs) {
    const node = new Replay(new WebAssembly.Instance(module).exports as unknown as Abi);
    for (const { op, a, b, bytes } of state.tape.steps)
      node.call(op as number, a, op === Op.RX ? bytes.length : b, bytes);
    play(node, input);
  }
}
