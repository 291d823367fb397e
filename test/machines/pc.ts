import { join } from "node:path";
import { compile, NATIVE } from "./build.js";
import type { Machine } from "./machine.js";
import { play } from "./process.js";

const PACKAGES = ["gcc", "libc6-dev"];

/** This computer's processor. */
export function preparePc(wasm: string): Machine {
  const program = compile("pc", wasm, false, {
    gcc: "gcc",
    packages: PACKAGES,
    flags: ["-O2"],
    linkFlags: ["-lm"],
    sources: [join(NATIVE, "pc.c")],
  });
  return { run: (tape) => play("pc", program, [], PACKAGES, tape) };
}
