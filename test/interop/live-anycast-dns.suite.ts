/**
 * Names from an anycast address: an unmodified dig asks, an unmodified unbound answers, over the links of lib/anycast-world.ts. dig refuses
 * answers from another address than it asked: that it accepts them proves that it sees the anycast address.
 */
import assert from "node:assert/strict";
import type { DecodedEvent } from "../../host-sim/trace/events.js";
import { AnycastNodes, applications, LIFETIME_S, servedBy } from "./lib/anycast-nodes.js";
import { anycastWorld, CLIENT, S, STRANGER, startSiteB, U, U_ESP } from "./lib/anycast-world.js";
import { Capture } from "./lib/capture.js";
import type { Live } from "./lib/live.js";
import { until } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";
import { assertClean, count, fields, QUOTED } from "./lib/tshark.js";
import { type Answer, BIG, dig, startUnbound } from "./lib/unbound.js";

/** Version and form of the option, docs/anycast-identifier.md §2. */
const FORM = { plain: "11", authenticated: "12", request: "13" };
const MODES = [
  { mode: "plain", address: S.plain, asked: undefined, answered: FORM.plain },
  { mode: "authenticated", address: S.keyed, asked: FORM.request, answered: FORM.authenticated },
] as const;
/** What a server may take longer than its lifetime: timers, the restart of an echo, this machine. */
const GRACE_MS = 2000;

