import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { LinkType, PcapngWriter } from "../../../host-sim/trace/pcapng.js";
import { PcapngFile, readPcapngFile } from "../../../host-sim/trace/pcapng-file.js";
import { PcapngError, readPcapng } from "../../../host-sim/trace/pcapng-read.js";
import { tshark } from "./tshark.js";

interface Sample {
  iface: number;
  timeUs: number;
  data: Uint8Array;
  comment?: string;
}

const names = ["net-a", "tïerminal:mirror"];
const sample: fc.Arbitrary<Sample> = fc.record(
  {
    iface: fc.integer({ min: 0, max: names.length - 1 }),
    timeUs: fc.integer({ min: 0, max: 2 ** 52 }),
    data: fc.uint8Array({ minLength: 1, maxLength: 70 }),
    comment: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
  },
  { requiredKeys: ["iface", "timeUs", "data"], noNullPrototype: true },
);

function write(samples: Sample[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  const writer = new PcapngWriter((chunk) => chunks.push(chunk));
  writer.interface(names[0], LinkType.ETHERNET, 1500);
  writer.interface(names[1], LinkType.RAW);
  for (const { iface, timeUs, data, comment } of samples) writer.packet(iface, timeUs, data, comment);
  return new Uint8Array(Buffer.concat(chunks));
}

test("what is written is read again", () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 20 }), (samples) => {
      const { interfaces, packets } = readPcapng(write(samples), "memory");
      assert.deepEqual(
        interfaces.map(({ name, linktype, description }) => [name, linktype, description]),
        [
          [names[0], 1, "MTU 1500"],
          [names[1], 101, undefined],
        ],
      );
      const back = packets.map(({ originalLength, ...packet }) => {
        assert.equal(originalLength, packet.data.length);
        return packet;
      });
      assert.deepEqual(back, samples);
    }),
  );
});

test("the same packets give the same bytes", () => {
  const samples = [{ iface: 0, timeUs: 12, data: Uint8Array.of(1, 2, 3), comment: "step 501" }];
  assert.deepEqual(write(samples), write(samples));
});

