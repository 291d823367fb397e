import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { compileHarness } from "./compile.js";

const program = compileHarness("terminal-script.c", ["../boards/rp2040-w5500/terminal.c"], {});
const [UART, USB] = [0, 1];
const RING = 8192;
const LOST = "(lines lost)";

/** What each line took, in lines of text; the last one of each may be cut. */
function run(script: string[]): [uart: string[], usb: string[]] {
  const { status, stdout, stderr } = spawnSync(program, { input: script.join("\n"), encoding: "latin1" });
  assert.equal(status, 0, stderr);
  const [uart, usb] = stdout.split("\0").map((text) => text.split("\n").slice(0, -1));
  return [uart, usb];
}
const takeAll = (line: number) => Array(2 * RING).fill(`take ${line} 1`);
const write = (i: number, length: number) => `write ${i} ${length}`;
const numbers = (lines: string[]) => lines.filter((line) => /^\d+$/.test(line)).map(Number);

test("a slow line is told whole lines in order, and where there are gaps", () => {
  const step = fc.record({ length: fc.integer({ min: 5, max: 200 }), take: fc.nat(150) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 100, maxLength: 400 }), (steps) => {
      const script = steps.flatMap(({ length, take }, i) => [
        write(i, length),
        ...(take ? [`take ${UART} ${take}`] : []),
      ]);
      const [uart] = run([`open ${UART} 1`, ...script, ...takeAll(UART), write(9999, 10), ...takeAll(UART)]);
      let expected = 0;
      for (const line of uart) {
        if (line === LOST) expected = Number.NaN;
        else {
          const number = Number(line);
          assert.equal(line.length, number === 9999 ? 10 : steps[number].length, "a whole line");
          if (number !== 9999) {
            assert.ok(Number.isNaN(expected) ? number > 0 : number === expected, `${number} comes for ${expected}`);
            expected = number + 1;
          }
        }
      }
      assert.equal(uart.at(-1), "9".padStart(7, "0").slice(0, 6).concat("9999"));
    }),
    { numRuns: 30 },
  );
});

test("a host that comes late is told the last 8 KiB, from where a line begins", () => {
  const written = Array.from({ length: 300 }, (_, i) => [write(i, 99), `take ${UART} 100`]).flat();
  const [uart, usb] = run([`open ${UART} 1`, ...written, `open ${USB} 1`, ...takeAll(USB)]);
  assert.deepEqual(
    numbers(uart),
    Array.from({ length: 300 }, (_, i) => i),
  );
  const heard = numbers(usb);
  assert.equal(heard.at(-1), 299);
  assert.equal(heard.length, Math.floor((RING - 1) / 100));
  assert.equal(usb.length, heard.length, "nothing else");
  assert.deepEqual(
    heard,
    heard.map((_, i) => heard[0] + i),
  );
});

test("a fast line loses nothing to a slow one, which goes on where a line begins; a line that stands still stops nobody", () => {
  const lines = Array.from({ length: 500 }, (_, i) => i);
  const fast = lines.flatMap((i) => [write(i, 63), `take ${UART} 3`, `take ${USB} 63`, `take ${USB} 63`]);
  const [uart, usb] = run([`open ${UART} 1`, `open ${USB} 1`, ...fast, ...takeAll(UART)]);
  assert.deepEqual(numbers(usb), lines);
  assert.ok(!usb.includes(LOST));
  const whole = uart.filter((line) => line.length === 63).map(Number);
  assert.ok(whole.length > 100);
  assert.deepEqual(
    whole,
    [...new Set(whole)].sort((a, b) => a - b),
  );
  assert.equal(whole.at(-1), 499);
  const stopped = lines.flatMap((i) => [write(i, 63), `take ${UART} 64`]);
  assert.deepEqual(numbers(run([`open ${UART} 1`, `open ${USB} 1`, ...stopped])[UART]), lines);
});
