/**
 * Random lives of a mobile node: advertisements, acknowledgements right and wrong, link events, silence. Whatever comes, the image does
 * not trap, no buffer is lost, sequence numbers rise, the rate holds, and afterwards an honest home agent is still found.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ba, bindingError, brr, na, ra, tunnel, udp } from "./mobile-frames.js";
import { A, AGENT, AT_HOME, B, HOME, type LinkOptions, PEER, readUpdate, type Update, World } from "./mobile-world.js";

const links: LinkOptions[] = [
  A,
  B,
  AT_HOME,
  { ...A, router: "fe80::1" },
  { ...B, router: "fe80::1", intervalMs: 1000 },
];
const action = fc.oneof(
  fc.record({ do: fc.constant("move" as const), link: fc.nat(4), silent: fc.boolean() }),
  fc.record({ do: fc.constant("advertise" as const), link: fc.nat(4), lifetime: fc.constantFrom(0, 1800) }),
  fc.record({
    do: fc.constant("acknowledge" as const),
    status: fc.constantFrom(0, 0, 0, 1, 128, 133, 135, 143, 255),
    shift: fc.constantFrom(0, 0, 0, 1, -1, 32768),
    lifetime: fc.constantFrom(15, 1, 0, 65535),
    back: fc.nat(3),
  }),
  fc.record({ do: fc.constant("refresh" as const) }),
  fc.record({ do: fc.constant("error" as const), status: fc.nat(3) }),
  fc.record({ do: fc.constant("duplicate" as const), home: fc.boolean() }),
  fc.record({ do: fc.constant("data" as const), from: fc.constantFrom(AGENT, PEER) }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(0, 1, 50, 250, 1100, 5000, 31000) }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

class Life {
  readonly w = new World({ lifetime: 15 });
  readonly told: (Update & { at: number })[] = [];
  /** What the home agent said last with status 135: the next sequence number continues behind it. */
  private readonly resets = new Map<number, number>();

  act(a: Action): void {
    const { w } = this;
    switch (a.do) {
      case "move":
        if (!a.silent) w.carrier(false);
        w.link = links[a.link];
        if (!a.silent) w.carrier(true);
        break;
      case "advertise":
        w.multicast(ra(links[a.link].router, { ...links[a.link], lifetime: a.lifetime }));
        break;
      case "acknowledge": {
        const u = this.told.at(-1 - a.back);
        if (!u) return;
        const seq = (u.seq + a.shift) & 0xffff;
        const coa = u.coa === HOME ? undefined : u.coa;
        const before = this.told.length;
        w.give(ba({ agent: AGENT, home: HOME, coa, status: a.status, seq, lifetime: a.lifetime }));
        if (a.status === 135) this.resets.set(before, seq);
        break;
      }
      case "refresh":
        w.give(brr(AGENT, HOME, this.told.at(-1)?.coa ?? HOME));
        break;
      case "error":
        w.give(bindingError(AGENT, this.told.at(-1)?.coa ?? HOME, HOME, a.status));
        break;
      case "duplicate": {
        const target = a.home ? HOME : (this.told.at(-1)?.coa ?? HOME);
        w.multicast(na("fe80::99", "ff02::1", target, 0x20, A.mac));
        break;
      }
      case "data":
        w.fromApp(udp(HOME, PEER, 1, 2, new Uint8Array(100)));
        w.give(tunnel(a.from, this.told.at(-1)?.coa ?? HOME, udp(PEER, HOME, 2, 1, new Uint8Array(100))));
        break;
      case "wait":
        w.pass(a.ms);
    }
    this.collect();
  }
  collect(): void {
    for (const s of this.w.sent(/MH BU/)) this.told.push({ ...readUpdate(s.bytes), at: s.at });
    this.w.node.events();
  }
  /** Sequence numbers rise; where the agent answered 135 they may continue behind its number instead. */
  judge(): void {
    const starts = new Set([...this.resets.values()].map((seq) => (seq + 1) & 0xffff));
    for (let i = 1; i < this.told.length; i++) {
      const { seq } = this.told[i];
      const before = this.told[i - 1].seq;
      assert.ok(seq === ((before + 1) & 0xffff) || starts.has(seq), `sequence ${before} then ${seq}`);
    }
    for (let i = 3; i < this.told.length; i++) {
      const span = this.told[i].at - this.told[i - 3].at;
      assert.ok(span >= 1000, `four Binding Updates within ${span} ms`);
    }
  }
  /** An honest world again: within a minute the node is registered from link A and carries data. */
  recover(): void {
    const { w } = this;
    w.carrier(false);
    w.link = A;
    w.carrier(true);
    w.forget();
    for (let i = 0; i < 120 && w.tunnels().length === 0; i++) {
      if (i % 4 === 0) w.advertise();
      w.pass(500);
      for (const u of w.updates()) w.acknowledge(u);
    }
    assert.equal(w.tunnels().length, 1, `registered again; ${JSON.stringify(w.bindingList())} ${w.node.addresses()}`);
    w.pass(1500);
    w.forget();
    // No buffer was lost: as many packets as there are buffers pass in a row.
    for (let i = 0; i < 40; i++) w.fromApp(udp(HOME, PEER, 1, 2, new Uint8Array(10)));
    assert.equal(w.sent(/UDP/).length, 40);
    assert.ok(w.bindingList().length <= 1);
  }
}

test("random lives end well", () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 40 }), (actions) => {
      const life = new Life();
      for (const a of actions) life.act(a);
      life.judge();
      life.recover();
    }),
    { numRuns: 150, seed: 6275 },
  );
});
