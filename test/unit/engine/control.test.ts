// Control messages: what is refused, and that no bytes at all break the node.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Message, Refusal } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { ConfigRefused } from "../../../host-sim/core/core.js";
import { Messages } from "../../../host-sim/core/messages.js";
import * as lan from "../lib/lan.js";
import { ME } from "../lib/lan.js";

function raw(type: number, value: Uint8Array): Uint8Array {
  const padded = new Uint8Array((value.length + 3) & ~3);
  padded.set(value);
  return lan.concat(Uint8Array.of(type & 255, type >> 8, value.length & 255, value.length >> 8), padded);
}
function refusal(act: () => void): Refusal | undefined {
  try {
    act();
    return undefined;
  } catch (e) {
    if (e instanceof ConfigRefused) return e.refusal;
    throw e;
  }
}

test("every message of every length but its own is refused", () => {
  const own: Record<number, number[]> = {
    [Message.ENTROPY]: [32],
    [Message.WALL_CLOCK]: [8],
    [Message.TRACE]: [1],
    [Message.LINK]: [4],
    [Message.PORT]: [12],
    [Message.ADDRESS]: [20],
    [Message.ROUTE]: [36],
    [Message.ROUTE_DELETE]: [36],
    [Message.HOST]: [36],
    [Message.COUNTERS]: [4],
    [Message.NEIGHBOURS]: [4],
    [Message.ROUTES]: [4],
  };
  for (const [type, lengths] of Object.entries(own)) {
    for (let n = 0; n <= 40; n++) {
      if (lengths.includes(n)) continue;
      const node = lan.lanNode();
      assert.equal(
        refusal(() => node.core.configure(raw(Number(type), new Uint8Array(n)))),
        Refusal.BAD_LENGTH,
        `${type}, ${n}`,
      );
    }
  }
});

test("values that cannot be are refused, and say why", () => {
  const node = lan.lanNode();
  const why = (m: Messages) => refusal(() => node.core.configure(m.bytes()));
  const m = () => new Messages();
  const a = parseIp6("2001:db8::1");
  assert.equal(
    refusal(() => node.core.configure(raw(15, new Uint8Array(4)))),
    Refusal.UNKNOWN_TYPE,
  );
  assert.equal(
    refusal(() => node.core.configure(raw(40000, new Uint8Array(4)))),
    Refusal.UNKNOWN_TYPE,
  );
  assert.equal(why(m().link(3, true)), Refusal.NO_SUCH_PORT);
  assert.equal(why(m().port(4, PortKind.ETHER, 1500, ME.mac)), Refusal.NO_SUCH_PORT);
  assert.equal(why(m().port(1, PortKind.ETHER, 1279, ME.mac)), Refusal.BAD_VALUE);
  assert.equal(why(m().port(1, PortKind.ETHER, 1501, ME.mac)), Refusal.BAD_VALUE);
  assert.equal(why(m().port(1, PortKind.ETHER, 1500, lan.ALL_NODES.mac)), Refusal.BAD_VALUE);
  assert.equal(why(m().port(1, 9 as PortKind, 1500, ME.mac)), Refusal.BAD_VALUE);
  assert.equal(why(m().address(0, parseIp6("ff02::1"), 64)), Refusal.BAD_VALUE);
  assert.equal(why(m().address(0, parseIp6("::"), 64)), Refusal.BAD_VALUE);
  assert.equal(why(m().address(0, a, 129)), Refusal.BAD_VALUE);
  assert.equal(why(m().address(2, a, 64)), Refusal.NO_SUCH_PORT);
  assert.equal(why(m().route(0, a, 129)), Refusal.BAD_VALUE);
  assert.equal(why(m().routeDelete(0, a, 64)), Refusal.BAD_VALUE);
});

test("tables that are full refuse", () => {
  const node = lan.lanNode();
  const fill = (one: (i: number) => Messages) => {
    for (let i = 0; i < 100; i++) {
      const why = refusal(() => node.core.configure(one(i).bytes()));
      if (why !== undefined) return why;
    }
    return undefined;
  };
  assert.equal(
    fill((i) => new Messages().address(0, parseIp6(`2001:db8:1::${i + 100}`), 64, 1)),
    Refusal.TABLE_FULL,
  );
  assert.equal(
    fill((i) => new Messages().route(0, parseIp6(`2001:db8:${i + 100}::`), 48)),
    Refusal.TABLE_FULL,
  );
  assert.ok(node.routes().includes(`::/0 > ${lan.ROUTER.ip} @0`));
});

test("no bytes break the node: it still answers an echo", () => {
  const types = Object.values(Message).filter((v): v is Message => typeof v === "number");
  const message = fc
    .tuple(fc.constantFrom(...types, 14, 100, 65535), fc.uint8Array({ maxLength: 60 }))
    .map(([type, value]) => raw(type, value));
  fc.assert(
    fc.property(fc.array(fc.oneof(message, fc.uint8Array({ maxLength: 30 })), { maxLength: 8 }), (messages) => {
      const node = lan.lanNode("terminal");
      for (const bytes of messages) {
        try {
          node.core.configure(bytes);
        } catch (e) {
          assert.ok(e instanceof ConfigRefused || e instanceof RangeError, `${e}`);
        }
        node.pass(10);
      }
      node.configure(new Messages().port(0, PortKind.ETHER, 1500, ME.mac).address(0, parseIp6(ME.ip), 64, 1));
      node.sent();
      node.rx(0, lan.solicitation(lan.PEER, ME), lan.echo(lan.PEER, ME));
      assert.equal(node.said(/echo reply/).length, 1);
    }),
    { numRuns: 200 },
  );
});

test("events that nobody takes are counted as lost, and the ring goes on", () => {
  const node = lan.lanNode("host", (m) => m.trace(1));
  for (let i = 0; i < 60; i++) node.core.rx(0, lan.frame(lan.PEER, ME, 59, new Uint8Array(0)));
  node.pass(0);
  const told = node.events();
  assert.equal(told.filter((e) => e.startsWith("DROP")).length, 48);
  assert.equal(told.at(-1), "LOST");
  node.rx(0, lan.frame(lan.PEER, ME, 59, new Uint8Array(0)));
  assert.equal(node.events("DROP").length, 1);
});
