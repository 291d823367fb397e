import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { dissect } from "../../../host-sim/trace/dissect.js";
import { LinkType } from "../../../host-sim/trace/pcapng.js";
import { PcapngFile } from "../../../host-sim/trace/pcapng-file.js";
import { fixtures } from "./fixtures.js";
import { tshark } from "./tshark.js";

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));
const fixture = (name: string) => {
  const found = fixtures.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return { bytes: bytesOf(found.hex), linktype: found.linktype };
};

/** Layers must lie end to end from the first byte to the last, whatever the bytes are. */
function checkCover(bytes: Uint8Array, linktype: number): void {
  const { layers, summary } = dissect(bytes, linktype);
  let at = 0;
  for (const layer of layers) {
    assert.equal(layer.offset, at, `${layer.name} in ${summary}`);
    assert.ok(layer.length >= 0);
    for (const [name, value] of layer.fields)
      assert.ok(name.length > 0 && !/undefined|NaN/.test(value), `${name} ${value}`);
    at += layer.length;
  }
  assert.equal(at, bytes.length, summary);
  assert.ok(!/undefined|NaN|\n/.test(summary), summary);
}

test("each kind of packet has its one line", () => {
  for (const { name, linktype, hex, summary } of fixtures) {
    assert.equal(dissect(bytesOf(hex), linktype).summary, summary, name);
    checkCover(bytesOf(hex), linktype);
  }
});

test("fields say what the header holds", () => {
  const { bytes, linktype } = fixture("BA with RH2 and refresh advice");
  const { layers } = dissect(bytes, linktype);
  assert.deepEqual(
    layers.map(({ name, offset, length }) => [name, offset, length]),
    [
      ["Ethernet", 0, 14],
      ["IP6", 14, 40],
      ["RH", 54, 24],
      ["MH", 78, 16],
    ],
  );
  const fields = Object.fromEntries(layers[3].fields.filter(([name]) => name !== "option"));
  assert.equal(fields.status, "0 (accepted)");
  assert.equal(fields.flags, "K");
  assert.equal(fields["sequence number"], "7");
  assert.equal(fields.lifetime, "60 s");
  assert.match(fields.checksum, /^0x[0-9a-f]{4} correct$/);
  assert.ok(layers[3].fields.some(([, value]) => value === "binding refresh advice 40 s"));
});

test("a changed bit is told as a wrong checksum or as malformed", () => {
  const covered = ["echo request", "BU with HAO and alternate CoA", "BA with RH2 and refresh advice", "TCP with SACK"];
  const more = ["tunnel: UDP in IPv6 in IPv6 with an encapsulation limit", "ICMPv4 echo", "BA in format S3", "RS"];
  for (const name of [...covered, ...more]) {
    const { bytes, linktype } = fixture(name);
    const last = dissect(bytes, linktype)
      .layers.filter((layer) => layer.name !== "data")
      .at(-1);
    assert.ok(last);
    for (let bit = 8 * last.offset; bit < 8 * bytes.length; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3] ^= 1 << (bit & 7);
      assert.match(dissect(damaged, linktype).summary, /BAD CHECKSUM|MALFORMED/, `${name}, bit ${bit}`);
    }
  }
});

test("what cannot be checked is said, not guessed", () => {
  const checksum = (name: string, layer: string) => {
    const { bytes, linktype } = fixture(name);
    const found = dissect(bytes, linktype).layers.find((candidate) => candidate.name === layer);
    return found?.fields.find(([field]) => field === "checksum")?.[1] ?? "";
  };
  assert.match(checksum("first fragment", "UDP"), /not checked \(first fragment\)/);
  assert.match(checksum("packet too big", "UDP"), /not checked \(quoted packet\)/);
  assert.equal(checksum("IPv4 UDP with options, no checksum", "UDP"), "0 (none)");
});

test("damage is named", () => {
  const { bytes, linktype } = fixture("BU with HAO and alternate CoA");
  const change = (at: number, value: number) => {
    const damaged = bytes.slice();
    damaged[at] = value;
    return dissect(damaged, linktype).summary;
  };
  assert.match(change(14, 0x40), /MALFORMED: IP version 4 where IPv6 was announced/);
  assert.match(change(55, 200), /MALFORMED: a destination options header needs 1608 bytes, 56 are here/);
  assert.match(change(61, 15), /MALFORMED: home address option of 15 bytes, expected 16/);
  assert.match(change(79, 9), /MALFORMED: a mobility header needs 80 bytes, 32 are here/);
  assert.match(change(93, 14), /MALFORMED: mobility option 3 .alternate care-of address. of 14 bytes, expected 16/);
  const cut = dissect(bytes.subarray(0, 90), linktype).summary;
  assert.match(
    cut,
    /MALFORMED: a mobility header needs 32 bytes, 12 are here \| MALFORMED: payload length 56, but 36 bytes follow/,
  );
  const ra = fixture("RA with every option of ours");
  ra.bytes[14 + 40 + 16 + 1] = 0;
  assert.match(dissect(ra.bytes, ra.linktype).summary, /MALFORMED: option 1 of length 0/);
});

