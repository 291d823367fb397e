/** The firmware's main loop on Linux (boards/native): a host on a TAP whose other end is a Linux kernel that advertises a prefix. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { loadBoard } from "../../host-sim/boards/board.js";
import { buildFirmware } from "../../host-sim/boards/build.js";
import { boardConfiguration } from "../../host-sim/boards/configuration.js";
import { startRadvd } from "./lib/radvd.js";
import type { Bench, Suite } from "./lib/suite.js";

const PREFIX = "2001:db8:5:0";
const CONFIG = "image: host\napplication: false\nports:\n  eth: {}\n";
/** AddressState.PREFERRED */
const PREFERRED = "3";

/** The address of an event line `* ADDRESS state ms address …`. */
const addressOf = (line: string): string => line.split(" ")[4];

async function run(bench: Bench): Promise<void> {
  const config = bench.file("board.yaml");
  writeFileSync(config, CONFIG);
  const { bytes, hash } = buildFirmware(loadBoard("native"), "host", boardConfiguration(config, "host"));
  const program = bench.file("board");
  writeFileSync(program, bytes, { mode: 0o755 });
  const wall = await bench.lab.namespace("wall");
  await bench.lab.tap(wall, "tap0");
  await wall.sysctl({ "net.ipv6.conf.all.forwarding": 1 });
  await wall.address("tap0", `${PREFIX}::1/64`);
  await startRadvd(wall, bench.folder, [{ device: "tap0", prefixes: [{ prefix: `${PREFIX}::/64` }], maxInterval: 4 }]);
  const env = { SIXFOLD_PORTS: "tap0", SIXFOLD_FLASH: bench.file("flash") };
  let board = wall.start([program], env);

  await bench.check("its banner has the hash of the image", async () => {
    assert.equal(await board.line(/^sha256 /, 5000), `sha256 ${hash}`);
    await board.line(/^start 1, traps 0,/, 1000);
  });
  let address = "";
  await bench.check("it makes an address of the prefix that the kernel's router advertises", async () => {
    address = addressOf(await board.line(new RegExp(`^\\* ADDRESS ${PREFERRED} \\d+ ${PREFIX}:`), 15_000));
    return address;
  });
  await bench.check("the kernel pings that address, with 56 and with 1400 bytes", async () => {
    for (const size of ["56", "1400"]) {
      const text = await wall.must(["ping", "-6", "-c", "5", "-i", "0.05", "-W", "2", "-s", size, address]);
      assert.match(text, / 0% packet loss/);
    }
  });
  await bench.check("and its link-local address", async () => {
    const local = addressOf(await board.line(new RegExp(`^\\* ADDRESS ${PREFERRED} \\d+ fe80:`), 1000));
    await wall.must(["ping", "-6", "-c", "2", "-i", "0.05", "-W", "2", `${local}%tap0`]);
  });
  await bench.check("status counts the frames", async () => {
    const from = board.lines.length;
    board.write("status\n");
    const line = await board.line(/^port 0: up, /, 2000, from);
    assert.ok(Number(/received (\d+)/.exec(line)?.[1]) >= 12, line);
    await board.line(/^end of status/, 2000, from);
    return line;
  });
  await bench.check("after kill -9 it counts its second start and has the same address again", async () => {
    await board.stop("SIGKILL");
    board = wall.start([program], env);
    await board.line(/^start 2, traps 0,/, 5000);
    await board.line(new RegExp(`^\\* ADDRESS ${PREFERRED} \\d+ ${address} `), 15_000);
    await wall.must(["ping", "-6", "-c", "2", "-i", "0.05", "-W", "2", address]);
  });
  await board.stop();
}

export const suite: Suite = {
  summary: "boards/native on a TAP against the Linux kernel",
  needs: ["ip", "ping", "sysctl", "ethtool", "radvd", "gcc", "wasm2c"],
  timeoutS: 120,
  run,
};