test("tshark reads names, times, lengths and comments as they were written", { skip: tshark.missing }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-pcapng-"));
  try {
    const path = join(folder, "a.pcapng");
    const file = new PcapngFile(path);
    const lan = file.writer.interface("net-a", LinkType.ETHERNET, 1500);
    const mirror = file.writer.interface("mn:mirror", LinkType.RAW);
    file.writer.packet(lan, 1_234_567, new Uint8Array(60), "step 501: BU");
    file.writer.packet(mirror, 5_000_000_000_001, new Uint8Array(41).fill(0x60));
    file.close();
    const fields = ["frame.interface_name", "frame.encap_type", "frame.time_epoch", "frame.len", "frame.comment"];
    assert.equal(
      tshark.run(["-r", path, "-T", "fields", "-E", "separator=|", ...fields.flatMap((field) => ["-e", field])]),
      "net-a|1|1.234567000|60|step 501: BU\nmn:mirror|7|5000000.000001000|41|\n",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("both byte orders, sections, resolutions and unknown blocks are read", () => {
  const { interfaces, packets } = readPcapng(
    new Uint8Array(
      Buffer.concat([
        section(true),
        block(true, 0xbad, [1, 2, 3]),
        block(true, 1, [101, 0], "0900010009000000"), // nanoseconds, no end of options
        block(true, 6, [0, 1, 1000, 4, 90], "01020304", "01000100410000000000000000000000"),
        section(false),
        block(false, 1, [1 << 16, 2], "00020003626967000009000183000000" + "000e00080000000000000002" + "00000000"), // 2^-3 s, 2 s later
        block(false, 6, [0, 0, 9, 1, 1], "aa000000"),
        block(false, 3, [5], "bbcc0000"),
      ]),
    ),
    "memory",
  );
  assert.deepEqual(
    interfaces.map(({ name, linktype }) => [name, linktype]),
    [
      ["#0", 101],
      ["big", 1],
    ],
  );
  assert.deepEqual(
    packets.map(({ data, ...packet }) => ({ ...packet, data: Buffer.from(data).toString("hex") })),
    [
      { iface: 0, timeUs: Math.floor((2 ** 32 + 1000) / 1000), originalLength: 90, comment: "A", data: "01020304" },
      { iface: 1, timeUs: 1_125_000 + 2_000_000, originalLength: 1, data: "aa" },
      { iface: 1, timeUs: 0, originalLength: 5, data: "bbcc" },
    ],
  );
});

test("errors name the file and the offset", () => {
  const good = write([{ iface: 0, timeUs: 0, data: new Uint8Array(10) }]);
  const refuses = (bytes: Uint8Array, expected: RegExp) => assert.throws(() => readPcapng(bytes, "x.pcapng"), expected);
  refuses(new Uint8Array(), /^PcapngError: x\.pcapng: offset 0: only 0 bytes/);
  refuses(new Uint8Array(Buffer.from("d4c3b2a1020004000000000000000000", "hex")), /a pcap file, not pcapng/);
  refuses(new Uint8Array(Buffer.from("<html>this is not it</html>")), /not a pcapng file/);
  refuses(good.subarray(0, good.length - 4), /x\.pcapng: offset \d+: block of 44 bytes, but only 40 are left/);
  refuses(
    new Uint8Array(Buffer.concat([section(true), block(true, 6, [3, 0, 0, 0, 0])])),
    /offset 28: packet of interface 3/,
  );
  refuses(
    new Uint8Array(Buffer.concat([section(true), block(true, 1, [1])])),
    /offset 28: interface description block of 16/,
  );
  assert.throws(() => readPcapngFile("/no/such/file"), /^PcapngError: \/no\/such\/file: no such file$/);
});

test("damaged bytes give a PcapngError or a result, never another error", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 4 }), damage, fc.nat(), (samples, changes, cut) => {
      const bytes = write(samples);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      for (const input of [bytes, bytes.subarray(0, cut % bytes.length)]) {
        try {
          for (const packet of readPcapng(input, "memory").packets) assert.ok(packet.data.length <= input.length);
        } catch (error) {
          assert.ok(error instanceof PcapngError, String(error));
          assert.match(error.message, /^memory: offset \d+: /);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("a file holds what the writer got", () => {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-pcapng-"));
  try {
    const path = join(folder, "big.pcapng");
    const file = new PcapngFile(path);
    file.writer.interface("net-a", LinkType.ETHERNET);
    for (let i = 0; i < 200; i++) file.writer.packet(0, i, new Uint8Array(1000).fill(i));
    file.close();
    const { packets } = readPcapngFile(path);
    assert.deepEqual(
      packets.map(({ timeUs, data }) => [timeUs, data[999]]),
      Array.from({ length: 200 }, (_, i) => [i, i]),
    );
    writeFileSync(path, readFileSync(path).subarray(0, 100_002));
    assert.throws(() => readPcapngFile(path), /big\.pcapng: offset \d+: .* left/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a packet needs a declared interface and a time", () => {
  const writer = new PcapngWriter(() => {});
  assert.throws(() => writer.packet(0, 0, new Uint8Array(1)), /interface 0 was not declared/);
  writer.interface("a", LinkType.RAW);
  assert.throws(() => writer.packet(0, -1, new Uint8Array(1)), /-1 µs/);
  assert.throws(() => writer.packet(0, Number.NaN, new Uint8Array(1)), /NaN µs/);
});

/** A block in the given byte order: its words, then raw bytes in hexadecimal. */
function block(little: boolean, type: number, words: number[], ...hex: string[]): Buffer {
  const tail = Buffer.from(hex.join(""), "hex");
  const bytes = Buffer.alloc(12 + 4 * words.length + tail.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const put = (value: number, at: number) => view.setUint32(at, value, little);
  for (const [i, word] of [type, bytes.length, ...words].entries()) put(word, 4 * i);
  tail.copy(bytes, 8 + 4 * words.length);
  put(bytes.length, bytes.length - 4);
  return bytes;
}

function section(little: boolean): Buffer {
  const version = little ? 1 : 1 << 16;
  return block(little, 0x0a0d0d0a, [0x1a2b3c4d, version, 0xffffffff, 0xffffffff]);
}
