import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { stripObjects } from "../../../scripts/strip-objects.mjs";

/** What an instance's memory holds at its start. */
async function memoryOf(text: string, strip: boolean): Promise<{ bytes: Uint8Array; size: number }> {
  const { default: binaryen } = await import("binaryen");
  const parsed = binaryen.parseText(text);
  const binary = parsed.emitBinary();
  parsed.dispose();
  const wasm = strip ? stripObjects(binary) : binary;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(wasm)));
  return { bytes: new Uint8Array((exports.memory as WebAssembly.Memory).buffer).slice(0, 4096), size: wasm.length };
}
const module = (data: string) => `(module (memory (export "memory") 1 1) ${data})`;

test("a function object loses its header and keeps its index", async () => {
  const object = '(data (i32.const 1024) "\\1c") (data (i32.const 1036) "\\04\\00\\00\\00\\08\\00\\00\\00\\07")';
  const before = await memoryOf(module(object), false);
  const after = await memoryOf(module(object), true);
  assert.equal(before.bytes[1044], 7);
  assert.equal(after.bytes[1044], 7);
  assert.deepEqual(
    [...after.bytes].filter((byte) => byte !== 0),
    [7],
  );
  assert.ok(after.size <= before.size - 10);
});

test("other data stays as it is", async () => {
  for (const data of [
    '(data (i32.const 64) "\\1c")',
    '(data (i32.const 64) "\\1c") (data (i32.const 80) "\\04\\00\\00\\00\\08\\00\\00\\00\\07")',
    '(data (i32.const 64) "\\1c") (data (i32.const 76) "\\04\\00\\00\\00\\09\\00\\00\\00\\07")',
    '(data (i32.const 64) "\\1c\\01") (data (i32.const 76) "\\04\\00\\00\\00\\08\\00\\00\\00\\07")',
    '(data (i32.const 64) "\\1c") (data (i32.const 76) "\\04\\00\\00\\00\\08")',
  ]) {
    assert.deepEqual((await memoryOf(module(data), true)).bytes, (await memoryOf(module(data), false)).bytes, data);
  }
});

test("every built image is stripped: again changes nothing", () => {
  const config = JSON.parse(readFileSync("asconfig.json", "utf8"));
  for (const [name, target] of Object.entries<{ outFile: string }>(config.targets)) {
    const wasm = readFileSync(target.outFile);
    assert.deepEqual(Buffer.from(stripObjects(wasm)), wasm, name);
  }
});
