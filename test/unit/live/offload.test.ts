import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { finish } from "../../../host-sim/live/offload.js";

const HEADER = 10;

/** An independent Internet checksum: BigInt arithmetic modulo 2^16 - 1 over the whole message. */
function reference(bytes: Uint8Array): number {
  const even = bytes.length % 2 ? Buffer.concat([bytes, Buffer.alloc(1)]) : Buffer.from(bytes);
  const rest = BigInt(`0x${even.toString("hex") || "0"}`) % 0xffffn;
  return rest === 0n && even.some((b) => b !== 0) ? 0xffff : Number(rest);
}

/** True when the transport checksum of an IPv4 or IPv6 packet verifies: the sum over everything is all ones. */
function verifies(packet: Buffer, transport: number, protocol: number, destination?: Buffer): boolean {
  const v6 = packet[0] >> 4 === 6;
  const source = v6 ? packet.subarray(8, 24) : packet.subarray(12, 16);
  const to = destination ?? (v6 ? packet.subarray(24, 40) : packet.subarray(16, 20));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(packet.length - transport);
  const pseudo = Buffer.concat([source, to, length, Buffer.from([0, 0, 0, protocol])]);
  return reference(Buffer.concat([pseudo, packet.subarray(transport)])) === 0xffff;
}

function vnet(gso: number, size: number, start = 0, offset = 0): Buffer {
  const header = Buffer.alloc(HEADER);
  header[0] = start ? 1 : 0;
  header[1] = gso;
  header.writeUInt16LE(size, 4);
  header.writeUInt16LE(start, 6);
  header.writeUInt16LE(offset, 8);
  return header;
}

const ethernet = (type: number): Buffer =>
  Buffer.from(`020000000001020000000002${type.toString(16).padStart(4, "0")}`, "hex");

function ip6(next: number, source: Buffer, destination: Buffer, payload: Buffer): Buffer {
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(payload.length, 4);
  header[6] = next;
  header[7] = 64;
  source.copy(header, 8);
  destination.copy(header, 24);
  return Buffer.concat([header, payload]);
}

function ip4(protocol: number, id: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + payload.length, 2);
  header.writeUInt16BE(id, 4);
  header[6] = 0x40;
  header[8] = 64;
  header[9] = protocol;
  header.write("c0a8000ac0a80064", 12, "hex");
  header.writeUInt16BE(0xffff - reference(header), 10);
  return Buffer.concat([header, payload]);
}

function tcp(sequence: number, flags: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(32);
  header.writeUInt16BE(5001, 0);
  header.writeUInt16BE(80, 2);
  header.writeUInt32BE(sequence, 4);
  header[12] = 0x80;
  header[13] = flags;
  header.fill(1, 20);
  return Buffer.concat([header, payload]);
}

function frames(bytes: Buffer): Buffer[] | null {
  const out: Buffer[] = [];
  return finish(bytes, Buffer.alloc(70000), (frame) => out.push(Buffer.from(frame))) ? out : null;
}

const bytes = (min: number, max: number) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((a) => Buffer.from(a));
const address = bytes(16, 16);

test("a partial checksum is completed over everything from its start", () => {
  fc.assert(
    fc.property(address, address, bytes(0, 1500), (source, destination, payload) => {
      const segment = tcp(1, 0x10, payload);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(segment.length);
      segment.writeUInt16BE(reference(Buffer.concat([source, destination, length, Buffer.from([0, 0, 0, 6])])), 16);
      const packet = ip6(6, source, destination, segment);
      const [frame, ...more] = frames(Buffer.concat([vnet(0, 0, 54, 16), ethernet(0x86dd), packet]))!;
      assert.equal(more.length, 0);
      assert.ok(verifies(frame.subarray(14), 40, 6));
    }),
  );
});

test("a frame without offload passes unchanged", () => {
  fc.assert(
    fc.property(bytes(14, 200), (frame) => {
      assert.deepEqual(frames(Buffer.concat([vnet(0, 0), frame])), [frame]);
    }),
  );
});

