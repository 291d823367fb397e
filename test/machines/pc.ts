import { join } from "node:path";
import { compile, NATIVE } from "./build.js";
import type { Machine } from "./machine.js";
import { play } from "./process.js";

const PACKAGES = ["gcc", "libc6-dev"];

/** This computer's processor. It would read words anywhere; here they trap, so that many frames show that the core's are aligned. */
export function preparePc(wasm: string): Machine {
  const program = compile("pc", wasm, false, {
    gcc: "gcc",
    packages: PACKAGES,
    flags: ["-O2", "-DMEMORY_TRAP_UNALIGNED"],
    linkFlags: ["-lm"],
    sources: [join(NATIVE, "pc.c")],
  });
  return { run: (tape) => play("pc", program, [], PACKAGES, tape) };
}
