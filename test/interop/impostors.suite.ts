/**
 * Every impostor of docs/anycast-identifier.md §7 against live nodes, played by scapy from the document alone and without a key; the links are
 * those of lib/impostors-world.ts. After each attack the genuine answer arrives, or where an impostor was believed, the next one does.
 */
import assert from "node:assert/strict";
import { type Fate, ROWS } from "./lib/impostors-fates.js";
import { registrations } from "./lib/impostors-registration.js";
import { difference, Stage } from "./lib/impostors-stage.js";
import { CLIENTS, S } from "./lib/impostors-world.js";
import { pause, until } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";

type Mode = "plain" | "guarded" | "keyed";
let falsehoods = 0;

/** Headers that do not add up as options (RFC 8200 §4.2): a host does not get so far as to find an identifier in them. */
const UNREADABLE = [
  "data length 1 short",
  "data length 8 short",
  "data length 1 long, beyond its header",
  "data length 255",
];
const formAt = (host: "client" | "server", which: string): Fate =>
  UNREADABLE.includes(which) ? `${host} BAD_OPTION` : `${host} ANYCAST_FORM`;

async function run(bench: Bench): Promise<void> {
  const open = await Stage.set(bench, "open", false);
  for (const mode of ["plain", "keyed"] as const) {
    await table(bench, open, mode);
    await repeats(bench, open, mode);
  }
  await malformedAnswers(bench, open);
  await alterations(bench, open);
  await strange(bench, open, "authenticated");
  await echoes(bench, open);
  await flood(bench, open);
  await requests(bench, open);
  await open.end();

  const guarded = await Stage.set(bench, "guarded", true);
  await table(bench, guarded, "guarded");
  await repeats(bench, guarded, "guarded");
  await atTheBorder(bench, guarded);
  await strange(bench, guarded, "past a boundary router");
  await registrations(bench, guarded);
  await guarded.end();
}

const addressOf = (mode: Mode): string => (mode === "keyed" ? S.keyed : S.plain);

async function table(bench: Bench, stage: Stage, mode: Mode): Promise<void> {
  // An answer that impostors can have recorded.
  for (const client of [0, 1] as const) await stage.arrives(await stage.ask(addressOf(mode), client));
  for (const row of ROWS) {
    const fate = row[mode];
    if (!fate) continue;
    await bench.check(`${mode}: ${row.impostor}: ${fate}`, async () => {
      const question = await stage.ask(addressOf(mode), row.play.client ?? 0);
      await attack(stage, question, fate, "answer", row.play);
    });
  }
}

/** One false answer; then the genuine one, or where the false one was believed, the next. */
async function attack(
  stage: Stage,
  question: Awaited<ReturnType<Stage["ask"]>>,
  fate: Fate,
  name: string,
  more: object,
): Promise<void> {
  const data = `false ${falsehoods++}`;
  const before = await stage.drops();
  const packets = await stage.play(name, { ...more, data }, question);
  if (fate === "accepted") {
    await stage.accepted(question, data);
    await stage.arrives(await stage.ask(question.anycast, question.client));
    return;
  }
  await stage.counted(before, fate, packets);
  await stage.arrives(question);
  assert.deepEqual(stage.taken(question.client, data), []);
}

