import { imageFile, loadImage } from "../../host-sim/core/image.js";
import { Op } from "../bench/tape.js";
import { type Machine, type MachineName, prepare } from "../machines/machine.js";
import { MachineStopped } from "../machines/stopped.js";
import { compare, type Difference, upTo } from "./compare.js";
import type { PlayedImage } from "./images.js";
import { play } from "./sequence.js";
import { Stage, Tally } from "./stage.js";

/** Calls of a batch: what a machine gets at a time. */
const BATCH_BYTES = 4 << 20;

/** A machine that did not do what V8 does. */
export interface Finding {
  machine: MachineName;
  image: PlayedImage;
  /** The sequence, of the campaign's seed. */
  sequence: number;
  /** What it said when it stopped, where it did. */
  stopped?: string;
  difference?: Difference;
  /** The batch up to the step that differs: shows it again. */
  tape: Buffer;
}

/** What a machine was compared on. */
export interface Compared {
  frames: number;
  steps: number;
  bytes: number;
}

export interface Outcome {
  image: PlayedImage;
  tally: Tally;
  sequences: number;
  compared: Map<MachineName, Compared>;
  findings: Finding[];
}

/** How many frames each machine is to see. V8 sees as many as the one that sees most. */
export type Frames = Partial<Record<MachineName, number>>;

/** A batch: sequences one behind the other, and what V8 made of them. */
interface Batch {
  tape: Buffer;
  transcript: Buffer;
  frames: number;
  steps: number;
  /** Of its first sequence, and where each sequence begins in steps. */
  first: number;
  starts: number[];
}

/** Other machines than the real ones: the test's own. */
export type Prepare = (name: MachineName, wasm: string) => Machine;

/** Plays sequences of a seed on an image in V8 and has the machines play them too, until every one has its frames or differs. */
export async function campaign(
  image: PlayedImage,
  seed: number,
  frames: Frames,
  make: Prepare = prepare,
): Promise<Outcome> {
  const stage = new Stage(loadImage(image).module);
  const names = (Object.keys(frames) as MachineName[]).filter((name) => name !== "v8");
  const machines = new Map(names.map((name) => [name, make(name, imageFile(image))]));
  const compared = new Map(names.map((name) => [name, { frames: 0, steps: 0, bytes: 0 }]));
  const wanted = Math.max(0, ...Object.values(frames));
  const findings: Finding[] = [];
  let sequences = 0;
  let running: Promise<void> = Promise.resolve();
  while (stage.tally.frames < wanted && findings.length === 0) {
    // Machines that have enough frames get no more: their batches are small so that little is played in vain.
    const behind = names.filter((name) => compared.get(name)!.frames < frames[name]!);
    const nearest = Math.min(
      ...behind.map((name) => frames[name]! - compared.get(name)!.frames),
      Number.POSITIVE_INFINITY,
    );
    const batch = record(stage, image, seed, sequences, Math.min(nearest, wanted - stage.tally.frames + 1));
    sequences += batch.starts.length;
    await running;
    for (const name of behind) {
      const sum = compared.get(name)!;
      sum.frames += batch.frames;
      sum.steps += batch.steps;
      sum.bytes += batch.transcript.length;
    }
    // V8 plays the next batch meanwhile.
    running = all(behind, async (name) => {
      const finding = await judge(name, machines.get(name)!, image, batch);
      if (finding) findings.push(finding);
    });
  }
  await running;
  return { image, tally: stage.tally, sequences, compared, findings };
}

async function all<T>(list: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  await Promise.all(list.map(run));
}

/** @param most frames after which the batch ends, with its sequence */
function record(stage: Stage, image: PlayedImage, seed: number, first: number, most: number): Batch {
  const before = { frames: stage.tally.frames, calls: stage.tally.calls };
  const starts: number[] = [];
  while (stage.tape.bytes().length < BATCH_BYTES && stage.tally.frames - before.frames < most) {
    starts.push(stage.tally.calls - before.calls);
    play(stage, image, seed, first + starts.length - 1);
  }
  stage.tape.record(Op.END);
  const batch = {
    tape: Buffer.from(stage.tape.bytes()),
    transcript: Buffer.from(stage.transcript),
    frames: stage.tally.frames - before.frames,
    steps: stage.tally.calls - before.calls,
    first,
    starts,
  };
  stage.cut();
  return batch;
}

async function judge(
  name: MachineName,
  machine: Machine,
  image: PlayedImage,
  batch: Batch,
): Promise<Finding | undefined> {
  let got: Buffer;
  let stopped: string | undefined;
  try {
    got = await machine.run(batch.tape);
  } catch (error) {
    if (!(error instanceof MachineStopped)) throw error;
    got = error.transcript;
    stopped = error.reason;
  }
  const difference = compare(batch.tape, batch.transcript, got);
  if (!difference) return undefined;
  const within = batch.starts.filter((start) => start <= difference.step).length - 1;
  const tape = upTo(batch.tape, difference.step);
  return { machine: name, image, sequence: batch.first + within, stopped, difference, tape };
}

/** All images together. */
export function together(outcomes: readonly Outcome[]): Tally {
  const sum = new Tally();
  for (const { tally } of outcomes) sum.add(tally);
  return sum;
}
