import { readFileSync } from "node:fs";
import { type Abi, controlSize } from "../proof/abi.js";
import { eachCall } from "../proof/calls.js";
import type { Recording } from "../proof/recordings.js";
import { Replay, replay } from "../proof/replay.js";
import { Code, signedLeb, type WasmFunction } from "../proof/wasm.js";
import { FREE, type Mutant, type Site, type Target } from "./mutants.js";
import { type Edit, FUEL, Rewriter } from "./rewrite.js";

/** More turns of loops than any tape takes. */
const PLENTY = 0x7fffffff;
/** A changed image may turn so much more often than the image itself, and this often besides. */
const FACTOR = 4;
const SLACK = 100_000;
/** Tapes on which the unchanged image is tried first. */
const CHECKED = 30;

/** How a change came out. `unreached`: no tape gets there. */
export type Verdict = "killed" | "survived" | "unreached";

/** A tape, and what the image does on it. */
interface Known {
  tape: Buffer;
  /** The digest after each call. */
  digests: Int32Array;
  /** Turns of loops. */
  turns: number;
  /** How many shorter tapes get to exactly the same places: tapes of rank 0 differ most. */
  rank: number;
}

function byLength(one: Known, other: Known): number {
  return one.tape.length - other.tape.length;
}

/** What a target does on its tapes, and which tapes get where. */
class Baseline {
  readonly known: Known[] = [];
  readonly rewriter: Rewriter;
  readonly control: number;
  private readonly reached = new Map<string, number[]>();

  constructor(
    readonly target: Target,
    { wasm, tapes }: Recording,
    sites: readonly Site[],
  ) {
    const shipped = new WebAssembly.Module(readFileSync(wasm));
    const { memory } = new WebAssembly.Instance(shipped).exports as unknown as Abi;
    this.control = controlSize(memory);
    this.rewriter = new Rewriter(target.wasm);
    const places = [...new Map(sites.map((site) => [placeOf(site), site])).values()];
    if (places.length > FREE.to - FREE.from)
      throw new Error(`${target.subject.name} has too many places to be changed`);
    const marks = new Map<WasmFunction, Edit[]>();
    for (const [i, { fn, edit }] of places.entries()) {
      const mark = { at: edit.at, end: edit.at, bytes: [...setByte(FREE.from + i)] };
      marks.set(fn, [...(marks.get(fn) ?? []), mark]);
    }
    const module = new WebAssembly.Module(this.rewriter.build(marks));
    const signatures: string[] = [];
    for (const path of tapes) {
      const tape = readFileSync(path);
      const { digest, known, flags } = this.play(module, tape);
      if (digest !== replay(shipped, tape)) throw new Error(`${path}: the image compiled anew answers otherwise`);
      for (const [i, site] of places.entries()) {
        if (flags[i] === 0) continue;
        const list = this.reached.get(placeOf(site)) ?? [];
        list.push(this.known.length);
        this.reached.set(placeOf(site), list);
      }
      this.known.push(known);
      signatures.push(Buffer.from(flags.subarray(0, places.length)).toString("latin1"));
    }
    this.rank(signatures);
    // An oracle that finds a difference where there is none would kill everything.
    const unchanged = new WebAssembly.Module(this.rewriter.build(new Map()));
    for (const known of [...this.known].sort(byLength).slice(0, CHECKED)) {
      if (differs(unchanged, known, this.control)) {
        throw new Error(`${target.subject.name}: an image that is not changed seems to answer otherwise`);
      }
    }
  }

  private rank(signatures: readonly string[]): void {
    const seen = new Map<string, number>();
    const order = this.known.map((known, i) => ({ known, signature: signatures[i] }));
    for (const { known, signature } of order.sort((one, other) => byLength(one.known, other.known))) {
      known.rank = seen.get(signature) ?? 0;
      seen.set(signature, known.rank + 1);
    }
  }

