/** Messages of configuration at their limits (abi/message.ts): each length, port and value that is refused, and what lies beside it that is not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Message, Refusal } from "../../../assembly/abi/message.js";
import { PortKind } from "../../../assembly/abi/port.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { ConfigRefused } from "../../../host-sim/core/core.js";
import { loadImage } from "../../../host-sim/core/image.js";
import { Messages } from "../../../host-sim/core/messages.js";
import { Node } from "../lib/node.js";

const MAC = [2, 0, 0, 0, 0, 2];
const u16 = (v: number) => [v & 255, v >> 8];
const u32 = (v: number) => [...u16(v & 0xffff), ...u16(v >>> 16)];
const ip = (text: string) => [...parseIp6(text)];
const zeros = (n: number) => new Array<number>(n).fill(0);

function message(type: number, value: number[]): Uint8Array {
  const padding = zeros(-value.length & 3);
  return Uint8Array.from([...u16(type), ...u16(value.length), ...value, ...padding]);
}
/** Port 0 an Ethernet link, port 1 the application's. */
function node(image = "host"): Node {
  return new Node(image, new Messages().port(0, PortKind.ETHER, 1500, Uint8Array.from(MAC)).port(1, PortKind.IP, 1500));
}
/** What became of a message: NONE, or why it was refused. */
function say(to: Node, type: Message, value: number[]): string {
  try {
    to.core.configure(message(type, value));
    return Refusal[Refusal.NONE];
  } catch (error) {
    if (error instanceof ConfigRefused && error.type === type) return Refusal[error.refusal];
    throw error;
  }
}

/** Lengths of values, by image. RDNSS has three. */
const LENGTHS: Record<string, [Message, number[]][]> = {
  host: [
    [Message.ENTROPY, [32]],
    [Message.WALL_CLOCK, [8]],
    [Message.TRACE, [1]],
    [Message.LINK, [4]],
    [Message.PORT, [12]],
    [Message.ADDRESS, [20]],
    [Message.ROUTE, [36]],
    [Message.ROUTE_DELETE, [36]],
    [Message.HOST, [36]],
    [Message.COUNTERS, [4]],
    [Message.ADDRESSES, [4]],
  ],
  router: [
    [Message.ADVERTISE, [32]],
    [Message.PREFIX, [28]],
    [Message.RDNSS, [24, 40, 56]],
  ],
  terminal: [
    [Message.MOBILE_NODE, [40]],
    [Message.PROGRAM, [4]],
    [Message.POOL4, [8]],
    [Message.POOL6, [20]],
    [Message.TRANSLATION, [20]],
    [Message.DNS, [20]],
    [Message.TRANSLATIONS, [4]],
  ],
  "home-agent": [
    [Message.HOME_AGENT, [28]],
    [Message.HOME_ADDRESS, [16]],
    [Message.REFRESH, [16]],
    [Message.BINDINGS, [4]],
  ],
};

for (const [image, types] of Object.entries(LENGTHS)) {
  test(`${image}: a value of any other length is refused`, () => {
    const n = node(image);
    for (const [type, lengths] of types) {
      for (let length = 0; length <= 64; length++) {
        if (lengths.includes(length)) continue;
        // RDNSS looks at the number of servers before it can know the length.
        const value = type === Message.RDNSS && length > 1 ? [0, 1, ...zeros(length - 2)] : zeros(length);
        assert.equal(say(n, type, value), "BAD_LENGTH", `${Message[type]} of ${length} bytes`);
      }
    }
  });
}

test("types that no role of the image answers to are unknown, those beyond all numbers too", () => {
  const n = node();
  for (const type of [0, 6, 15, 20, 33, Message.MOBILE_NODE, Message.BINDINGS, 127, 158, 159, 160, 161, 65535]) {
    assert.equal(say(n, type, []), "UNKNOWN_TYPE", `${type}`);
  }
});