async function repeats(bench: Bench, stage: Stage, mode: Mode): Promise<void> {
  const anycast = addressOf(mode);
  await bench.check(`${mode}: on path, repeats a genuine answer to the same request: answered already`, async () => {
    const question = await stage.ask(anycast);
    await stage.arrives(question);
    const before = await stage.drops();
    await stage.play("repeat", { own: true }, question);
    await stage.counted(before, "client ANYCAST_UNASKED", 1);
    assert.equal(stage.taken(0, `answer to ${question.text}"`).length, 1);
  });
  await bench.check(`${mode}: on path, repeats a genuine answer to another request: other ports`, async () => {
    const question = await stage.ask(anycast);
    const before = await stage.drops();
    await stage.play("repeat", {}, question);
    await stage.counted(before, "client ANYCAST_UNASKED", 1);
    await stage.arrives(question);
  });
  const fate = mode === "keyed" ? "client ANYCAST_UNASKED" : "accepted";
  await bench.check(
    `${mode}: on path, repeats a genuine answer while another request of its ports waits: ${fate}`,
    async () => {
      const first = await stage.ask(anycast);
      await stage.arrives(first);
      const second = await stage.ask(anycast, 0, true);
      assert.equal(second.port, first.port);
      const before = await stage.drops();
      await stage.play("repeat", { own: true }, first);
      if (fate === "accepted") {
        await until("it is taken twice", () => stage.taken(0, `answer to ${first.text}"`).length === 2, 3000, 20);
      } else {
        await stage.counted(before, fate, 1);
        await stage.arrives(second);
      }
    },
  );
  await bench.check(`${mode}: off path, too late`, async () => {
    const question = await stage.ask(anycast);
    await stage.arrives(question);
    const before = await stage.drops();
    const data = `false ${falsehoods++}`;
    await stage.play("answer", { link: "free", source: "own", identifier: "plain", data }, question);
    await stage.counted(before, "client ANYCAST_UNASKED", 1);
    assert.deepEqual(stage.taken(0, data), []);
  });
}

async function malformedAnswers(bench: Bench, stage: Stage): Promise<void> {
  for (const [form, anycast] of Object.entries(S)) {
    for (const which of (await stage.names()).answers) {
      await bench.check(`malformed answer at the client, ${form}: ${which}`, async () => {
        const question = await stage.ask(anycast);
        await attack(stage, question, formAt("client", which), "malformed-answer", { link: "client", which });
      });
    }
  }
  await bench.check("an identifier in a datagram of fragments counts when they are together", async () => {
    const question = await stage.ask(S.plain);
    const data = `false ${falsehoods++}`;
    await stage.play("fragmented-answer", { link: "client", data }, question);
    await stage.accepted(question, data.repeat(4));
    await stage.arrives(await stage.ask(S.plain));
  });
  await bench.check("a first fragment that ends within the identifier is not believed (RFC 7112)", async () => {
    const question = await stage.ask(S.plain);
    const data = `false ${falsehoods++}`;
    await stage.play("fragmented-answer", { link: "client", data, first: "half" }, question);
    await pause(300);
    assert.deepEqual(stage.taken(0, data), []);
    await stage.arrives(question);
  });
}

/** A genuine authenticated answer that the impostor keeps from arriving: changed it is refused, as it was it is accepted. */
async function alterations(bench: Bench, stage: Stage): Promise<void> {
  const withhold = async () => {
    const question = await stage.ask(S.keyed);
    const data = await stage.withheld(() => stage.answer(question));
    assert.deepEqual(stage.taken(0, data), []);
    return { question, data };
  };
  const CHANGES = {
    source: "FORGED",
    payload: "FORGED",
    proof: "FORGED",
    "last of the proof": "FORGED",
    key: "KEY",
    nonce: "UNASKED",
    anycast: "UNASKED",
    port: "UNASKED",
  };
  for (const [change, reason] of Object.entries(CHANGES)) {
    await bench.check(`keyed: on path, a genuine answer with another ${change}: client ANYCAST_${reason}`, async () => {
      const { question, data } = await withhold();
      const before = await stage.drops();
      await stage.play("alter", { change, data: `false ${falsehoods++}` }, question);
      await stage.counted(before, `client ANYCAST_${reason}`, 1);
      assert.equal(stage.taken(0, "false").filter(({ at }) => at === question.port).length, 0);
      await stage.play("repeat", { own: true }, question);
      await stage.accepted(question, data);
    });
  }
  // Traffic class, flow label and hop limit change on the way and are not proven: bytes 0 to 3 and 7.
  for (const [name, play, more] of [
    ["each bit of the length and next header", "flips", { begin: 4, end: 7 }],
    ["each bit from the addresses to the end", "flips", { begin: 8, end: 9999 }],
    ["cut short at every length", "cuts", {}],
  ] as const) {
    await bench.check(`keyed: on path, a genuine answer with ${name} changed is never believed`, async () => {
      const { question, data } = await withhold();
      const packets = await stage.play(play, more, question);
      await pause(200);
      assert.deepEqual(
        stage.taken(0, "").filter(({ at }) => at === question.port),
        [],
      );
      await stage.play("repeat", { own: true }, question);
      await stage.accepted(question, data);
      return `${packets} packets`;
    });
  }
}

