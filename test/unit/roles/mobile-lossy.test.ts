/**
 * The real home agent image, the real terminal image, and between them a path that loses, doubles and reorders:
 *
 *     terminal ── link a or b (router played here) ── lossy path ── home link (router played here) ── home agent
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { PortKind } from "../../../assembly/abi/port.js";
import { formatIp6 } from "../../../host-sim/core/address.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { Node } from "../lib/node.js";
import { addr, type Bytes, ether, mac, na, udp } from "./mobile-frames.js";
import { A, AGENT, B, HOME, PEER, World } from "./mobile-world.js";

const AGENT_MAC = mac(0x77);
const GATEWAY = "fe80::70";
const GATEWAY_MAC = mac(0x70);

/** mulberry32: a small generator for the path's decisions. */
function generator(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
class Path {
  readonly w = new World({ lifetime: 15 });
  readonly agent = new Node("home-agent");
  private readonly way: { at: number; to: "agent" | "terminal"; packet: Bytes }[] = [];
  private readonly random: () => number;
  delivered = 0;

  constructor(
    seed: number,
    readonly loss: number,
  ) {
    this.random = generator(seed);
    this.agent.configure(
      new Messages()
        .trace(1)
        .port(0, PortKind.ETHER, 1500, AGENT_MAC)
        .address(0, addr(AGENT), 64)
        .route(0, addr("::"), 0, addr(GATEWAY))
        .homeAgent({
          port: 0,
          prefixLength: 64,
          securityNone: true,
          lifetime4s: 100,
          preference: 0,
          homeAgentLifetimeS: 1800,
          dad: true,
          address: addr(AGENT),
        })
        .homeAddress(addr(HOME)),
    );
    this.agent.now = this.w.node.now - 2000;
    this.agent.pass(2000);
    this.agent.sent();
  }
  private put(to: "agent" | "terminal", packet: Bytes): void {
    if (this.random() < this.loss) return;
    const copies = this.random() < this.loss / 2 ? 2 : 1;
    for (let i = 0; i < copies; i++)
      this.way.push({ at: this.w.node.now + 5 + Math.floor(this.random() * 20), to, packet });
  }
  /** One millisecond of the whole world. */
  private step(): void {
    const { w, agent } = this;
    w.pass(1);
    agent.pass(w.node.now - agent.now);
    for (let i = this.way.length - 1; i >= 0; i--) {
      if (this.way[i].at > w.node.now) continue;
      const [{ to, packet }] = this.way.splice(i, 1);
      if (to === "agent") agent.rx(0, ether(AGENT_MAC, GATEWAY_MAC, packet));
      else w.give(packet);
    }
    for (const s of w.sent()) {
      if (s.port === 1 && /UDP/.test(s.text)) this.delivered++;
      if (s.port === 0 && s.bytes[20] !== 58) this.put("agent", s.bytes.slice(14));
    }
    for (const s of agent.sent()) this.fromAgent(s.bytes);
    agent.core.stores((_id, _data, generation) => agent.core.stored(generation));
  }
  /** The gateway of the home link answers for itself and carries the rest. */
  private fromAgent(f: Bytes): void {
    if (f[20] === 58 && f[54] === 135) {
      if (formatIp6(f, 62) !== GATEWAY || formatIp6(f, 22) === "::") return;
      this.agent.rx(0, ether(AGENT_MAC, GATEWAY_MAC, na(GATEWAY, formatIp6(f, 22), GATEWAY, 0xe0, GATEWAY_MAC)));
    } else if ((f[0] & 1) === 0) this.put("terminal", f.slice(14));
  }
  /** Moves, then waits until a packet from the correspondent arrives; milliseconds. */
  roam(link: typeof A): number {
    const { w } = this;
    w.carrier(false);
    w.link = link;
    w.carrier(true);
    const start = w.node.now;
    w.advertise();
    this.delivered = 0;
    for (let ms = 0; ms < 60000 && this.delivered === 0; ms++) {
      if (ms % 10 === 0) this.agent.rx(0, ether(AGENT_MAC, GATEWAY_MAC, udp(PEER, HOME, 2, 1, new Uint8Array(8))));
      this.step();
    }
    assert.ok(this.delivered > 0, "data flows again");
    return w.node.now - start;
  }
  rest(ms: number): void {
    for (let i = 0; i < ms; i++) this.step();
  }
}

test("a clean path: a renewing registration needs a round trip, a first one the agent's DAD on top", () => {
  const path = new Path(1, 0);
  const first = path.roam(A);
  assert.ok(first < 1500 + 100, `first registration: ${first} ms`);
  for (let i = 0; i < 6; i++) {
    path.rest(400); // three Binding Updates a second are the limit
    const gap = path.roam(i % 2 ? A : B);
    assert.ok(gap <= 2 * 24 + 20 + 10, `handover: ${gap} ms`); // both ways at most 24 ms, data every 10 ms
  }
});
for (const seed of [1, 2, 3, 4]) {
  test(`20 % loss, duplicates, reordering, seed ${seed}: every move is registered in the end, and the binding outlives its lifetime`, () => {
    const path = new Path(seed, 0.2);
    for (let i = 0; i < 8; i++) {
      path.roam(i % 2 ? B : A);
      path.rest(100);
    }
    path.rest(90000);
    assert.equal(path.w.tunnels().length, 1);
    assert.deepEqual(path.w.bindingList().length, 1);
    path.delivered = 0;
    for (let i = 0; i < 20; i++) {
      path.agent.rx(0, ether(AGENT_MAC, GATEWAY_MAC, udp(PEER, HOME, 2, 1, new Uint8Array(8))));
      path.rest(30);
    }
    assert.ok(path.delivered > 5, `${path.delivered} of 20 packets came`);
  });
}