/** The ABI without the library, which would not let these pass. */
function raw(bytes: number[], length = bytes.length): { result: number; offset: number } {
  const exports = new WebAssembly.Instance(loadImage("host").module).exports as unknown as {
    memory: WebAssembly.Memory;
    ctlBuffer(): number;
    configure(length: number): number;
  };
  const at = exports.ctlBuffer();
  new Uint8Array(exports.memory.buffer).set(bytes, at);
  const result = exports.configure(length);
  return { result, offset: new DataView(exports.memory.buffer).getUint32(at + 1536, true) };
}
test("messages that are cut short are refused with their offset; the last one needs no padding", () => {
  const trace = [...message(Message.TRACE, [1])];
  assert.equal(raw([]).result, 0);
  assert.equal(raw([...trace, ...trace]).result, 0);
  assert.equal(raw(trace.slice(0, 5)).result, 0);
  const truncated = -Refusal.TRUNCATED;
  for (const [bytes, offset] of [
    [trace.slice(0, 1), 0],
    [trace.slice(0, 3), 0],
    [trace.slice(0, 4), 0],
    [[...trace, ...trace.slice(0, 3)], 8],
    [[...trace, ...trace.slice(0, 4)], 8],
    [[...trace, ...u16(Message.TRACE), ...u16(0xffff), 1], 8],
  ] as const) {
    assert.deepEqual(raw([...bytes]), { result: truncated, offset }, `${bytes}`);
  }
  for (const length of [-1, 1537, 0x7fffffff]) assert.deepEqual(raw([], length), { result: truncated, offset: 0 });
  assert.deepEqual(raw([...trace, ...message(Message.TRACE, [3])]), { result: -Refusal.BAD_VALUE, offset: 8 });
  assert.deepEqual(raw([...trace, ...message(0, [])]), { result: -Refusal.UNKNOWN_TYPE, offset: 8 });
});

test("TRACE, LINK, WALL_CLOCK and ENTROPY at their limits", () => {
  const n = node();
  assert.deepEqual(
    [0, 1, 2, 3, 255].map((level) => say(n, Message.TRACE, [level])),
    ["NONE", "NONE", "NONE", "BAD_VALUE", "BAD_VALUE"],
  );
  assert.equal(say(n, Message.LINK, [0, 1, 0, 0]), "NONE");
  assert.equal(say(n, Message.LINK, [0, 2, 0, 0]), "BAD_VALUE");
  for (const port of [2, 3, 4, 255]) assert.equal(say(n, Message.LINK, [port, 1, 0, 0]), "NO_SUCH_PORT", `${port}`);
  assert.equal(say(n, Message.WALL_CLOCK, zeros(8)), "NONE");
  assert.equal(say(n, Message.ENTROPY, zeros(32)), "NONE");
});

test("PORT: numbers, kinds, MTU and MAC at their limits", () => {
  const n = node();
  const port = (number: number, kind: number, mtu: number, mac = MAC) =>
    say(n, Message.PORT, [number, kind, ...u16(mtu), ...mac, 0, 0]);
  assert.equal(port(3, PortKind.ETHER, 1500), "NONE");
  for (const number of [4, 5, 255]) assert.equal(port(number, PortKind.ETHER, 1500), "NO_SUCH_PORT");
  for (const kind of [PortKind.NONE, PortKind.STREAM, 5, 255]) assert.equal(port(2, kind, 1500), "BAD_VALUE");
  for (const mtu of [1280, 1281, 1499, 1500]) assert.equal(port(2, PortKind.IP, mtu), "NONE", `${mtu}`);
  for (const mtu of [0, 1279, 1501, 65535]) assert.equal(port(2, PortKind.IP, mtu), "BAD_VALUE", `${mtu}`);
  const group = [3, 0, 0, 0, 0, 2];
  assert.equal(port(3, PortKind.ETHER, 1500, group), "BAD_VALUE");
  assert.equal(port(2, PortKind.IP, 1500, group), "NONE", "has no use for a MAC");
});

