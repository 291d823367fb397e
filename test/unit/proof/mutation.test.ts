import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { imageFile } from "../../../host-sim/core/image.js";
import { ROOT } from "../../../host-sim/core/root.js";
import { equivalents } from "../../mutation/equivalents.js";
import { Operators } from "../../mutation/operators.js";
import { type Edit, Rewriter } from "../../mutation/rewrite.js";
import { sample } from "../../mutation/sample.js";
import { Code, Wasm, type WasmFunction } from "../../proof/wasm.js";

const wasm = new Wasm(readFileSync(imageFile("host")));
const rewriter = new Rewriter(wasm);

test("a sample has what was asked for, in order, and is the same for a seed", () => {
  const list = Array.from({ length: 200 }, (_, i) => i);
  fc.assert(
    fc.property(fc.nat(250), fc.nat(), (count, seed) => {
      const drawn = sample(list, count, seed);
      assert.equal(drawn.length, Math.min(count, list.length));
      assert.deepEqual(
        drawn,
        [...new Set(drawn)].sort((one, other) => one - other),
      );
      assert.deepEqual(drawn, sample(list, count, seed));
    }),
  );
  assert.notDeepEqual(sample(list, 20, 1), sample(list, 20, 2));
});

test("every change of an image is a module, and another one", () => {
  const operators = new Operators(wasm);
  const plain = Buffer.from(rewriter.build(new Map()));
  let tried = 0;
  for (const fn of wasm.functions) {
    const list = wasm.instructions(fn).filter(({ reachable }) => reachable);
    for (const [i, instruction] of list.entries()) {
      // Each is compiled by V8, so some will do: every kind of instruction is among them.
      if (i % 41 !== 0) continue;
      for (const { name, edit } of operators.changes(instruction, list[i - 1], false)) {
        const changed = rewriter.build(new Map([[fn, [edit]]]));
        assert.ok(WebAssembly.Module.exports(new WebAssembly.Module(changed)).length > 0, name);
        assert.ok(!plain.equals(changed), name);
        tried++;
      }
    }
  }
  assert.ok(tried > 100, `${tried} changes`);
});

test("a loop without end ends by its budget", () => {
  const { LOOP, BR, END } = Code;
  const body = [0, LOOP, 0x40, BR, 0, END, END];
  const bytes = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0];
  const endless = new Rewriter(new Wasm(Uint8Array.from([...bytes, 10, body.length + 2, 1, body.length, ...body])));
  const module = new WebAssembly.Module(endless.build(new Map()));
  const { f, fuel } = new WebAssembly.Instance(module).exports as { f(): void; fuel: { value: number } };
  fuel.value = 1000;
  assert.throws(f, WebAssembly.RuntimeError);
  assert.equal(fuel.value, 0);
});

test("changes that overlap are refused", () => {
  const [fn] = wasm.functions;
  const [first] = wasm.instructions(fn);
  const edit: Edit = { at: first.at, end: first.end, bytes: [Code.NOP] };
  const twice = new Map<WasmFunction, Edit[]>([[fn, [edit, edit]]]);
  assert.throws(() => rewriter.build(twice), /overlap/);
});

test("every change that is named equivalent is of a line that is there, and says why", () => {
  for (const { file, line, change, reason } of equivalents) {
    const lines = readFileSync(join(ROOT, file), "utf8").split("\n");
    assert.ok(
      lines.some((text) => text.trim() === line),
      `${file}: ${line}`,
    );
    assert.match(change, / becomes |^nothing is stored$|^the /);
    assert.ok(reason.length > 20, `${file}: ${line}`);
  }
});