async function run(bench: Bench): Promise<void> {
  const world = await anycastWorld(bench);
  const nodes = new AnycastNodes(bench, world);
  const captures = {
    /** Between boundary router and internet. */
    out: await Capture.start(world.internet, "out", bench.file("out.pcap"), "ip6"),
    stranger: await Capture.start(world.stranger, "eth0", bench.file("stranger.pcap"), "ip6"),
  };
  await startSiteB(bench, world);
  let border = await nodes.startBorder();
  const servers = { a: await nodes.startServer("a"), b: await nodes.startServer("b") };
  const client = await nodes.startClient();
  await applications(servers.a, [S.plain, S.keyed, S.esp, U.a]);
  await applications(servers.b, [S.plain, S.keyed]);
  await applications(client, [CLIENT]);
  let unbound = await startUnbound(bench, world.servers.a, "a", [S.plain, S.keyed, S.esp, U.a]);
  await startUnbound(bench, world.servers.b, "b", [S.plain, S.keyed]);

  const asks = (address: string, name = "who", ...words: string[]): Promise<Answer> =>
    dig(world.client, address, name, ...words);
  const answers = async (address: string, who: string): Promise<void> => {
    const { from, texts, output } = await asks(address);
    assert.deepEqual([from, texts], [`${address}#53`, [who]], output);
  };

  await bench.check("both servers are known to the border, the cheaper one is the nearest", async () => {
    for (const { address } of MODES) await servedBy(border, address, U.a, 10_000);
  });
  await bench.check("dig without our client hears nothing: the answers come from the unicast address", async () => {
    const { exit, output } = await dig(world.stranger, S.plain, "who");
    assert.equal(exit, 9, output);
    const { texts } = await dig(world.stranger, U.a, "who");
    assert.deepEqual(texts, ["a"]);
    const came = await count(captures.stranger.file, `ipv6.src == ${U.a} && ipv6.dst == ${STRANGER} && ipv6.dstopts`);
    assert.ok(came > 0, "no answer with an identifier reached it");
    return `${came} answers refused`;
  });
  for (const { mode, address, asked, answered } of MODES) {
    await bench.check(`dig accepts an answer from the anycast address, ${mode}`, async () => {
      await answers(address, "a");
      const rows = await forms(captures.out.file, `udp.port == 53 && ipv6.addr == ${CLIENT}`);
      const at = rows.findLastIndex(({ dst }) => dst === address);
      assert.equal(rows[at]?.form, asked);
      assert.deepEqual(rows[at + 1], { src: U.a, dst: CLIENT, form: answered });
    });
    await bench.check(`an answer that needs fragments, ${mode}`, async () => {
      const pieces = (): Promise<number> =>
        count(captures.out.file, `ipv6.fraghdr && ipv6.src == ${U.a} && ipv6.dst == ${CLIENT}`);
      const before = await pieces();
      const { texts, size, output } = await asks(address, "big", "+bufsize=1600");
      assert.deepEqual(texts, [...BIG].sort(), output);
      const after = await pieces();
      assert.equal(after - before, 2);
      return `${size} bytes of DNS in ${after - before} fragments`;
    });
    await bench.check(`ping to the anycast address, ${mode}`, async () => {
      await world.client.must(["ping", "-6", "-c", "5", "-i", "0.2", "-W", "2", address]);
    });
  }
  await bench.check(
    "an answer that was truncated is asked for again over TCP, which the plain mode lets pass",
    async () => {
      const { texts, from, output } = await asks(S.plain, "big", "+noignore", "+bufsize=512");
      assert.deepEqual([from, texts], [`${S.plain}#53`, [...BIG].sort()], output);
      assert.match(output, /retrying in TCP|\(TCP\)/);
    },
  );
  await bench.check("an answer in ESP: nothing of it can be read on the way", async () => {
    await answers(S.esp, "a");
    const rows = await fields(
      captures.out.file,
      ["ipv6.src", "ipv6.dst", "esp.spi"],
      `ipv6.addr in {${S.esp}, ${U_ESP}}`,
    );
    const closed = rows.map(([[src], [dst], [spi]]) => [src, dst, spi !== undefined]);
    assert.deepEqual(closed, [
      [CLIENT, S.esp, true],
      [U_ESP, CLIENT, true],
    ]);
  });
  await bench.check(
    `the nearest server is killed: the other one answers within its lifetime + ${GRACE_MS} ms`,
    async () => {
      const begin = await kill(servers.a);
      const limit = LIFETIME_S * 1000 + GRACE_MS;
      // Each address has a registration of its own, and they end one after the other.
      for (const address of [S.plain, S.keyed]) {
        const other = async (): Promise<boolean> => (await asks(address, "who", "+time=1")).texts[0] === "b";
        await until("an answer of server b", other, begin + limit - Date.now(), 50);
      }
      const took = Date.now() - begin;
      assert.ok(took <= limit, `${took} ms`);
      return `${took} ms, lifetime ${LIFETIME_S} s`;
    },
  );
  const comeBack = async (): Promise<void> => {
    await unbound.stop();
    servers.a = await nodes.startServer("a", servers.a);
    await applications(servers.a, [S.plain, S.keyed]);
    unbound = await startUnbound(bench, world.servers.a, "a", [S.plain, S.keyed]);
    const own = async (): Promise<boolean> => (await asks(S.plain)).texts[0] === "a";
    await until("an answer of server a", own, 5000, 200);
    await answers(S.keyed, "a");
  };
  await bench.check("it comes back, and is the nearest again", comeBack);
  await bench.check("the nearest server is ended: it says so, and the other one answers at once", async () => {
    await servers.a.stop();
    await answers(S.plain, "b");
    await answers(S.keyed, "b");
    const told = ({ kindName, codeName, a }: DecodedEvent): boolean =>
      kindName === "ANYCAST_SERVER" && codeName === "removed" && a === U.a;
    assert.equal(border.events.filter(told).length, MODES.length);
  });
  await bench.check("it comes back once more", comeBack);
  await bench.check("the border is killed and started again: what it had stored serves at once", async () => {
    await kill(border);
    border = await nodes.startBorder(border);
    const begin = Date.now();
    await answers(S.plain, "a");
    const took = Date.now() - begin;
    await answers(S.keyed, "a");
    const restored = ({ kindName, codeName, a }: DecodedEvent): boolean =>
      kindName === "ANYCAST_SERVER" && codeName === "restored" && a === U.a;
    assert.equal(border.events.filter(restored).length, MODES.length);
    return `${took} ms after it was ready`;
  });
  await bench.check("nothing was refused that was genuine", async () => {
    for (const node of [client, border, servers.a, servers.b]) {
      const { drops } = await node.status();
      // A router that was away may answer a REGISTER after the next one was sent: that reply counts for nothing.
      const refused = Object.entries(drops).filter(([name]) => /^ANYCAST_(?!REGISTRATION)/.test(name));
      assert.deepEqual([node.name, refused], [node.name, []]);
    }
  });
  await bench.check("tshark finds no flaw in what was exchanged", async () => {
    let frames = 0;
    for (const capture of Object.values(captures)) frames += await assertClean(await capture.stop(), [QUOTED]);
    return `${frames} frames`;
  });
}

/** SIGKILL; when that was. */
async function kill(node: Live): Promise<number> {
  const when = Date.now();
  process.kill(node.process.pid, "SIGKILL");
  await node.process.ended(3000);
  return when;
}

/** Source, destination, and the form of the option, of each frame. */
async function forms(file: string, filter: string): Promise<{ src: string; dst: string; form?: string }[]> {
  const rows = await fields(file, ["ipv6.src", "ipv6.dst", "ipv6.opt.experimental"], filter);
  return rows.map(([[src], [dst], [data]]) => ({ src, dst, form: data?.slice(0, 2) }));
}

export const suite: Suite = {
  summary:
    "dig asks unbound at an anycast address: plain, authenticated, in fragments, in ESP; servers and routers that are killed",
  needs: ["ip", "ping", "dig", "unbound", "tcpdump", "tshark"],
  timeoutS: 180,
  run,
};
