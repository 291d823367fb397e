// Brings each image into the states that the fuzzer starts from and plays the fuzzer's seeds and regressions there, for record.ts.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { imagePath, ROOT } from "../bench/build.js";
import { Tape } from "../bench/tape.js";
import { V8Subject } from "../bench/v8.js";
import { encodeInput, seeds } from "../fuzz/inputs.js";
import { setups } from "../fuzz/setups.js";

/** Of test/fuzz/native/receive.c: milliseconds before a frame, and the flag that asks for a tick after it. */
const STEPS = [0, 1, 10, 100, 1000, 5000, 30000, 600000];
const TICK = 8;
const HEAD = 4;
/** Later than any setup ends. */
const LATER = 60_000;

function play(node: V8Subject, input: Uint8Array): void {
  let now = LATER;
  for (let at = 0; at + HEAD <= input.length; ) {
    const [flags, step, low, high] = input.subarray(at, at + HEAD);
    const frame = input.subarray(at + HEAD, at + HEAD + low + high * 256);
    now += STEPS[step % STEPS.length];
    const tape = new Tape()
      .clock(now)
      .rx(flags & 3, frame)
      .drain();
    if (flags & TICK) tape.tick().drain();
    try {
      node.replay(tape);
    } catch {
      return; // no buffer, as behind a port that the image has not: what was done so far is recorded
    }
    at += HEAD + frame.length;
  }
}

/** Inputs of a setup's receive path that failed once. */
function regressions(name: string): Uint8Array[] {
  const folder = join(ROOT, "test/fuzz/regressions", `rx-${name}`);
  return existsSync(folder) ? readdirSync(folder).map((file) => readFileSync(join(folder, file))) : [];
}

for (const [name, { image, setup }] of Object.entries(setups)) {
  if (image.endsWith("-unsealed")) continue; // the fuzzer builds it for itself
  const state = setup(imagePath(image));
  const inputs = [...Object.values(seeds(state.own)), ...regressions(name)];
  if (state.awaited) inputs.push(encodeInput([{ port: 0, frame: state.awaited, tick: true }]));
  for (const input of inputs) {
    const node = new V8Subject(imagePath(image));
    node.replay(state.tape);
    play(node, input);
  }
}
