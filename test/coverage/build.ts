import { join } from "node:path";
import { buildFolder, memoryPages, ROOT, run, translate } from "../bench/build.js";
import { compileNamed, type Subject } from "../proof/compile.js";

const RUNTIME = join(ROOT, "firmware/runtime");
const REPLAY = join(ROOT, "test/coverage/native/replay.c");
// Nothing is optimized: every function of the sources is one of the module, every branch one of the C.
const COMPILE = ["-O0"];
const NATIVE = [
  "-O0",
  "-w",
  "-DNDEBUG",
  "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0",
  "-DWASM_RT_USE_STACK_DEPTH_COUNT=0",
  "-fprofile-instr-generate",
  "-fcoverage-mapping",
];

/** A program that replays tapes and counts, and what tells where its parts come from. */
export interface Instrumented {
  program: string;
  /** The C that wasm2c made. */
  source: string;
  wasm: string;
  map: string;
}

export function instrument(subject: Subject): Instrumented {
  const folder = buildFolder("coverage", subject.name);
  const { wasm, map } = compileNamed(subject, folder, COMPILE);
  translate(wasm, folder);
  const program = join(folder, "replay");
  const source = join(folder, "image.c");
  const options = [...NATIVE, `-DRUNTIME_PAGES=${memoryPages(wasm)}`, `-I${folder}`, `-I${RUNTIME}`];
  run("clang", [...options, source, join(RUNTIME, "runtime.c"), REPLAY, "-o", program]);
  return { program, source, wasm, map };
}
