/** Forged, replayed and disordered registration messages (docs/anycast-identifier.md §6) against the border and the server. */
import assert from "node:assert/strict";
import { difference, type Stage } from "./impostors-stage.js";
import { S } from "./impostors-world.js";
import { pause } from "./process.js";
import type { Bench } from "./suite.js";

/** Message, link, and who discards it. A message that is proven but old is answered to the server, which has not asked. */
const MESSAGES: [how: string, link: "server" | "other" | "free", fate: string][] = [
  ["replayed", "server", "server ANYCAST_REGISTRATION"],
  ["oldest", "server", "server ANYCAST_REGISTRATION"],
  ["from outside", "free", "border ANYCAST_REGISTRATION"],
  ["behind another port", "other", "border ANYCAST_SOURCE"],
  ["hop limit 65", "server", "border ANYCAST_REGISTRATION"],
  ["hop limit 1", "server", "server ANYCAST_REGISTRATION"],
  ["source port", "server", "border ANYCAST_REGISTRATION"],
  ["own address", "server", "border ANYCAST_FORGED"],
  ["forged", "server", "border ANYCAST_FORGED"],
  ["another number", "server", "border ANYCAST_FORGED"],
  ["taken away", "server", "border ANYCAST_FORGED"],
  ["longer lifetime", "server", "border ANYCAST_FORGED"],
  ["cheaper", "server", "border ANYCAST_FORGED"],
  ["another S", "server", "border ANYCAST_FORGED"],
  ["key id", "server", "border ANYCAST_KEY"],
  ["key id 0", "server", "border ANYCAST_KEY"],
  ["version 2", "server", "border ANYCAST_REGISTRATION"],
  ["type 3", "server", "border ANYCAST_REGISTRATION"],
  ["a reply", "server", "border ANYCAST_REGISTRATION"],
  ["63 bytes", "server", "border ANYCAST_REGISTRATION"],
  ["65 bytes", "server", "border ANYCAST_REGISTRATION"],
  ["no byte", "server", "border ANYCAST_REGISTRATION"],
];

export async function registrations(bench: Bench, stage: Stage): Promise<void> {
  for (const [how, link, fate] of MESSAGES) {
    await bench.check(`registration ${how}: ${fate}`, async () => {
      const before = await stage.drops();
      await stage.play("registration-message", { how, link });
      await stage.counted(before, fate, 1);
      await served(stage);
    });
  }
  for (const [how, reasons] of [
    ["replayed", ["REGISTRATION"]],
    ["forged", ["FORGED", "REGISTRATION"]],
    ["refused", ["FORGED", "REGISTRATION"]],
  ] as const) {
    await bench.check(`a reply to the server, ${how}, is discarded`, async () => {
      const before = await stage.drops();
      await stage.play("false-reply", { how });
      await pause(300);
      const [[counted, times], ...more] = Object.entries(difference(before, await stage.drops()));
      assert.ok(
        reasons.some((reason) => counted === `server ANYCAST_${reason}`),
        counted,
      );
      assert.deepEqual([times, more], [1, []]);
      await served(stage);
    });
  }
  await bench.check("a registration with each bit changed is discarded", async () => {
    const before = await stage.drops();
    const packets = await stage.play("register-flips");
    await pause(300);
    const counted = difference(before, await stage.drops());
    const names = ["border ANYCAST_FORGED", "border ANYCAST_KEY", "border ANYCAST_REGISTRATION"];
    assert.deepEqual(Object.keys(counted).sort(), names);
    assert.equal(
      Object.values(counted).reduce((sum, n) => sum + n),
      packets,
    );
    await served(stage);
    return JSON.stringify(counted);
  });
  await bench.check("a withdrawal is replayed after the server came back: it stays known", async () => {
    await stage.nodes.get("server")!.stop();
    await stage.start("server");
    await served(stage);
    const before = await stage.drops();
    await stage.play("withdrawal");
    await stage.counted(before, "server ANYCAST_REGISTRATION", 1);
    await served(stage);
  });
  for (const name of ["server", "border"] as const) {
    await bench.check(`the ${name} was killed and is back: no registration of before is accepted`, async () => {
      await stage.play("keep-registration");
      const node = stage.nodes.get(name)!;
      process.kill(node.process.pid, "SIGKILL");
      await node.process.ended(3000);
      await stage.start(name);
      await served(stage);
      for (const how of ["kept", "oldest"]) {
        const before = await stage.drops();
        await stage.play("registration-message", { how });
        await stage.counted(before, "server ANYCAST_REGISTRATION", 1);
        await served(stage);
      }
    });
  }
}

/** Requests still reach the server, answers the client. */
async function served(stage: Stage): Promise<void> {
  for (const anycast of Object.values(S)) await stage.arrives(await stage.ask(anycast));
}
