/** Random Binding Updates, conflicts, waits, slow disks and restarts: the home agent against its plain reference. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ReferenceAgent } from "../../reference/home-agent.js";
import { Agent, COA, COA2, home } from "./home-agent-bench.js";
import { neighbourAdvertisement, update } from "./home-agent-frames.js";

const LISTED = [home(1), home(2), home(3)];
const UNLISTED = "2001:db8:1::2:1";
const FOREIGN = "2001:db8:77::1";
const CARE_OF = [COA, COA2, "2001:db8:4::9"];
const LONGEST = 6;

const updates = fc.record({
  kind: fc.constant("update" as const),
  home: fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...LISTED) },
    { weight: 1, arbitrary: fc.constantFrom(UNLISTED, FOREIGN) },
  ),
  source: fc.constantFrom(...CARE_OF),
  alternate: fc.option(fc.constantFrom(...CARE_OF, "home"), { nil: undefined, freq: 4 }),
  option: fc.boolean(),
  /** Added to the last sequence number that was tried for the home address. */
  ahead: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 3, arbitrary: fc.integer({ min: -3, max: 0 }) },
    { weight: 1, arbitrary: fc.constantFrom(32767, 32768, 32769, -32767) },
  ),
  lifetime: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) },
    { weight: 1, arbitrary: fc.constant(0) },
  ),
  flags: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0xc0) },
    { weight: 1, arbitrary: fc.constantFrom(0x40, 0x80, 0, 0xf0, 0xff) },
  ),
});
const operations = fc.oneof(
  { weight: 12, arbitrary: updates },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("again" as const), which: fc.nat(1000) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 9000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("conflict" as const), home: fc.constantFrom(...LISTED) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("disk" as const), fast: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("reboot" as const) }) },
);
type Operation = typeof operations extends fc.Arbitrary<infer T> ? T : never;

function run(dad: boolean, steps: Operation[]): void {
  const agent = new Agent({ homes: LISTED.length, dad, lifetime4s: LONGEST, trace: 0 });
  for (const own of LISTED) agent.owned.add(own);
  const model = new ReferenceAgent(LISTED, (a) => a.startsWith("2001:db8:1:"), LONGEST, dad ? 1000 : 0);
  const tried = new Map<string, number>();
  const past: { frame: Uint8Array; told: Parameters<ReferenceAgent["update"]>[0] }[] = [];
  const pass = (ms: number) => {
    agent.pass(ms);
    model.advance(agent.now);
  };
  const compare = (at: string) => {
    const said = agent.acks().map((p) => ({
      to: p.dst,
      home: p.routing ?? p.dst,
      status: p.mh?.status,
      sequence: p.mh?.sequence,
      lifetime: p.mh?.lifetime,
    }));
    const order = (acks: object[]) => acks.map((a) => JSON.stringify(a)).sort();
    assert.deepEqual(order(said), order(model.acks), `acknowledgements after ${at}`);
    model.acks = [];
    const rows = agent.bindings().map((r) => [r.home, r.careOf, r.sequence, agent.now + r.left]);
    assert.deepEqual(rows.sort(), model.bindings(), `bindings after ${at}`);
  };
  for (const step of steps) {
    switch (step.kind) {
      case "update": {
        // An answer on the home link makes the agent look for the home address there: who answers ends a detection.
        const option = dad || step.option || !LISTED.includes(step.home);
        const sequence = ((tried.get(step.home) ?? 65534) + step.ahead) & 0xffff;
        tried.set(step.home, sequence);
        const source = option ? step.source : step.home;
        const alternate = step.alternate === "home" ? step.home : step.alternate;
        const { lifetime, flags } = step;
        const frame = update({ home: step.home, source, sequence, alternate, lifetime, flags, option });
        const told = {
          home: step.home,
          source,
          careOf: alternate ?? source,
          option,
          sequence,
          lifetime,
          ack: (flags & 0x80) !== 0,
          homeRegistration: (flags & 0x40) !== 0,
        };
        past.push({ frame, told });
        agent.rx(frame);
        model.update(told, agent.now);
        break;
      }
      case "again": {
        if (past.length === 0) break;
        const { frame, told } = past[step.which % past.length];
        agent.rx(frame);
        model.update(told, agent.now);
        break;
      }
      case "wait":
        pass(step.ms);
        break;
      case "conflict":
        agent.rx(neighbourAdvertisement(step.home, "ff02::1", 0x20));
        model.conflict(step.home);
        break;
      case "disk":
        agent.keeping = step.fast;
        model.keeping = step.fast;
        if (step.fast) {
          agent.keep();
          model.keep();
        }
        break;
      case "reboot": {
        // The sweep notices an end up to 250 ms late; a power cut within that time is not what is compared.
        let ends: number[] = [];
        do {
          ends = model.bindings().map(([, , , end]) => end);
          pass(300);
        } while (ends.some((end) => end <= agent.now));
        compare("the wait before a restart");
        agent.keeping = true;
        model.keeping = true;
        agent.reboot();
        model.reboot(agent.now);
        break;
      }
    }
    compare(JSON.stringify(step));
  }
}

for (const dad of [false, true]) {
  test(`statuses and cache agree with the reference, ${dad ? "with" : "without"} duplicate address detection`, () => {
    fc.assert(
      fc.property(fc.array(operations, { minLength: 1, maxLength: 40 }), (steps) => run(dad, steps)),
      { numRuns: 150, seed: 6275 },
    );
  });
}

test("no Binding Update that was acknowledged is accepted twice, whatever happens in between", () => {
  const small = updates.map((u) => ({ ...u, ahead: 1 + (Math.abs(u.ahead) % 3), flags: 0xc0, option: true }));
  const between = fc.oneof(
    fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 30000 }) }),
    fc.record({ kind: fc.constant("reboot" as const) }),
  );
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: small }, between), { maxLength: 30 }), (steps) => {
      const agent = new Agent({ homes: LISTED.length, lifetime4s: LONGEST, trace: 0 });
      const done: Uint8Array[] = [];
      let sequence = 0;
      for (const step of steps) {
        if (step.kind === "wait") agent.pass(step.ms);
        else if (step.kind === "reboot") agent.reboot();
        else {
          sequence += step.ahead;
          const frame = update({ home: step.home, source: step.source, sequence, lifetime: step.lifetime });
          agent.rx(frame);
          if (agent.acks().some((p) => (p.mh?.status ?? 255) < 128)) done.push(frame);
        }
        const before = agent.bound();
        for (const frame of done) agent.rx(frame);
        assert.ok(agent.acks().every((p) => p.mh?.status === 135));
        assert.deepEqual(agent.bound(), before);
      }
    }),
    { numRuns: 100, seed: 4225 },
  );
});