test("ADDRESS: ports, prefix lengths and kinds of addresses; one row an address; its prefix is a route", () => {
  const n = node();
  const address = (text: string, bits: number, flags = 1, port = 0) =>
    say(n, Message.ADDRESS, [port, bits, flags, 0, ...ip(text)]);
  for (const port of [2, 4, 255]) assert.equal(address("2001:db8::1", 64, 1, port), "NO_SUCH_PORT");
  for (const bits of [129, 255]) assert.equal(address("2001:db8::1", bits), "BAD_VALUE");
  for (const wrong of ["::", "::1", "::ffff:192.0.2.1", "ff02::1", "ff0e::1"])
    assert.equal(address(wrong, 64), "BAD_VALUE", wrong);
  assert.deepEqual([n.addresses(), n.routes()], [[], []], "nothing came of it");
  assert.equal(address("2001:db8::1", 64), "NONE");
  assert.equal(address("2001:db8::1", 64), "NONE", "again");
  assert.equal(address("2001:db8:1::1", 128), "NONE");
  assert.equal(address("2001:db8:2::1", 127), "NONE");
  assert.equal(address("2001:db8:3::1", 64, 0), "NONE");
  assert.equal(address("2001:db8:4::1", 64, 0, 1), "NONE", "no DAD where there is no link");
  assert.deepEqual(n.addresses(), [
    "2001:db8:1::1/128 PREFERRED",
    "2001:db8:2::1/127 PREFERRED",
    "2001:db8:3::1/64 TENTATIVE",
    "2001:db8:4::1/64 PREFERRED",
    "2001:db8::1/64 PREFERRED",
  ]);
  assert.deepEqual(n.routes(), ["2001:db8:2::/127 > :: @0", "2001:db8:3::/64 > :: @0", "2001:db8::/64 > :: @0"]);
});

test("ADDRESS and ROUTE: as many as the tables have rows, the next is refused and the rest stays", () => {
  const n = node();
  const taken: string[] = [];
  for (let i = 1; i <= 20; i++) {
    const answer = say(n, Message.ADDRESS, [0, 128, 1, 0, ...ip(`2001:db8::${i.toString(16)}`)]);
    if (answer === "NONE") taken.push(answer);
    else assert.equal(answer, "TABLE_FULL");
  }
  assert.equal(taken.length, 12);
  assert.equal(n.addresses().length, 12);
  const route = (i: number) => say(n, Message.ROUTE, [0, 64, 0, 0, ...ip(`2001:db8:${i}::`), ...ip("fe80::1")]);
  const answers = Array.from({ length: 20 }, (_, i) => route(i + 1));
  assert.deepEqual(answers, [...new Array<string>(16).fill("NONE"), ...new Array<string>(4).fill("TABLE_FULL")]);
  assert.equal(route(1), "NONE", "one that is there already");
  assert.equal(n.routes().length, 16);
  const other = new Node("host", new Messages().port(0, PortKind.ETHER, 1500, Uint8Array.from(MAC)));
  for (let i = 1; i <= 16; i++) say(other, Message.ROUTE, [0, 64, 0, 0, ...ip(`2001:db8:${i}::`), ...ip("fe80::1")]);
  assert.equal(
    say(other, Message.ADDRESS, [0, 64, 1, 0, ...ip("2001:db8:99::1")]),
    "TABLE_FULL",
    "no room for its prefix",
  );
});

test("ROUTE and ROUTE_DELETE: ports, prefix lengths, and what is not there", () => {
  const n = node();
  const value = (port: number, bits: number, prefix: string, hop: string) => [
    port,
    bits,
    0,
    0,
    ...ip(prefix),
    ...ip(hop),
  ];
  for (const port of [2, 4]) assert.equal(say(n, Message.ROUTE, value(port, 64, "2001:db8::", "::")), "NO_SUCH_PORT");
  for (const bits of [129, 255]) assert.equal(say(n, Message.ROUTE, value(0, bits, "2001:db8::", "::")), "BAD_VALUE");
  assert.equal(say(n, Message.ROUTE, value(0, 128, "2001:db8::5", "fe80::1")), "NONE");
  assert.equal(say(n, Message.ROUTE, value(0, 0, "::", "fe80::1")), "NONE");
  assert.deepEqual(n.routes(), ["2001:db8::5/128 > fe80::1 @0", "::/0 > fe80::1 @0"]);
  for (const [bits, prefix, hop] of [
    [129, "2001:db8::5", "fe80::1"],
    [127, "2001:db8::5", "fe80::1"],
    [128, "2001:db8::6", "fe80::1"],
    [128, "2001:db8::5", "fe80::2"],
  ] as const) {
    assert.equal(say(n, Message.ROUTE_DELETE, value(0, bits, prefix, hop)), "BAD_VALUE", `${prefix}/${bits} ${hop}`);
  }
  assert.equal(say(n, Message.ROUTE_DELETE, value(0, 128, "2001:db8::5", "fe80::1")), "NONE");
  assert.deepEqual(n.routes(), ["::/0 > fe80::1 @0"]);
  assert.equal(say(n, Message.ROUTE_DELETE, value(0, 128, "2001:db8::5", "fe80::1")), "BAD_VALUE", "it is gone");
});

