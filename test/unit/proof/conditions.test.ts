import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { leaks } from "../../constant-time/check.js";
import { conditionLines, functionLines } from "../../proof/conditions.js";
import { SourceMap } from "../../proof/source-map.js";

const folder = mkdtempSync(join(tmpdir(), "proof-"));
after(() => rmSync(folder, { recursive: true }));

/** As wasm2c writes. */
const C = `static u32 w2c_one(Z_image_instance_t*, u32);

static u32 w2c_one(Z_image_instance_t* instance, u32 w2c_n) {
  w2c_i0 = w2c_n;
  if (w2c_i0) {
    w2c_i0 = w2c_i2 ? w2c_i0 : w2c_i1;
  }
  if (w2c_i1) {goto w2c_B0;}
}

static void w2c_two(Z_image_instance_t* instance, u32 w2c_a,
    u32 w2c_b) {
  if (w2c_i0) {
  }
}
`;

test("functions and conditions are found in what wasm2c writes", () => {
  const file = join(folder, "image.c");
  writeFileSync(file, C);
  assert.deepEqual(functionLines(file), [3, 11]);
  assert.deepEqual(conditionLines(file, 3), [5, 6, 8]);
  assert.deepEqual(conditionLines(file, 11), [13]);
});

test("a source map tells the place of a byte", () => {
  const file = join(folder, "image.map");
  // Byte 4: line 3, column 2 of a.ts; byte 7: nowhere; byte 9: line 2, column 18 of b.ts.
  const map = { version: 3, sources: ["a.ts", "b.ts"], mappings: "IAEC,G,ECDgB" };
  writeFileSync(file, JSON.stringify(map));
  const places = new SourceMap(file);
  assert.equal(places.at(3, 0), null);
  assert.deepEqual(places.at(4, 0), { file: "a.ts", line: 3, column: 2 });
  assert.deepEqual(places.at(6, 0), { file: "a.ts", line: 3, column: 2 });
  assert.equal(places.at(6, 5), null, "what lies before the function does not count");
  assert.equal(places.at(8, 0), null);
  assert.deepEqual(places.at(9, 0), { file: "b.ts", line: 2, column: 18 });
});

/** As valgrind 3.19 writes, without what is not read. */
function error(kind: string, ...frames: [string, number][]): string {
  const stack = frames.map(([fn, line]) => `<frame><fn>${fn}</fn><file>image.c</file><line>${line}</line></frame>`);
  return `<error><kind>${kind}</kind><stack>${stack.join("")}</stack></error>`;
}

test("memcheck's errors are told apart: a jump of the code, an address that a load compares", () => {
  const xml = `<valgrindoutput>
    ${error("UninitCondition", ["w2c_compare", 12], ["main", 3])}
    ${error("UninitCondition", ["i32_load8_u", 5], ["w2c_table", 44], ["main", 3])}
    ${error("UninitValue", ["w2c_table", 45])}</valgrindoutput>`;
  assert.deepEqual(leaks(xml), [
    { kind: "jump", function: "compare", line: 12 },
    { kind: "address", function: "table", line: 44 },
    { kind: "address", function: "table", line: 45 },
  ]);
  assert.deepEqual(leaks("<valgrindoutput></valgrindoutput>"), []);
  assert.throws(() => leaks(error("InvalidRead", ["main", 1])), /memcheck reports InvalidRead/);
});
