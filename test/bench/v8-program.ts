// v8-program.ts PATH WASM: a path through an image in V8, in a process of its own (see program.ts): where one process calls
// several instances, V8 gives up inlining the calls, and the floor would look slower than it is.
import { createInterface } from "node:readline";
import { SIZES } from "./path.js";
import { pathNamed } from "./paths/index.js";
import { BURST, V8Subject } from "./v8.js";

const [name, wasm] = process.argv.slice(2);
const path = pathNamed(name);
const subject = new V8Subject(wasm);
subject.replay(path.setup());
const cases = SIZES.map((size) => path.cases(size));
cases.forEach((list, i) => {
  if (list.length % BURST !== 0) throw new RangeError(`${list.length} cases are no whole bursts`);
  subject.verify(list, `${SIZES[i]} bytes`);
});
console.log("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const [index, packets] = line.split(" ").map(Number);
  console.log(subject.measure(cases[index], packets));
}
