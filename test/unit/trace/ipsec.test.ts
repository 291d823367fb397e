/** ESP and AH of somebody else's making (scapy 2.5), opened and held against their ICVs. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Encryption, Integrity } from "../../../assembly/abi/ipsec.js";
import { brief } from "../../../host-sim/trace/classify.js";
import { dissect } from "../../../host-sim/trace/dissect.js";
import { espSaText, readEspSa } from "../../../host-sim/trace/ipsec/esp-sa.js";
import { Keyring, type KnownAssociation, upperHalves } from "../../../host-sim/trace/ipsec/keyring.js";
import { LinkType } from "../../../host-sim/trace/pcapng.js";
import { PcapngFile } from "../../../host-sim/trace/pcapng-file.js";
import { tshark } from "./tshark.js";

/** Keys begin with the bytes 1, 2, 3 … */
const key = (length: number) => Uint8Array.from({ length }, (_, i) => i + 1);

interface Sealed {
  name: string;
  sa: KnownAssociation;
  hex: string;
  /** With the key. */
  summary: string;
}

function sealed(name: string, sa: Partial<KnownAssociation> & { spi: number }, hex: string, summary: string): Sealed {
  const none = { protocol: 50, encryption: Encryption.NONE, integrity: Integrity.NONE, esn: false };
  return { name, sa: { ...none, key: key(0), integrityKey: key(0), ...sa }, hex, summary };
}

const PACKETS = [
  sealed(
    "AES-CBC with HMAC-SHA1-96",
    {
      spi: 0x1001,
      encryption: Encryption.AES_CBC,
      integrity: Integrity.HMAC_SHA1_96,
      key: key(16),
      integrityKey: key(20),
    },
    "600000000044324020010db800070000000000000000001020010db80008000000000000000000010000100100000001" +
      "c15d033fab61f93ad39289b0da744be469faea83583312b971d67a14113bafc167eb3942b9b93e8c2cad611d706a3b35" +
      "3fe99ee53280c48eb0030620",
    "IP6 2001:db8:7::10 > 2001:db8:8::1 | ESP SPI 0x00001001 seq 1 | UDP 5000 > 6000 7 bytes",
  ),
  sealed(
    "AES-256-CBC with HMAC-SHA2-256-128 in a tunnel",
    {
      spi: 0x1002,
      encryption: Encryption.AES_CBC,
      integrity: Integrity.HMAC_SHA2_256_128,
      key: key(32),
      integrityKey: key(32),
    },
    "600000000068324020010db800210000000000000000000520010db80007000000000000000000010000100200000001" +
      "ea92db832d9cf5b8d60d1476c7131935420f6667c94ebeb353d5838d234655931cb9a954d62013b43406768fd412085d" +
      "88d20157fe8dc2e2fb63ce103debec2273bb9e688816e996ccad589a53b2a3ada701d823e7bbe953df79bcceb3283c0c",
    "IP6 2001:db8:21::5 > 2001:db8:7::1 | ESP SPI 0x00001002 seq 1 | IP6 2001:db8:7::10 > 2001:db8:8::1 | UDP 5000 > 6000 7 bytes",
  ),
  sealed(
    "AES-GCM in a tunnel",
    { spi: 0x1003, encryption: Encryption.AES_GCM_16, key: key(20) },
    "60000000005c324020010db800210000000000000000000520010db80007000000000000000000010000100300000001" +
      "5d1339d9d72b72fd0207827af4ac455bb1d3aa5f7fa936aff8a08eda2f8d7786651c26c8e313b074c8424e4c906643c7" +
      "b2fd7a37ab182c11055fe511a48f658f65012a6252b402a0852679653e6ff98b2b123b54",
    "IP6 2001:db8:21::5 > 2001:db8:7::1 | ESP SPI 0x00001003 seq 1 | IP6 2001:db8:7::10 > 2001:db8:8::1 | UDP 5000 > 6000 7 bytes",
  ),
  sealed(
    "ChaCha20-Poly1305",
    { spi: 0x1004, encryption: Encryption.CHACHA20_POLY1305, key: key(36) },
    "600000000034324020010db800070000000000000000001020010db80008000000000000000000010000100400000001" +
      "ee8e802fb2068f9b072f5ece7e27a2a453b9c319ff4e728b737712eaefe64e9fffa63f1ad526d1df42176818",
    "IP6 2001:db8:7::10 > 2001:db8:8::1 | ESP SPI 0x00001004 seq 1 | UDP 5000 > 6000 7 bytes",
  ),
  sealed(
    "NULL with HMAC-SHA2-256-128",
    { spi: 0x1005, encryption: Encryption.NULL, integrity: Integrity.HMAC_SHA2_256_128, integrityKey: key(32) },
    "60000000002c324020010db800070000000000000000001020010db80008000000000000000000010000100500000001" +
      "13881770000fba09736978666f6c640102030311dff6f89f674112be41b73f99c8d03e7e",
    "IP6 2001:db8:7::10 > 2001:db8:8::1 | ESP SPI 0x00001005 seq 1 | UDP 5000 > 6000 7 bytes",
  ),
  sealed(
    "AES-GCM in UDP",
    { spi: 0x1006, encryption: Encryption.AES_GCM_16, key: key(20) },
    "60000000003c114020010db800070000000000000000001020010db800080000000000000000000111941194003c0000" +
      "0000100600000001a8c8d0f7c8f6b3a0702f6aa187b58313dce65d73841de90a19dd6854c63e25722189b1003f24ddc9" +
      "48901e56",
    "IP6 2001:db8:7::10 > 2001:db8:8::1 | UDP 4500 > 4500 52 bytes BAD CHECKSUM | ESP SPI 0x00001006 seq 1 | UDP 5000 > 6000 7 bytes",
  ),
  sealed(
    "AES-GCM with extended sequence numbers",
    { spi: 0x1007, encryption: Encryption.AES_GCM_16, esn: true, key: key(20) },
    "600000000034324020010db800070000000000000000001020010db80008000000000000000000010000100700000001" +
      "c07f106e3cad13a0737c013de6c92c7d9a41e380f4e04c28d557a5ec76070e67a7af6ac60ea625ed1bc8676e",
    "IP6 2001:db8:7::10 > 2001:db8:8::1 | ESP SPI 0x00001007 seq 1 | UDP 5000 > 6000 7 bytes",
  ),
  sealed(
    "AH with HMAC-SHA1-96",
    { spi: 0x1008, protocol: 51, integrity: Integrity.HMAC_SHA1_96, integrityKey: key(20) },
    "600000000027334020010db800070000000000000000001020010db80008000000000000000000011104000000001008" +
      "000000016cec75f0b33352d7c49b948e13881770000fba09736978666f6c64",
    "IP6 2001:db8:7::10 > 2001:db8:8::1 | AH SPI 0x00001008 seq 1 | UDP 5000 > 6000 7 bytes",
  ),
  sealed(
    "AH with HMAC-SHA2-256-128 around a tunnel",
    { spi: 0x1009, protocol: 51, integrity: Integrity.HMAC_SHA2_256_128, integrityKey: key(32) },
    "60000000005f334020010db800210000000000000000000520010db80007000000000000000000012906000000001009" +
      "00000001e405dcef9596028129711b7663cb60f700000000600000000017004020010db8000700000000000000000010" +
      "20010db8000800000000000000000001110005020000010013881770000fba09736978666f6c64",
    "IP6 2001:db8:21::5 > 2001:db8:7::1 | AH SPI 0x00001009 seq 1 | IP6 2001:db8:7::10 > 2001:db8:8::1 | HBH router alert 0 (MLD) | UDP 5000 > 6000 7 bytes",
  ),
];

