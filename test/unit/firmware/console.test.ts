import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { SocketAddress } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { compileHarness } from "./compile.js";

const program = compileHarness("console-script.c", ["console.c"], {});

function says(lines: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(program, { input: `${lines.join("\n")}\n`, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stdout.trimEnd().split("\n");
}

test("addresses are said as the system writes them", () => {
  const group = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { arbitrary: fc.integer({ min: 1, max: 0xffff }), weight: 2 },
  );
  // The first group is there, so that none is an IPv4 address in IPv6.
  const address = fc.tuple(fc.integer({ min: 1, max: 0xffff }), fc.array(group, { minLength: 7, maxLength: 7 }));
  fc.assert(
    fc.property(fc.array(address, { minLength: 50, maxLength: 50 }), (addresses) => {
      const groups = addresses.map(([first, rest]) => [first, ...rest].map((one) => one.toString(16)));
      assert.deepEqual(
        says(groups.map((one) => one.map((digits) => digits.padStart(4, "0")).join(""))),
        groups.map((one) => new SocketAddress({ address: one.join(":"), family: "ipv6" }).address),
      );
    }),
    { numRuns: 20 },
  );
  assert.deepEqual(says(["0".repeat(32), `${"0".repeat(31)}1`]), ["::", "::1"]);
});

test("a line that is too long is cut off, and the next one is whole", () => {
  const [long, next] = says(["z".repeat(2000), "next"]);
  assert.match(long, /^z{352}$/);
  assert.equal(next, "next");
});
