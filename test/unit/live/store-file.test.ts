import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { SetupError } from "../../../host-sim/live/libc.js";
import { StoreFile } from "../../../host-sim/live/store-file.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-store-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = (): string => join(folder, `${files++}.store`);
const synced = (store: StoreFile): Promise<void> =>
  new Promise((resolve, reject) => store.sync((error) => (error ? reject(error) : resolve())));

const puts = fc.array(fc.tuple(fc.nat(5), fc.uint8Array({ maxLength: 40 })), { maxLength: 20 });

function replay(list: [number, Uint8Array][]): Map<number, string> {
  const model = new Map<number, string>();
  for (const [id, bytes] of list) {
    if (bytes.length === 0) model.delete(id);
    else model.set(id, Buffer.from(bytes).toString("hex"));
  }
  return model;
}

function contents(path: string): Map<number, string> {
  const store = StoreFile.open(path);
  const found = new Map([...store.records].map(([id, bytes]) => [id, Buffer.from(bytes).toString("hex")]));
  store.close();
  return found;
}

test("a file cut off anywhere holds a prefix of what was put, and takes more", () => {
  fc.assert(
    fc.property(puts, fc.double({ min: 0, max: 1, noNaN: true }), (list, part) => {
      const path = fresh();
      const store = StoreFile.open(path);
      for (const [id, bytes] of list) store.put(id, bytes);
      store.close();
      const log = readFileSync(path);
      const cut = Math.floor(log.length * part);
      writeFileSync(path, log.subarray(0, cut));
      const prefixes = list.map((_, i) => replay(list.slice(0, i + 1)));
      assert.ok(
        [new Map(), ...prefixes].some((model) => {
          try {
            assert.deepEqual(contents(path), model);
            return true;
          } catch {
            return false;
          }
        }),
      );
      const again = StoreFile.open(path);
      again.put(99, Uint8Array.of(1));
      again.close();
      assert.equal(contents(path).get(99), "01");
    }),
    { numRuns: 60 },
  );
});

test("a whole file holds everything; a flipped bit ends it there", () => {
  fc.assert(
    fc.property(puts, fc.nat(), (list, where) => {
      const path = fresh();
      const store = StoreFile.open(path);
      for (const [id, bytes] of list) store.put(id, bytes);
      store.close();
      assert.deepEqual(contents(path), replay(list));
      const log = readFileSync(path);
      if (log.length === 8) return;
      log[8 + (where % (log.length - 8))] ^= 1;
      writeFileSync(path, log);
      const models = list.map((_, i) => JSON.stringify([...replay(list.slice(0, i))]));
      assert.ok(models.includes(JSON.stringify([...contents(path)])));
    }),
    { numRuns: 60 },
  );
});

test("the file is compacted: it stays small however often a record is renewed", async () => {
  const path = fresh();
  const store = StoreFile.open(path);
  const record = Buffer.alloc(100, 7);
  for (let i = 0; i < 3000; i++) {
    record.writeUInt32LE(i);
    store.put(1, record);
    if (i % 100 === 0) await synced(store);
  }
  await synced(store);
  store.close();
  assert.ok(statSync(path).size < 100_000);
  assert.equal(contents(path).get(1), record.toString("hex"));
});

test("a file that is something else is refused", () => {
  const path = fresh();
  writeFileSync(path, "#!/bin/sh\necho no\n");
  assert.throws(() => StoreFile.open(path), SetupError);
  assert.equal(readFileSync(path, "utf8"), "#!/bin/sh\necho no\n");
});