  private play(module: WebAssembly.Module, tape: Buffer): { digest: number; known: Known; flags: Uint8Array } {
    const { core, fuel } = start(module);
    fuel.value = PLENTY;
    const player = new Replay(core, this.control);
    const digests: number[] = [];
    eachCall(tape, (call, a, b, bytes) => {
      player.call(call, a, b, bytes);
      digests.push(player.digest);
      return true;
    });
    const known = { tape, digests: Int32Array.from(digests), turns: PLENTY - (fuel.value as number), rank: 0 };
    return { digest: player.digest >>> 0, known, flags: new Uint8Array(core.memory.buffer, FREE.from) };
  }

  /** The tapes that get to one of the places. */
  tapesTo(sites: readonly Site[]): Known[] {
    const indices = new Set(sites.flatMap((site) => this.reached.get(placeOf(site)) ?? []));
    return [...indices].map((i) => this.known[i]);
  }
}

/** Tells changed images from the image by what they answer. */
export class Oracle {
  private readonly baselines: Baseline[];

  /** @param mutants all that will be judged */
  constructor(targets: readonly Target[], recordings: readonly Recording[], mutants: readonly Mutant[]) {
    this.baselines = targets.map((target) => {
      const recording = recordings.find(({ subject }) => subject.name === target.subject.name);
      if (!recording) throw new Error(`no test runs the image ${target.subject.name}`);
      const sites = mutants.flatMap(({ sites }) => sites.filter((site) => site.target === target));
      return new Baseline(target, recording, sites);
    });
  }

  /**
   * Replays the tapes that reach the change until one is answered otherwise: such as differ first, short ones before long ones.
   * @param budget bytes of tapes at most
   */
  judge({ sites }: Mutant, budget: number): Verdict {
    const trials = this.baselines.flatMap((baseline) => {
      const own = sites.filter(({ target }) => target === baseline.target);
      return baseline.tapesTo(own).map((known) => ({ baseline, own, known }));
    });
    if (trials.length === 0) return "unreached";
    trials.sort((one, other) => one.known.rank - other.known.rank || byLength(one.known, other.known));
    const modules = new Map<Baseline, WebAssembly.Module>();
    let left = budget;
    for (const { baseline, own, known } of trials) {
      const module = modules.get(baseline) ?? new WebAssembly.Module(baseline.rewriter.build(editsOf(own)));
      modules.set(baseline, module);
      if (differs(module, known, baseline.control)) return "killed";
      left -= known.tape.length;
      if (left <= 0) break;
    }
    return "survived";
  }
}

function editsOf(sites: readonly Site[]): Map<WasmFunction, Edit[]> {
  const edits = new Map<WasmFunction, Edit[]>();
  for (const { fn, edit } of sites) edits.set(fn, [...(edits.get(fn) ?? []), edit]);
  return edits;
}

function placeOf({ fn, edit }: Site): string {
  return `${fn.index}:${edit.at}`;
}

/** `store<u8>(address, 1)`. */
function setByte(address: number): number[] {
  const [STORE8, ALIGN, OFFSET] = [0x3a, 0, 0];
  return [Code.I32_CONST, ...signedLeb(BigInt(address)), Code.I32_CONST, 1, STORE8, ALIGN, OFFSET];
}

function start(module: WebAssembly.Module): { core: Abi; fuel: { value: unknown } } {
  const exports = new WebAssembly.Instance(module).exports as unknown as Abi & Record<typeof FUEL, { value: unknown }>;
  return { core: exports, fuel: exports[FUEL] };
}

/** Does the changed image answer a call of the tape otherwise, trap, or not come to an end? */
function differs(module: WebAssembly.Module, { tape, digests, turns }: Known, control: number): boolean {
  let same = true;
  let i = 0;
  try {
    const { core, fuel } = start(module);
    fuel.value = Math.min(PLENTY, turns * FACTOR + SLACK);
    const player = new Replay(core, control);
    eachCall(tape, (call, a, b, bytes) => {
      player.call(call, a, b, bytes);
      same = player.digest === digests[i++];
      return same;
    });
  } catch (error) {
    // A trap, a stack that overflows, an answer that lies outside of the memory.
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) return true;
    throw error;
  }
  return !same;
}
