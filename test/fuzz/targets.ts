// What can be fuzzed: `npm run fuzz -- --list`. To add a target: docs/fuzzing.md.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildFolder } from "../bench/build.js";
import { compileSubject, linkFuzzer, linkNative, type Subject, type SubjectName, WITHOUT_CONSTANTS } from "./build.js";
import { NATIVE } from "./firmware.js";
import { encodeInput, seeds } from "./inputs.js";
import { PARSERS } from "./parsers.js";
import { sequences, templates } from "./sequences.js";
import { type State, setups } from "./setups.js";

/** A fuzzer that is built and can be run. */
export interface Fuzzer {
  program: string;
  env: Record<string, string>;
}

export interface Target {
  name: string;
  /** One line for --list. */
  about: string;
  kind: "receive" | "parser" | "sequence" | "native";
  campaign: { longest: number; counters: boolean };
  /** @param broken for the self-test of a sequence target: its image with a planted error */
  build(broken?: Subject): Promise<Fuzzer>;
  /** Writes valid inputs into build/fuzz/seeds/NAME and gives that folder, once the target is built. */
  seeds(): Promise<string>;
}

/** Three frames of the largest size. */
const RECEIVE_LONGEST = 4700;

/** A tape for the harness of an image that is brought to a state. */
async function record(name: string): Promise<{ state: State; tape: string; subject: SubjectName }> {
  const { image, setup } = setups[name];
  const state = setup((await compileSubject(image)).wasm);
  const tape = join(buildFolder("fuzz", "setups"), `${name}.tape`);
  state.tape.write(tape);
  return { state, tape, subject: image };
}

function receive(name: string): Target {
  const target = `rx-${name}`;
  return {
    name: target,
    about: `the receive path: ${setups[name].about}`,
    kind: "receive",
    campaign: { longest: RECEIVE_LONGEST, counters: true },
    async build() {
      const { tape, subject } = await record(name);
      const program = await linkFuzzer(await compileSubject(subject), target, ["receive.c"]);
      return { program, env: { FUZZ_SETUP: tape } };
    },
    async seeds() {
      const { state } = await record(name);
      return seedFolder(target, frameSeeds(state));
    },
  };
}

const SEQUENCE = ["sequence.c", "peers.c", "mutate.c"];
/** Long enough for two dozen steps with frames of usual size. */
const SEQUENCE_LONGEST = 2500;

/** @param name of the target behind `seq-`, and of its setup */
function sequence(name: string, setup: keyof typeof setups): Target {
  const target = `seq-${name}`;
  return {
    name: target,
    about: `sequences with time, carrier, configuration, power cuts: ${setups[setup].about}`,
    kind: "sequence",
    campaign: { longest: SEQUENCE_LONGEST, counters: true },
    async build(broken) {
      const { tape, state, subject } = await record(setup);
      const program = await linkFuzzer(broken ?? (await compileSubject(subject)), target, SEQUENCE, [
        WITHOUT_CONSTANTS,
      ]);
      const steps = join(buildFolder("fuzz", "templates"), name);
      writeFileSync(steps, templates(state));
      return { program, env: { FUZZ_SETUP: tape, FUZZ_TEMPLATES: steps } };
    },
    async seeds() {
      return seedFolder(target, sequences((await record(setup)).state));
    },
  };
}

function frameSeeds({ own, awaited, more = {} }: State): Record<string, Uint8Array> {
  const inputs = seeds(own);
  for (const [name, list] of Object.entries(more)) inputs[name] = encodeInput(list);
  if (awaited) inputs.awaited = encodeInput([{ port: 0, frame: awaited, tick: true }]);
  return inputs;
}

function seedFolder(target: string, inputs: Record<string, Uint8Array>): string {
  const folder = buildFolder("fuzz", "seeds", target);
  for (const [name, input] of Object.entries(inputs)) writeFileSync(join(folder, name), input);
  return folder;
}

const parsers = PARSERS.map(({ name, subject, setup, defines, about, longest, inputs }): Target => {
  return {
    name,
    about,
    kind: "parser",
    campaign: { longest, counters: false },
    async build() {
      const env = setup ? { FUZZ_SETUP: (await record(setup)).tape } : {};
      const program = await linkFuzzer(
        await compileSubject(subject),
        name,
        ["parse.c"],
        [...defines, WITHOUT_CONSTANTS],
      );
      return { program, env: env as Record<string, string> };
    },
    async seeds() {
      return seedFolder(name, inputs);
    },
  };
});

const firmware = NATIVE.map(({ name, about, sources, defines, longest, inputs }): Target => {
  return {
    name,
    about,
    kind: "native",
    campaign: { longest, counters: true },
    async build() {
      return { program: await linkNative(name, sources, defines), env: {} };
    },
    async seeds() {
      return seedFolder(name, inputs);
    },
  };
});

export const TARGETS: Target[] = [
  sequence("terminal", "terminal"),
  sequence("home-agent", "home-agent-bound"),
  sequence("router", "router"),
  sequence("host", "host"),
  sequence("correspondent", "correspondent"),
  sequence("optimizing", "terminal-optimizing"),
  sequence("anycast-client", "anycast-client"),
  sequence("anycast-server", "anycast-server"),
  sequence("boundary-router", "boundary-router"),
  ...Object.keys(setups).map(receive),
  ...firmware,
  ...parsers,
];