test("TCP segments hold the payload once, in order, with valid checksums, plain and in tunnels", () => {
  fc.assert(
    fc.property(
      bytes(1, 9000),
      fc.integer({ min: 200, max: 1448 }),
      fc.nat(0xffffffff),
      fc.nat(0xffff),
      fc.constantFrom(6, 4),
      fc.boolean(),
      address,
      (payload, size, sequence, id, version, tunnel, end) => {
        const FLAGS = 0x80 | 0x10 | 0x08 | 0x01; // CWR ACK PSH FIN
        const segment = tcp(sequence, FLAGS, payload);
        const inner = version === 6 ? ip6(6, end, Buffer.from(end).reverse(), segment) : ip4(6, id, segment);
        const outer = tunnel ? ip6(version === 6 ? 41 : 4, end, end, inner) : inner;
        const ethertype = tunnel || version === 6 ? 0x86dd : 0x0800;
        const gso = (version === 6 ? 4 : 1) | 0x80;
        const out = frames(Buffer.concat([vnet(gso, size), ethernet(ethertype), outer]))!;
        assert.equal(out.length, Math.ceil(payload.length / size));
        const collected: Buffer[] = [];
        out.forEach((frame, i) => {
          const from = 14 + (tunnel ? 40 : 0);
          const packet = frame.subarray(from);
          const transport = version === 6 ? 40 : 20;
          if (tunnel) assert.equal(frame.readUInt16BE(14 + 4), packet.length);
          if (version === 6) assert.equal(packet.readUInt16BE(4), packet.length - 40);
          else {
            assert.equal(packet.readUInt16BE(2), packet.length);
            assert.equal(packet.readUInt16BE(4), (id + i) & 0xffff);
            assert.equal(reference(packet.subarray(0, 20)), 0xffff);
          }
          assert.ok(verifies(packet, transport, 6));
          assert.equal(packet.readUInt32BE(transport + 4), (sequence + i * size) >>> 0);
          const last = i === out.length - 1;
          assert.equal(packet[transport + 13], 0x10 | (i === 0 ? 0x80 : 0) | (last ? 0x09 : 0));
          assert.deepEqual(packet.subarray(transport + 20, transport + 32), segment.subarray(20, 32));
          collected.push(packet.subarray(transport + 32));
        });
        assert.deepEqual(Buffer.concat(collected), payload);
      },
    ),
  );
});

test("the checksum of a segment covers the last address of a routing header", () => {
  const [source, hop, home] = ["11", "22", "33"].map((digit) => Buffer.alloc(16, Number.parseInt(digit, 16)));
  const routing = Buffer.concat([Buffer.from([6, 2, 2, 1, 0, 0, 0, 0]), home]);
  const packet = ip6(43, source, hop, Buffer.concat([routing, tcp(7, 0x10, Buffer.alloc(3000, 5))]));
  const out = frames(Buffer.concat([vnet(4, 1000), ethernet(0x86dd), packet]))!;
  assert.equal(out.length, 3);
  for (const frame of out) assert.ok(verifies(frame.subarray(14), 64, 6, home));
});

test("UDP segments are datagrams of their own", () => {
  fc.assert(
    fc.property(bytes(1, 5000), fc.integer({ min: 100, max: 1400 }), address, (payload, size, end) => {
      const header = Buffer.from("1f901f9100000000", "hex");
      const packet = ip6(17, end, end, Buffer.concat([header, payload]));
      const out = frames(Buffer.concat([vnet(5, size), ethernet(0x86dd), packet]))!;
      for (const frame of out) {
        assert.equal(frame.readUInt16BE(14 + 44), frame.length - 14 - 40);
        assert.ok(verifies(frame.subarray(14), 40, 17));
      }
      assert.deepEqual(Buffer.concat(out.map((frame) => frame.subarray(62))), payload);
    }),
  );
});

test("no bytes from the kernel crash it, and unknown offload is refused", () => {
  fc.assert(
    fc.property(bytes(0, 300), (any) => void frames(any)),
    { numRuns: 2000 },
  );
  assert.equal(frames(Buffer.concat([vnet(3, 1000), ethernet(0x0800), ip4(17, 1, Buffer.alloc(3000))])), null);
});
