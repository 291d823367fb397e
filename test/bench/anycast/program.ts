// program.ts KIND: one subject in a process of its own (see ../program.ts), indexes are those of ANSWER_SIZES. An answer is accepted once only,
// so a batch of frames is measured again and again from one state; so are all others, that they may be compared.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { optimize } from "../../../scripts/optimize.mjs";
import { buildFolder, compileModule, imagePath } from "../build.js";
import { BURST, V8Subject } from "../v8.js";
import { asked, CLIENT_IMAGE, clientCases } from "./client.js";
import { BATCH, kinds } from "./kinds.js";
import { routerCases, routerImage, routerTape } from "./router.js";
import { ANSWER_SIZES, covered } from "./setting.js";

type Measure = (index: number, packets: number) => number;

function images(): Measure {
  const kind = kinds[process.argv[2]];
  if (!kind) throw new RangeError(`no kind is called ${process.argv[2]}`);
  const waiting = "client" in kind ? asked(kind.client, BATCH + BURST) : undefined;
  const wasm = "router" in kind ? routerImage(kind.router) : imagePath(CLIENT_IMAGE);
  const batches = ANSWER_SIZES.map((size) => {
    const cases = "router" in kind ? routerCases(kind.router, size) : clientCases(waiting!, kind.client, size);
    const subject = new V8Subject(wasm);
    subject.replay("router" in kind ? routerTape(kind.router) : waiting!.tape);
    subject.verify(cases.slice(-BURST), `${size} bytes`);
    return { subject, cases: cases.slice(0, BATCH) };
  });
  return (index, packets) => batches[index].subject.measureFromHere(batches[index].cases, packets / BATCH);
}

/** HMAC-SHA-256 under a key that is ready, of as many bytes as the authenticator covers. */
function hmac(): Measure {
  const wasm = join(buildFolder("bench/anycast"), "hmac.wasm");
  compileModule("test/bench/assembly/crypto.ts", wasm, 1, ["--shrinkLevel", "0", "--use", "PROFILE_PC=1"]);
  writeFileSync(wasm, optimize(readFileSync(wasm), 0));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(wasm)));
  const module = exports as unknown as { makeHmacReady(hash: number): void; hmacSha256(len: number): void };
  module.makeHmacReady(SHA256);
  return (index, packets) => {
    const start = process.cpuUsage();
    for (let i = 0; i < packets; i++) module.hmacSha256(covered(ANSWER_SIZES[index]));
    const { user, system } = process.cpuUsage(start);
    return (user + system) * 1000;
  };
}
/** Of assembly/crypto/hash.ts. */
const SHA256 = 2;

const measure = process.argv[2] === "hmac" ? hmac() : images();
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const [index, packets] = line.split(" ").map(Number);
  console.log(measure(index, packets));
}