/** Ways round those who look: none gets an answer believed, whoever discards it. */
async function strange(bench: Bench, stage: Stage, where: "past a boundary router" | "authenticated"): Promise<void> {
  const [link, anycast] = where === "authenticated" ? ["client", S.keyed] : ["other", S.plain];
  for (const which of (await stage.names()).strange) {
    await bench.check(`${where}: ${which}: not believed`, async () => {
      const question = await stage.ask(anycast);
      const data = `false ${falsehoods++}`;
      const before = await stage.drops();
      await stage.play("strange-answer", { link, which, data }, question);
      await pause(150);
      const why = JSON.stringify(difference(before, await stage.drops()));
      assert.deepEqual(stage.taken(0, data), [], `${stage.sent.join(" ")} ${why}`);
      await stage.arrives(question);
      return why;
    });
  }
}

/** The same for Echo Requests, which the server's node answers itself. */
async function echoes(bench: Bench, stage: Stage): Promise<void> {
  const PING = ["ping", "-6", "-c", "1", "-W", "4"];
  for (const [form, source, identifier, fate] of [
    ["plain", "own", "none", "client ANYCAST_MISSING"],
    ["plain", "own", "plain", "accepted"],
    ["plain", "S", "none", "accepted"],
    ["keyed", "own", "none", "client ANYCAST_MISSING"],
    ["keyed", "S", "none", "client ANYCAST_MISSING"],
    ["keyed", "U", "plain", "client ANYCAST_MISSING"],
    ["keyed", "U", "guessed", "client ANYCAST_FORGED"],
  ] as const) {
    await bench.check(`${form}: an Echo Reply of ${source}, identifier ${identifier}: ${fate}`, async () => {
      const before = await stage.drops();
      const about = { anycast: S[form], client: 0, port: undefined, text: "" } as const;
      const ping = await stage.withheld(() => stage.world.clients[0].start([...PING, S[form]]));
      await stage.play("echo-answer", { source, identifier }, about);
      if (fate !== "accepted") {
        await stage.counted(before, fate, 1);
        assert.ok(ping.running, "the false answer was believed");
        await stage.play("repeat-echo", {}, about);
      }
      assert.equal(await ping.ended(5000), 0);
    });
  }
}

async function flood(bench: Bench, stage: Stage): Promise<void> {
  await bench.check("keyed: 3000 false answers, and the genuine one behind them", async () => {
    const question = await stage.ask(S.keyed);
    const data = `false ${falsehoods++}`;
    await stage.play("flood", { count: 3000, data }, question);
    await stage.arrives(question);
    assert.deepEqual(stage.taken(0, data), []);
  });
}