const bytesOf = ({ hex }: Sealed) => Buffer.from(hex, "hex");
const open = (bytes: Uint8Array, ...known: KnownAssociation[]) => dissect(bytes, LinkType.RAW, new Keyring(known));

for (const one of PACKETS) {
  test(`opened: ${one.name}`, () => {
    const bytes = bytesOf(one);
    const { layers, summary } = open(bytes, one.sa);
    assert.equal(summary, one.summary);
    const shown = JSON.stringify(layers);
    assert.match(shown, /\["ICV","[0-9a-f]{24,32} ok"\]|\["ICV","[0-9a-f]{32}0* ok"\]/);
    assert.doesNotMatch(shown, /malformed/);
    // Layers lie side by side, and the capture's own bytes stay what they were.
    let at = 0;
    for (const { offset, length } of layers) {
      assert.equal(offset, at);
      at += length;
    }
    assert.equal(at, bytes.length);
    assert.equal(bytes.toString("hex"), one.hex);
  });

  test(`without its key nothing of it is seen: ${one.name}`, () => {
    const { summary } = dissect(bytesOf(one), LinkType.RAW);
    assert.equal(/ICV/.test(summary), false);
    assert.equal(summary.includes("UDP 5000"), one.sa.protocol === 51);
  });

  test(`any changed byte behind the addresses is found: ${one.name}`, () => {
    const bytes = bytesOf(one);
    const from = one.hex.indexOf(one.sa.spi.toString(16).padStart(8, "0")) / 2 + 4;
    for (let at = from; at < bytes.length; at++) {
      const spoilt = Buffer.from(bytes);
      spoilt[at] ^= 0x40;
      assert.match(open(spoilt, one.sa).summary, /ICV BAD/, `byte ${at}`);
    }
  });
}

test("a ladder names what is protected, where it can be seen", () => {
  const tunnel = PACKETS.find(({ name }) => name === "AES-GCM in a tunnel")!;
  assert.equal(brief(open(bytesOf(tunnel), tunnel.sa).layers), "ESP: tunnel: UDP 5000 > 6000 7 bytes");
  assert.equal(brief(open(bytesOf(tunnel)).layers), "ESP SPI 0x00001003 seq 1");
});

