import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { imageFile } from "../../../host-sim/core/image.js";
import { Code, Reader, signedLeb, unsignedLeb, Wasm } from "../../proof/wasm.js";

test("numbers are read as they are written", () => {
  fc.assert(
    fc.property(fc.nat(), (n) => {
      assert.equal(new Reader(Uint8Array.from(unsignedLeb(n))).unsigned(), n);
    }),
  );
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (n) => {
      assert.equal(new Reader(Uint8Array.from(signedLeb(n))).signed(), n);
    }),
  );
});

test("the instructions of an image cover every byte of its code", () => {
  const wasm = new Wasm(readFileSync(imageFile("host")));
  assert.ok(wasm.functions.length > 50);
  for (const fn of wasm.functions) {
    let at = fn.codeAt;
    for (const instruction of wasm.instructions(fn)) {
      assert.equal(instruction.at, at);
      at = instruction.end;
    }
    assert.equal(at, fn.end);
    assert.equal(wasm.bytes[at - 1], Code.END);
  }
  assert.equal(wasm.signatures().length, wasm.functions.length);
});

test("what is behind a branch that is always taken is not reached, until its block ends", () => {
  const { BLOCK, BR, NOP, END, RETURN } = Code;
  const body = [0, BLOCK, 0x40, NOP, BR, 0, NOP, END, NOP, RETURN, NOP, END];
  const code = [1, body.length, ...body];
  const wasm = new Wasm(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, code.length, ...code]));
  const nops = wasm.instructions(wasm.functions[0]).filter((instruction) => instruction.code === NOP);
  assert.deepEqual(
    nops.map(({ reachable }) => reachable),
    [true, false, true, false],
  );
});

test("a module that is cut short, or imports something, is refused", () => {
  assert.throws(() => new Wasm(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10)), /ends at byte 9/);
  assert.throws(() => new Wasm(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, 1, 0)), /imports/);
});