test("HOST: links only, flags that are known, nothing in what is reserved", () => {
  const n = node();
  const host = (port: number, flags: number, reserved = 0) =>
    say(n, Message.HOST, [port, flags, ...u16(reserved), ...zeros(32)]);
  for (const port of [1, 2, 4, 255]) assert.equal(host(port, 1), "NO_SUCH_PORT", `${port}`);
  for (const flags of [4, 8, 0x80, 0xff]) assert.equal(host(0, flags), "BAD_VALUE", `${flags}`);
  for (const reserved of [1, 0x8000]) assert.equal(host(0, 1, reserved), "BAD_VALUE");
  for (const flags of [0, 1, 2, 3]) assert.equal(host(0, flags), "NONE");
});

test("MOBILE_NODE: prefix lengths, and addresses that no registration is for", () => {
  const value = (o: { bits?: number; home?: string; agent?: string; lifetime?: number; port?: number } = {}) => [
    ...[o.port ?? 0, o.bits ?? 64, 0xc0, 0, ...u16(o.lifetime ?? 15), 0, 0],
    ...ip(o.home ?? "2001:db8:7::1000"),
    ...ip(o.agent ?? "2001:db8:7::1"),
  ];
  const fresh = (o: Parameters<typeof value>[0]) => say(node("terminal"), Message.MOBILE_NODE, value(o));
  for (const bits of [8, 127]) assert.equal(fresh({ bits }), "NONE", `${bits}`);
  for (const bits of [0, 7, 128, 129, 255]) assert.equal(fresh({ bits }), "BAD_VALUE", `${bits}`);
  for (const home of ["::", "::1", "fe80::1", "ff02::1"]) assert.equal(fresh({ home }), "BAD_VALUE", home);
  for (const agent of ["::1", "fe80::1", "ff02::1", "2001:db8:7::1000"])
    assert.equal(fresh({ agent }), "BAD_VALUE", agent);
  assert.equal(fresh({ agent: "::" }), "NONE", "to be discovered");
  assert.equal(fresh({ lifetime: 0 }), "BAD_VALUE");
  for (const lifetime of [1, 65535]) assert.equal(fresh({ lifetime }), "NONE");
  for (const port of [1, 2, 4]) assert.equal(fresh({ port }), "NO_SUCH_PORT");
  const n = node("terminal");
  assert.equal(say(n, Message.MOBILE_NODE, value()), "NONE");
  assert.equal(say(n, Message.MOBILE_NODE, value({ home: "2001:db8:7::1001" })), "TABLE_FULL", "one home an image");
  assert.equal(say(n, Message.MOBILE_NODE, value({ lifetime: 16 })), "NONE");
});

test("HOME_AGENT: what it can serve, once", () => {
  const value = (
    o: { bits?: number; security?: number; lifetime?: number; dad?: number; address?: string; port?: number } = {},
  ) => [
    ...[
      o.port ?? 0,
      o.bits ?? 64,
      o.security ?? 1,
      0,
      ...u16(o.lifetime ?? 100),
      ...u16(0),
      ...u16(1800),
      ...u16(o.dad ?? 1),
    ],
    ...ip(o.address ?? "2001:db8:1::1"),
  ];
  const fresh = (o: Parameters<typeof value>[0]) => say(node("home-agent"), Message.HOME_AGENT, value(o));
  for (const bits of [1, 64, 127]) assert.equal(fresh({ bits }), "NONE", `${bits}`);
  for (const bits of [0, 128, 255]) assert.equal(fresh({ bits }), "BAD_VALUE", `${bits}`);
  for (const security of [0, 1]) assert.equal(fresh({ security }), "NONE");
  for (const security of [2, 255]) assert.equal(fresh({ security }), "BAD_VALUE");
  for (const dad of [0, 1]) assert.equal(fresh({ dad }), "NONE");
  assert.equal(fresh({ dad: 2 }), "BAD_VALUE");
  assert.equal(fresh({ lifetime: 0 }), "BAD_VALUE");
  assert.equal(fresh({ lifetime: 1 }), "NONE");
  for (const address of ["::", "::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1"]) {
    assert.equal(fresh({ address }), "BAD_VALUE", address);
  }
  for (const port of [1, 2]) assert.equal(fresh({ port }), "NO_SUCH_PORT");
  const n = node("home-agent");
  assert.equal(say(n, Message.HOME_AGENT, value()), "NONE");
  assert.equal(say(n, Message.HOME_AGENT, value({ lifetime: 5 })), "NONE");
  assert.equal(say(n, Message.HOME_AGENT, value({ bits: 63 })), "BAD_VALUE");
  assert.equal(say(n, Message.HOME_AGENT, value({ address: "2001:db8:1::2" })), "BAD_VALUE");
});

