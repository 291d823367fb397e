import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ROOMS, roomOf, violations } from "./rooms.js";

const SOURCE = /\.(ts|mjs|c|h|S)$/;
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => SOURCE.test(file));

test("every room sees only what it may", () => {
  const found = files.filter((file) => roomOf(file)).flatMap((file) => violations(file, readFileSync(file, "utf8")));
  assert.deepEqual(found, []);
});

test("source files lie in a room, or in test, scripts, or the root", () => {
  const homeless = files.filter((file) => !roomOf(file) && !/^(test|scripts)\//.test(file) && file.includes("/"));
  assert.deepEqual(
    homeless.filter((file) => file !== "assembly/env.d.ts"),
    [],
  );
});

/** One forbidden line a room, as somebody would write it. */
const PLANTED: Record<string, [file: string, line: string][]> = {
  "assembly/abi": [["port.ts", 'import { be16 } from "../base/bytes";']],
  "assembly/base": [["hash.ts", 'import { Ip6 } from "../wire/ip6";']],
  "assembly/wire": [["nd.ts", 'import { findRoute } from "../tables/routes";']],
  "assembly/crypto": [["gcm.ts", 'import { Ip6 } from "../wire/ip6";']],
  "assembly/tables": [["routes.ts", 'import { now } from "../engine/clock";']],
  "assembly/engine": [["rx.ts", 'import * as host from "../roles/host";']],
  "assembly/roles": [
    ["host/index.ts", 'import { attach } from "../router";'],
    ["host/ra.ts", 'import { renew } from "../mobile-node/register";'],
    ["router/index.ts", 'import "../../images/router";'],
  ],
  "assembly/images": [["host.ts", 'import { Ip6 } from "../wire/ip6";']],
  "host-sim/core": [
    ["core.ts", 'import { World } from "../sim/world.js";'],
    ["image.ts", 'import { Ip6 } from "../../assembly/wire/ip6.js";'],
    ["image.ts", 'import net from "node:net";'],
  ],
  "host-sim/trace": [["ladder.ts", 'import { Core } from "../core/core.js";']],
  "host-sim/sim": [
    ["world.ts", 'import { openTun } from "../live/tun.js";'],
    ["world.ts", 'import { readFileSync } from "node:fs";'],
  ],
  "host-sim/live": [["node.ts", 'import { World } from "../sim/world.js";']],
  "host-sim/boards": [["build.ts", 'import { openTun } from "../live/tun.js";']],
  "host-sim/cli": [["sim.ts", 'import { rx } from "../../assembly/engine/rx.js";']],
  "host-sim/scenarios": [["helper.ts", 'import { Core } from "../core/core.js";']],
  firmware: [["main.c", '#include "../boards/native/port.c"']],
  boards: [
    ["native/port.c", '#include "../../firmware/runtime/wasm2c.h"'],
    ["native/model.ts", 'import { Core } from "../../host-sim/core/core.js";'],
  ],
};

test("a forbidden import planted in each room is found", () => {
  assert.deepEqual(Object.keys(PLANTED).sort(), Object.keys(ROOMS).sort());
  for (const [room, plants] of Object.entries(PLANTED)) {
    for (const [file, line] of plants) {
      assert.equal(violations(`${room}/${file}`, `// planted\n${line}\n`).length, 1, `${room}/${file}: ${line}`);
    }
  }
});

test("what a room may see is not reported", () => {
  assert.deepEqual(
    violations("assembly/roles/host/ra.ts", 'import { Ip6 } from "../../wire/ip6";\nimport { x } from "./slaac";\n'),
    [],
  );
  assert.deepEqual(violations("host-sim/core/core.ts", 'import { Event } from "../../assembly/abi/event.js";\n'), []);
  assert.deepEqual(violations("boards/native/port.c", '#include "../../firmware/port.h"\n#include <stdio.h>\n'), []);
});
