import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { growsMemory, scanImage } from "../../../scripts/scan-image.mjs";

const config = JSON.parse(readFileSync("asconfig.json", "utf8"));
const targets: [string, { outFile: string; maximumMemory: number }][] = Object.entries(config.targets);

test("asconfig has a target for every image, and only for images", () => {
  const images = readdirSync("assembly/images").map((file) => file.replace(/\.ts$/, ""));
  const named = new Set(targets.map(([name]) => name.replace(/-pc$/, "")));
  assert.deepEqual([...named].sort(), images.sort());
});

for (const [name, target] of targets) {
  test(`image ${name}: no imports, no memory.grow, one owner a door, within its pages`, async () => {
    const bytes = readFileSync(target.outFile);
    const scan = scanImage(bytes, { pages: name.endsWith("-pc") ? target.maximumMemory : 1 });
    assert.deepEqual(scan.faults, []);
    assert.equal(await growsMemory(bytes), false);
  });
}

test("the terminal stays within 96 kB of wasm, IPsec included", () => {
  assert.ok(readFileSync("build/images/terminal.wasm").length <= 96_000);
});

test("the scan finds an import and memory.grow", async () => {
  const { default: binaryen } = await import("binaryen");
  const parse = (text: string) => {
    const module = binaryen.parseText(text);
    const bytes = module.emitBinary();
    module.dispose();
    return bytes;
  };
  const abi = '(func (export "abi") (result i32) (i32.const 1))';
  const importing = parse(`(module (import "env" "now" (func)) (memory 1 1) ${abi})`);
  assert.match(scanImage(importing, { pages: 1 }).faults[0], /imports env\.now/);
  const growing = parse(`(module (memory 1 2) (func (export "g") (drop (memory.grow (i32.const 1)))) ${abi})`);
  assert.equal(await growsMemory(growing), true);
  const large = parse(`(module (memory 3 3) ${abi})`);
  assert.match(scanImage(large, { pages: 1 }).faults[0], /3 pages/);
  const conflict = parse('(module (memory 1 1) (func (export "abi") (result i32) (i32.const 0x80010087)))');
  assert.match(scanImage(conflict, { pages: 1 }).faults[0], /two roles own door 1, key 135/);
});