test("POOL4, POOL6, TRANSLATION, DNS and PROGRAM at their limits", () => {
  const n = node("terminal");
  const pool4 = (bits: number, prefix = [10, 0, 0, 0]) => say(n, Message.POOL4, [...prefix, bits, 1, 0, 0]);
  for (const bits of [8, 30]) assert.equal(pool4(bits), "NONE", `${bits}`);
  for (const bits of [0, 7, 31, 32, 255]) assert.equal(pool4(bits), "BAD_VALUE", `${bits}`);
  for (const prefix of [
    [0, 0, 0, 0],
    [127, 0, 0, 0],
    [224, 0, 0, 0],
    [255, 255, 255, 255],
  ]) {
    assert.equal(pool4(24, prefix), "BAD_VALUE", `${prefix}`);
  }
  const pool6 = (bits: number, prefix = "2001:db8:64::") => say(n, Message.POOL6, [bits, 0, 0, 0, ...ip(prefix)]);
  for (const bits of [16, 95, 96]) assert.equal(pool6(bits), "NONE", `${bits}`);
  for (const bits of [0, 15, 97, 128]) assert.equal(pool6(bits), "BAD_VALUE", `${bits}`);
  for (const prefix of ["::", "ff00::"]) assert.equal(pool6(96, prefix), "BAD_VALUE", prefix);
  const pair = (ip6: string, ip4: number[]) => say(n, Message.TRANSLATION, [...ip(ip6), ...ip4]);
  assert.equal(pair("2001:db8:8::1", [192, 168, 0, 1]), "NONE");
  for (const wrong of ["::", "ff02::1"]) assert.equal(pair(wrong, [192, 168, 0, 2]), "BAD_VALUE", wrong);
  for (const wrong of [
    [0, 0, 0, 0],
    [224, 0, 0, 1],
  ])
    assert.equal(pair("2001:db8:8::2", wrong), "BAD_VALUE", `${wrong}`);
  assert.equal(say(n, Message.DNS, [192, 168, 0, 53, ...ip("2001:db8:8::53")]), "NONE");
  assert.equal(say(n, Message.DNS, [0, 0, 0, 0, ...ip("2001:db8:8::53")]), "BAD_VALUE");
  const program = (number: number, on: number) => say(n, Message.PROGRAM, [...u16(number), ...u16(on)]);
  for (const on of [0, 1]) assert.equal(program(10000, on), "NONE");
  for (const on of [2, 256]) assert.equal(program(10000, on), "BAD_VALUE");
  for (const number of [0, 9999, 10002, 65535]) assert.equal(program(number, 1), "BAD_VALUE", `${number}`);
});

test("a query begins at the row that it asks for", () => {
  const n = node();
  for (let i = 1; i <= 3; i++) say(n, Message.ADDRESS, [0, 128, 1, 0, ...ip(`2001:db8::${i}`)]);
  const rows = (from: number) => n.core.configure(message(Message.ADDRESSES, u32(from))).length;
  const [three, two, none] = [rows(0), rows(1), rows(12)];
  assert.ok(three > two && two > 0, `${three} bytes, ${two} bytes`);
  assert.equal(two * 3, three * 2);
  assert.equal(none, 0);
  assert.equal(rows(0x7fffffff), 0);
  assert.equal(rows(0x80000000), three, "the highest bit does not count");
});