/** What the server believes. */
async function requests(bench: Bench, stage: Stage): Promise<void> {
  for (const which of (await stage.names()).requests) {
    await bench.check(`malformed request at the server: ${which}`, async () => {
      const data = `false ${falsehoods++}`;
      const before = await stage.drops();
      await stage.play("malformed-request", { which, data }, { anycast: S.keyed, client: 0, port: 0, text: "" });
      await stage.counted(before, formAt("server", which), 1);
      assert.deepEqual(stage.asked(S.keyed, data), []);
    });
  }
  const FORGED = {
    "form 1": "FORM",
    "form 2": "FORM",
    "key id": "KEY",
    "wrong key": "FORGED",
    "authenticator of another request": "FORGED",
    "another's": "FORGED",
  };
  for (const [how, reason] of Object.entries(FORGED)) {
    await bench.check(`false request at the server: ${how}: ANYCAST_${reason}`, async () => {
      const question = await stage.ask(S.keyed);
      const data = `false ${falsehoods++}`;
      const before = await stage.drops();
      await stage.play("forged-request", { how, data }, question);
      await stage.counted(before, `server ANYCAST_${reason}`, 1);
      assert.deepEqual(stage.asked(S.keyed, data), []);
      assert.equal(stage.asked(S.keyed, `"${question.text}"`).length, 1);
      await stage.arrives(question);
    });
  }
  for (const how of ["plain", "replayed"]) {
    await bench.check(`a ${how} request in the client's name takes its answer not away`, async () => {
      const question = await stage.ask(S.keyed);
      const data = `false ${falsehoods++}`;
      await stage.play("forged-request", { how, data }, question);
      await pause(100);
      await stage.arrives(question);
    });
  }
  await bench.check("a request with each bit of identifier and payload changed is not believed", async () => {
    const question = await stage.ask(S.keyed);
    // Not the option's type, at 42: an unknown one makes it a plain request.
    const packets =
      (await stage.play("request-flips", { begin: 40, end: 42 }, question)) +
      (await stage.play("request-flips", { begin: 43, end: 9999 }, question));
    await pause(200);
    assert.equal(stage.asked(S.keyed, "").filter(({ port }) => port === question.port).length, 1);
    await stage.arrives(question);
    return `${packets} packets`;
  });
}

/** What a boundary router makes of malformed options and of authenticators. */
async function atTheBorder(bench: Bench, stage: Stage): Promise<void> {
  for (const which of (await stage.names()).answers) {
    await bench.check(`malformed answer at the border, going out: ${which}`, async () => {
      const question = await stage.ask(S.plain);
      await attack(stage, question, "border ANYCAST_FORM", "malformed-answer", { link: "other", which });
    });
  }
  for (const [link, source] of [
    ["server", CLIENTS[0]],
    ["server", CLIENTS[1]],
    ["server", "2001:db8:77::1"],
    ["other", "2001:db8:a::77"],
    ["other", "2001:db8:e::bad"],
  ]) {
    await bench.check(`guarded: ingress: ${source} is not on link ${link}: border ANYCAST_SOURCE`, async () => {
      const question = await stage.ask(S.plain);
      await attack(stage, question, "border ANYCAST_SOURCE", "stray", { link, source });
    });
  }
  await bench.check("guarded: a forged authenticator from the server's own link: border ANYCAST_FORGED", async () => {
    await stage.arrives(await stage.ask(S.keyed));
    const question = await stage.ask(S.keyed);
    const play = { link: "server", source: "U", identifier: "guessed" };
    await attack(stage, question, "border ANYCAST_FORGED", "answer", play);
  });
  await bench.check("guarded: an identifier in fragments from inside: border ANYCAST_SERVER", async () => {
    const question = await stage.ask(S.plain);
    const data = `false ${falsehoods++}`;
    const before = await stage.drops();
    await stage.play("fragmented-answer", { link: "other", data }, question);
    await stage.counted(before, "border ANYCAST_SERVER", 1);
    await stage.arrives(question);
    assert.deepEqual(stage.taken(0, data), []);
  });
  await bench.check(
    "guarded: a first fragment that ends within the identifier does not get out (RFC 7112)",
    async () => {
      const question = await stage.ask(S.plain);
      const data = `false ${falsehoods++}`;
      const before = await stage.drops();
      await stage.play("fragmented-answer", { link: "other", data, first: "half" }, question);
      await pause(300);
      await stage.arrives(question);
      assert.deepEqual(stage.taken(0, data), []);
      return JSON.stringify(difference(before, await stage.drops()));
    },
  );
}

export const suite: Suite = {
  summary: "impostors of every kind against anycast clients, servers and boundary routers, plain and authenticated",
  needs: ["ip", "scapy", "python"],
  timeoutS: 400,
  run,
};
