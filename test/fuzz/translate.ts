import { readFileSync, writeFileSync } from "node:fs";
import { BuildError } from "../bench/build.js";

const LOADS: [RegExp, string] = [/^DEFINE_LOAD\(/m, '#include "access.h"\n$&'];
const FILL: [RegExp, string] = [/memset\(mem->data \+ d, val, n\);/, "if (n) under_test_written(d, n);\n  $&"];
const COPY: [RegExp, string] = [
  /memmove\(dest->data \+ dest_addr, src->data \+ src_addr, n\);/,
  "if (n) under_test_written(dest_addr, n);\n  $&",
];

/**
 * Gives the C that wasm2c made of a module the loads, stores and loops of native/access.h.
 * @param source path of image.c; wasm2c jumps to its labels `w2c_L…` only to repeat a loop
 */
export function translateUnderTest(source: string): void {
  let text = readFileSync(source, "utf8").replace(/^DEFINE_\w+\(f\d\d_.*\n/gm, ""); // images have no floating-point numbers
  for (const [what, by] of [LOADS, FILL, COPY]) {
    if (!what.test(text)) throw new BuildError(`wasm2c wrote nothing like ${what}: is it wabt 1.0.32?`);
    text = text.replace(what, by);
  }
  writeFileSync(source, text.replace(/goto (w2c_L\d+);/g, "AGAIN($1);"));
}