test("a datagram to a program's port is an application's unless a mobility header follows on a bare port", () => {
  const { bytes } = fixture("BA in format S3");
  const ethernet = new Uint8Array([...new Uint8Array(12), 0x86, 0xdd, ...bytes]);
  assert.match(dissect(ethernet, LinkType.ETHERNET).summary, /UDP 10000 > 10000/);
  const other = bytes.slice();
  other[64 + 8] = 17;
  assert.match(dissect(other, LinkType.RAW).summary, /UDP 10000 > 10000/);
});

test("nesting without end stops", () => {
  const header = bytesOf("6000000000002940".padEnd(80, "0"));
  const nest = new Uint8Array(40 * 100);
  for (let i = 0; i < 100; i++) {
    nest.set(header, 40 * i);
    new DataView(nest.buffer).setUint16(40 * i + 4, 40 * (99 - i));
  }
  nest[6 + 40 * 99] = 59;
  assert.match(dissect(nest, LinkType.RAW).summary, /MALFORMED: more than 64 layers$/);
  checkCover(nest, LinkType.RAW);
});

test("random bytes never throw and are covered by layers", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(1, 101, 228), (bytes, linktype) => {
      checkCover(bytes, linktype);
    }),
    { numRuns: 2000 },
  );
});

test("mutated and cut packets never throw and are covered by layers", () => {
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 127, 128, 255))), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...fixtures),
      changes,
      fc.nat(),
      fc.boolean(),
      ({ hex, linktype }, edits, cut, whole) => {
        const bytes = bytesOf(hex);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        checkCover(whole ? bytes : bytes.subarray(0, cut % bytes.length), linktype);
      },
    ),
    { numRuns: 5000 },
  );
});

test("tshark finds the same layers, the same checksums and no malformed packet", { skip: tshark.missing }, () => {
  const folder = mkdtempSync(join(tmpdir(), "sixfold-dissect-"));
  try {
    const path = join(folder, "fixtures.pcapng");
    const file = new PcapngFile(path);
    file.writer.interface("net", LinkType.ETHERNET);
    file.writer.interface("port", LinkType.RAW);
    fixtures.forEach(({ linktype, hex }, i) => {
      file.writer.packet(linktype === LinkType.ETHERNET ? 0 : 1, i, bytesOf(hex));
    });
    file.close();
    const fields = ["frame.protocols", "_ws.malformed", "ip.checksum.status", "tcp.checksum.status"];
    fields.push("udp.checksum.status", "icmpv6.checksum.status", "icmp.checksum.status");
    const checks = ["ip", "tcp", "udp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]);
    const whole = ["-o", "ipv6.defragment:FALSE", "-o", "ip.defragment:FALSE"];
    const columns = fields.flatMap((field) => ["-e", field]);
    const lines = tshark
      .run(["-r", path, ...checks, ...whole, "-T", "fields", "-E", "separator=|", ...columns])
      .trimEnd();
    for (const [i, line] of lines.split("\n").entries()) {
      const { name, hex, linktype } = fixtures[i];
      const [protocols, malformed, ...statuses] = line.split("|");
      assert.equal(malformed, "", name);
      assert.ok(!statuses.join().includes("0"), `${name}: a bad checksum in ${statuses}`);
      assert.equal(ourProtocols(bytesOf(hex), linktype), theirProtocols(protocols, name), name);
    }
    assert.equal(lines.split("\n").length, fixtures.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const NAMES: Record<string, string> = {
  IP6: "ipv6",
  IP4: "ip",
  HBH: "ipv6.hopopts",
  DO: "ipv6.dstopts",
  RH: "ipv6.routing",
  FRAG: "ipv6.fraghdr",
  ICMP6: "icmpv6",
  ICMP4: "icmp",
  MH: "mipv6",
  S3: "udp",
  UDP: "udp",
  TCP: "tcp",
  ESP: "esp",
};

/** Our names in tshark's words. tshark does not know S3: behind its UDP header it sees data. */
function ourProtocols(bytes: Uint8Array, linktype: number): string {
  const { layers } = dissect(bytes, linktype);
  const s3 = layers.findIndex(({ name }) => name === "S3");
  return layers
    .slice(0, s3 < 0 ? undefined : s3 + 1)
    .map(({ name }) => NAMES[name])
    .filter(Boolean)
    .join(":");
}

/** What tshark shows of quoted packets beyond ours: those in a redirect's option, and the name of a header that is cut off. */
function theirProtocols(protocols: string, name: string): string {
  let text = protocols;
  if (name === "redirect") text = text.replace(/icmpv6:.*/, "icmpv6");
  if (name.includes("quotes less than")) text = text.replace(/:udp$/, "");
  const names = Object.values(NAMES);
  return text
    .split(":")
    .filter((protocol) => names.includes(protocol))
    .join(":");
}
