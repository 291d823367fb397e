/**
 * Runs a tape of ABI calls (test/bench/tape.ts, recorded for instance with test/bench/recorder.ts) on an image on a machine:
 *
 *     const { steps } = await runTape("rp2040", imagePath("terminal"), tape, { costs: true });
 *     steps[i].records   what step i of the tape gave: frames, events, records to store, replies (transcript.ts)
 *     steps[i].cost      what its calls into the image cost: cycles (rp2040) or instructions (qemu-riscv)
 *
 * Frames and events come out with DRAIN. A cost is that of the image's own code with the call: for RX `rxBuffer` and `rx`, without
 * the copy of the frame into the buffer; for DRAIN `takeTx`, `txDone`, `takeEvent`, `takeStore` and `stored`.
 *
 * `prepare` compiles once (build/machines) and runs many tapes; each run starts the image anew.
 */
import type { Tape } from "../bench/tape.js";
import { preparePc } from "./pc.js";
import { prepareQemu } from "./qemu-riscv.js";
import { prepareRp2040 } from "./rp2040.js";
import { type StepOutput, steps } from "./transcript.js";
import { prepareV8 } from "./v8.js";

export const MACHINES = ["v8", "pc", "qemu-riscv", "rp2040"] as const;
/** V8 in this process; this computer's processor, a RISC-V (rv32imc) and a Cortex-M0+ through wasm2c and gcc. */
export type MachineName = (typeof MACHINES)[number];

export interface MachineOptions {
  /** Measure what steps cost: slower. `v8` and `pc` have no costs to tell. */
  costs?: boolean;
}

/** An image on a machine. */
export interface Machine {
  /** Starts the image, plays the tape (its encoding) and gives the transcript. Throws `MachineStopped`. */
  run(tape: Buffer): Promise<Buffer>;
}

const PREPARE: Record<MachineName, (wasm: string, costs: boolean) => Machine> = {
  v8: prepareV8,
  pc: preparePc,
  "qemu-riscv": prepareQemu,
  rp2040: prepareRp2040,
};

/** @param wasm path of an image. Throws `MissingTool` or `ToolFailed`. */
export function prepare(name: MachineName, wasm: string, { costs = false }: MachineOptions = {}): Machine {
  return PREPARE[name](wasm, costs);
}

/** Prepares and runs once. */
export async function runTape(
  name: MachineName,
  wasm: string,
  tape: Tape,
  options: MachineOptions = {},
): Promise<{ steps: StepOutput[]; transcript: Buffer }> {
  const transcript = await prepare(name, wasm, options).run(tape.encode());
  return { steps: steps(transcript), transcript };
}