test("AH covers the addresses, and not the hop limit", () => {
  const one = PACKETS.find(({ name }) => name === "AH with HMAC-SHA1-96")!;
  const changed = (at: number) => {
    const bytes = bytesOf(one);
    bytes[at] ^= 1;
    return open(bytes, one.sa).summary;
  };
  for (let at = 8; at < 40; at++) assert.match(changed(at), /ICV BAD/, `byte ${at}`);
  assert.doesNotMatch(changed(7), /ICV BAD/);
  assert.doesNotMatch(changed(3), /ICV BAD/);
});

test("with an HMAC the upper half of the sequence number is behind what it covers (RFC 4303 §2.2.1)", () => {
  const sa = { ...PACKETS.find(({ name }) => name.startsWith("NULL"))!.sa, esn: true };
  const plain = Buffer.from("000010050000000713881770000fba09736978666f6c64010203040506060611", "hex");
  const icv = createHmac("sha256", sa.integrityKey).update(plain).update(Buffer.from("00000001", "hex")).digest();
  const esp = Buffer.concat([plain, icv.subarray(0, 16)]);
  const header = bytesOf(PACKETS[0]).subarray(0, 40);
  header[5] = esp.length;
  assert.match(open(Buffer.concat([header, esp]), sa).summary, /ESP SPI 0x00001005 seq 7 \| UDP/);
  assert.match(open(Buffer.concat([header, esp]), { ...sa, esn: false }).summary, /ICV BAD/);
});

test("of several associations with one SPI the right one opens", () => {
  const [one] = PACKETS;
  const other = { ...one.sa, key: key(32), integrityKey: one.sa.integrityKey.map((byte) => byte ^ 1) };
  assert.equal(open(bytesOf(one), other, one.sa).summary, one.summary);
  assert.match(open(bytesOf(one), other).summary, /ESP SPI 0x00001001 seq 1 ICV BAD$/);
});

test("whatever is in an ESP packet, nothing is thrown and no byte is told twice", () => {
  fc.assert(
    fc.property(fc.constantFrom(...PACKETS), fc.uint8Array({ maxLength: 80 }), fc.nat(120), (one, noise, cut) => {
      const bytes = Buffer.concat([bytesOf(one).subarray(0, cut), noise]);
      const { layers } = open(bytes, one.sa);
      for (const { offset, length } of layers) assert.ok(offset + length <= bytes.length);
    }),
  );
});

test("the upper half of a sequence number is the nearest to what was seen", () => {
  const entry = (highest: number) => ({ ...PACKETS[0].sa, esn: true, highest });
  assert.equal(upperHalves(entry(5), 6)[0], 0);
  assert.equal(upperHalves(entry(2 ** 32 - 2), 1)[0], 1);
  assert.equal(upperHalves(entry(2 ** 32 + 1), 2 ** 32 - 1)[0], 0);
  assert.deepEqual(upperHalves({ ...entry(2 ** 33), esn: false }, 1), [0]);
});

test("Wireshark's table is written for what it knows, and read again", () => {
  const { text, left } = espSaText(PACKETS.map(({ sa }) => sa));
  assert.equal(left, 3); // ChaCha20-Poly1305 and two AHs
  assert.match(text, /^"IPv6","\*","\*","0x00001001","AES-CBC \[RFC3602\]","0x0102/);
  const again = new Keyring(readEspSa(text));
  for (const one of PACKETS.filter(({ sa }) => sa.protocol === 50 && !sa.esn && sa.key.length !== 36)) {
    assert.equal(dissect(bytesOf(one), LinkType.RAW, again).summary, one.summary);
  }
});

test("a table that is none is refused by line, and not quoted", () => {
  const line = '"IPv6","*","*","0x00001001","AES-CBC [RFC3602]","0xSECRET","NULL",""';
  assert.throws(
    () => readEspSa(`# keys\n${line}\n`),
    (error: Error) => {
      assert.match(error.message, /^line 2: expected "IPv6"/);
      return !error.message.includes("SECRET");
    },
  );
});

test("tshark opens with the table what it knows", { skip: tshark.missing }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-esp-sa-"));
  try {
    const known = PACKETS.filter(({ sa }) => sa.protocol === 50 && !sa.esn && sa.key.length !== 36);
    const file = new PcapngFile(join(folder, "a.pcapng"));
    file.writer.interface("wire", LinkType.RAW);
    for (const one of known) file.writer.packet(0, 0, bytesOf(one));
    file.close();
    const rows = espSaText(known.map(({ sa }) => sa))
      .text.trim()
      .split("\n");
    const options = ["esp.enable_encryption_decode:TRUE", "esp.enable_authentication_check:TRUE"];
    const args = [...options, ...rows.map((row) => `uat:esp_sa:${row}`)].flatMap((option) => ["-o", option]);
    const fields = ["-T", "fields", "-e", "udp.port", "-e", "esp.icv_good"];
    const lines = tshark
      .run(["-r", join(folder, "a.pcapng"), ...args, ...fields])
      .trim()
      .split("\n");
    assert.equal(lines.length, known.length);
    for (const [i, text] of lines.entries()) assert.match(text, /5000,6000\t1$/, known[i].name);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
