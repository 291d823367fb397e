import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { interfaceInfo } from "../../../host-sim/live/interface.js";
import { SetupError } from "../../../host-sim/live/libc.js";
import { stationFilter } from "../../../host-sim/live/packet-socket.js";
import { parseLinks } from "../../../host-sim/live/rtnetlink.js";
import { openTun } from "../../../host-sim/live/tun.js";

const mac = fc.uint8Array({ minLength: 6, maxLength: 6 });

/** A classic BPF machine with what the filter uses (linux/filter.h); `tagged` is the kernel's VLAN_TAG_PRESENT. */
function accepts(program: Uint8Array, frame: Buffer, tagged: boolean): boolean {
  const code = Buffer.from(program);
  let a = 0;
  for (let pc = 0; ; pc++) {
    const [op, yes, no, k] = [
      code.readUInt16LE(pc * 8),
      code[pc * 8 + 2],
      code[pc * 8 + 3],
      code.readUInt32LE(pc * 8 + 4),
    ];
    if (op === 0x06) return k !== 0;
    else if (op === 0x20) a = k >= 0xfffff000 ? Number(tagged) : frame.readUInt32BE(k);
    else if (op === 0x28) a = frame.readUInt16BE(k);
    else if (op === 0x30) a = frame[k];
    else if (op === 0x15) pc += a === k ? yes : no;
    else if (op === 0x45) pc += a & k ? yes : no;
    else assert.fail(`instruction 0x${op.toString(16)}`);
  }
}

test("the station filter takes frames to our address or a group, not our own, not tagged ones", () => {
  fc.assert(
    fc.property(mac, mac, mac, fc.nat(5), fc.boolean(), (own, other, source, pick, tagged) => {
      own[0] &= 0xfe;
      const near = Uint8Array.from(own, (byte, i) => (i === pick ? byte ^ 2 : byte));
      for (const from of [source, own, near]) {
        for (const to of [own, other, near]) {
          const frame = Buffer.concat([to, from, Buffer.from([0x86, 0xdd])]);
          const toUs = Buffer.compare(to, own) === 0 || (to[0] & 1) === 1;
          const fromUs = Buffer.compare(from, own) === 0;
          assert.equal(accepts(stationFilter(own), frame, tagged), toUs && !fromUs && !tagged);
        }
      }
    }),
  );
});

function attribute(type: number, value: Buffer): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(4 + value.length, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, value, Buffer.alloc(-value.length & 3)]);
}

function linkMessage(type: number, index: number, flags: number, attributes: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.alloc(16), ...attributes]);
  body.writeInt32LE(index, 4);
  body.writeUInt32LE(flags, 8);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(16 + body.length, 0);
  header.writeUInt16LE(type, 4);
  return Buffer.concat([header, body]);
}

test("link messages tell index, name, MTU, address, carrier and removal", () => {
  const mtu = Buffer.alloc(4);
  mtu.writeUInt32LE(1400, 0);
  const attributes = [
    attribute(3, Buffer.from("wlan0\0")),
    attribute(99, Buffer.from([1])),
    attribute(4, mtu),
    attribute(1, Buffer.from("020000000007", "hex")),
  ];
  const [up, noCarrier, gone] = parseLinks(
    Buffer.concat([
      linkMessage(16, 7, 0x10043, attributes),
      linkMessage(16, 7, 0x1003, attributes),
      linkMessage(17, 8, 0, []),
    ]),
  );
  assert.deepEqual(
    { ...up, mac: Buffer.from(up.mac).toString("hex") },
    { index: 7, name: "wlan0", mtu: 1400, mac: "020000000007", up: true, carrier: true, removed: false },
  );
  assert.deepEqual([noCarrier.up, noCarrier.carrier], [true, false]);
  assert.deepEqual([gone.index, gone.removed], [8, true]);
});

test("no bytes crash the netlink parser or keep it from ending", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(64), fc.nat(64), (tail, length, cut) => {
      const message = linkMessage(16, 3, 1, [Buffer.from(tail)]);
      message.writeUInt16LE(length, 32 > message.length - 2 ? 0 : 32);
      parseLinks(message.subarray(0, message.length - Math.min(cut, message.length)));
    }),
  );
});

test("an interface that is absent, or cannot be one, is a sentence with exit code 2", () => {
  const absent = (error: unknown): boolean =>
    error instanceof SetupError && error.exitCode === 2 && /no interface "sixfold-no0"/.test(error.message);
  assert.throws(() => interfaceInfo("sixfold-no0"), absent);
  for (const name of ["", "a/b", "much-too-long-for-a-name", "a b", ".."]) {
    assert.throws(() => interfaceInfo(name), /is not an interface name/);
    assert.throws(() => openTun(name), /is not an interface name/);
  }
});

test("loopback is there and is no Ethernet interface", () => {
  const lo = interfaceInfo("lo");
  assert.equal(lo.ethernet, false);
  assert.ok(lo.index > 0 && lo.mtu >= 1280);
});
