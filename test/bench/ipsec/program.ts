// program.ts plain | esp | bare: a terminal's tunnel in V8, in a process of its own (see ../program.ts). Indexes count the sizes on the way in, then
// those on the way out. Numbers of ESP are taken once only, so a batch of frames is measured again and again from one state.
import { createInterface } from "node:readline";
import type { Case } from "../tape.js";
import { BURST, V8Subject } from "../v8.js";
import { IPSEC_SIZES } from "./sizes.js";
import { imageWithoutAlgorithm, inbound, inboundBare, outbound, registered } from "./terminal.js";

const BATCH = 64 * BURST;
const kind = process.argv[2];
const terminal = registered(kind !== "plain");
const wasm = kind === "bare" ? imageWithoutAlgorithm() : terminal.wasm;

function cases(way: number, size: number, count: number, first: number): Case[] {
  if (kind === "bare") return inboundBare(terminal, size, count, first);
  return [inbound, outbound][way](terminal, size, count, kind === "esp" ? BigInt(first) : undefined);
}
const batches = (kind === "bare" ? [0] : [0, 1]).flatMap((way) =>
  IPSEC_SIZES.map((size) => {
    const subject = new V8Subject(wasm);
    subject.replay(terminal.tape);
    subject.verify(cases(way, size, BURST, 1), `${size} bytes`);
    return { subject, cases: cases(way, size, BATCH, 1 + BURST) };
  }),
);
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const [index, packets] = line.split(" ").map(Number);
  const { subject, cases } = batches[index];
  console.log(subject.measureFromHere(cases, packets / BATCH));
}
