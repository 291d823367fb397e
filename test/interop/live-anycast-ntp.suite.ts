/**
 * The time from an anycast address: an unmodified chronyd asks, another one answers, in the plain and in the authenticated mode, over the
 * links of lib/anycast-world.ts. No clock is set.
 */
import assert from "node:assert/strict";
import { AnycastNodes, applications, servedBy } from "./lib/anycast-nodes.js";
import { anycastWorld, CLIENT, S, U } from "./lib/anycast-world.js";
import { Capture } from "./lib/capture.js";
import { askTime, startTimeClient, startTimeServer } from "./lib/chrony.js";
import { until } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, fields } from "./lib/tshark.js";

/** Server and client read the same clock: more than that is not the way there and back. */
const MOST_WRONG_S = 0.05;

async function run(bench: Bench): Promise<void> {
  const world = await anycastWorld(bench);
  const nodes = new AnycastNodes(bench, world);
  const capture = await Capture.start(world.internet, "out", bench.file("out.pcap"), "ip6");
  const border = await nodes.startBorder();
  const server = await nodes.startServer("a");
  const client = await nodes.startClient();
  await applications(server, [S.plain, S.keyed, U.a]);
  await applications(client, [CLIENT]);
  await startTimeServer(bench, world.servers.a);
  for (const address of [S.plain, S.keyed]) await servedBy(border, address, U.a, 10_000);

  for (const [mode, address] of [
    ["plain", S.plain],
    ["authenticated", S.keyed],
  ] as const) {
    await bench.check(`chronyd -Q gets the time from the anycast address, ${mode}`, async () => {
      const offset = await askTime(bench, world.client, address, 15);
      assert.ok(offset !== undefined, "no answer");
      assert.ok(Math.abs(offset) < MOST_WRONG_S, `${offset} s`);
      return `offset ${offset} s`;
    });
  }
  await bench.check("chronyd that runs selects the anycast address, in both modes", async () => {
    const chronyc = await startTimeClient(bench, world.client, [S.plain, S.keyed]);
    const rows = async (): Promise<string[][]> => (await chronyc("sources")).split("\n").map((row) => row.split(","));
    const reached = async (): Promise<boolean> =>
      (await rows()).filter(([, state, address]) => ["*", "+"].includes(state) && address !== undefined).length === 2;
    await until("both sources selectable", reached, 20_000, 500);
    const selected = (await rows()).find(([, state]) => state === "*");
    const [, name, , , offset] = (await chronyc("tracking")).split(",");
    assert.equal(name, selected?.[2]);
    assert.ok(Math.abs(Number(offset)) < MOST_WRONG_S, `${offset} s`);
    return `${name} selected, offset ${offset} s`;
  });
  await bench.check("every answer came from the unicast address, with an identifier", async () => {
    await capture.stop();
    const rows = await fields(capture.file, ["ipv6.src", "ipv6.opt.experimental"], `ntp && ipv6.dst == ${CLIENT}`);
    const kinds = new Set(rows.map(([[src], [data]]) => `${src} ${data?.slice(0, 2)}`));
    assert.deepEqual([...kinds].sort(), [`${U.a} 11`, `${U.a} 12`]);
    return `${rows.length} answers, ${await assertClean(capture.file)} frames without a flaw`;
  });
  await bench.check("without our client chronyd refuses the answers: they come from the unicast address", async () => {
    assert.equal(await askTime(bench, world.stranger, S.plain, 5), undefined);
    assert.ok(
      (await askTime(bench, world.stranger, U.a, 15)) !== undefined,
      "the unicast address does not answer either",
    );
  });
}

export const suite: Suite = {
  summary: "chronyd asks chronyd at an anycast address, plain and authenticated: it selects that address",
  needs: ["ip", "chrony", "tcpdump", "tshark"],
  timeoutS: 120,
  run,
};
