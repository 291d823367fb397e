/** `npm run golden`: writes the golden captures anew and removes those that nothing makes. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { GOLDEN, goldenFile, goldenFiles } from "./captures.js";
import { difference } from "./difference.js";

for (const name of goldenFiles().filter((name) => !GOLDEN.has(name))) {
  rmSync(goldenFile(name));
  console.log(`${name}: removed`);
}
for (const [name, make] of GOLDEN) {
  const is = make();
  const file = goldenFile(name);
  const was = existsSync(file) ? readFileSync(file) : undefined;
  if (was && difference(name, was, is) === "") continue;
  writeFileSync(file, is);
  console.log(`${name}: written, ${is.length} bytes${was ? `; ${difference(name, was, is)}` : ""}`);
}
