import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import {
  AddressError,
  formatIp4,
  formatIp6,
  formatMac,
  formatPrefix,
  inPrefix,
  parseAddressPrefix,
  parseIp,
  parseIp4,
  parseIp6,
  parseMac,
  parsePrefix,
} from "../../../host-sim/core/address.js";

const canonical = (text: string) => formatIp6(parseIp6(text));

test("RFC 5952 examples come out in canonical form", () => {
  const vectors: [string, string][] = [
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // §1
    ["2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:db8:0000:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"], // §2.1
    ["2001:db8:aaaa:bbbb:cccc:dddd::1", "2001:db8:aaaa:bbbb:cccc:dddd:0:1"], // §2.2, §4.2.2
    ["2001:db8:0:0:0::1", "2001:db8::1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"], // §4.2.1
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"], // §4.2.2
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"], // §4.2.3
    ["2001:DB8:AAAA:BBBB:CCCC:DDDD:EEEE:AAAA", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"], // §4.3
    ["::ffff:192.0.2.1", "::ffff:192.0.2.1"], // §5
    ["0:0:0:0:0:ffff:c000:201", "::ffff:192.0.2.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ];
  for (const [text, expected] of vectors) assert.equal(canonical(text), expected, text);
});

test("what is not an IPv6 address is refused", () => {
  const bad = [
    ..."|:|:::|1|1:2:3:4:5:6:7|1:2:3:4:5:6:7:8:9|1::2::3|12345::|g::|::1.2.3|::1.2.3.4.5|::1.2.3.256".split("|"),
    ..."1:2:3:4:5:6:7::8|1:2:3:4:5:6:7:1.2.3.4|1.2.3.4::|fe80::1%eth0|::1 |:1:2:3:4:5:6:7|1:2:3:4:5:6:7:|1:::2".split(
      "|",
    ),
    ..."::01.2.3.4|::1/64|[::1]".split("|"),
  ];
  for (const text of bad) assert.throws(() => parseIp6(text), AddressError, text);
});

test("what is not an IPv4 or MAC address is refused", () => {
  for (const text of [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    "1.2.3.-4",
    "0x1.2.3.4",
    "1.2.3.4 ",
    "1..2.3",
  ]) {
    assert.throws(() => parseIp4(text), AddressError, text);
  }
  for (const text of [
    "",
    "02:00:00:00:00",
    "02:00:00:00:00:00:01",
    "2:0:0:0:0:1",
    "02-00-00-00-00-01",
    "0g:00:00:00:00:00",
  ]) {
    assert.throws(() => parseMac(text), AddressError, text);
  }
});

test("a refusal quotes the text and says what was expected", () => {
  assert.throws(() => parseIp4("1.2.3.04"), /"1\.2\.3\.04" is not an IPv4 address .*192\.0\.2\.1/);
  assert.throws(() => parsePrefix("2001:db8::1/64"), /bits behind \/64 are set \(2001:db8::\/64/);
  assert.throws(() => parsePrefix("2001:db8::/129"), /0-128/);
  assert.throws(() => parsePrefix("192.0.2.0/33"), /0-32/);
  for (const text of ["2001:db8::", "2001:db8::/", "2001:db8::/064", "2001:db8::/-1", "/64", "2001:db8::/64/64"]) {
    assert.throws(() => parsePrefix(text), AddressError, text);
  }
});

test("bytes survive text both ways, and Node agrees that the text is an address", () => {
  const word = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 65535 }));
  fc.assert(
    fc.property(fc.array(word, { minLength: 8, maxLength: 8 }), (words) => {
      const bytes = Uint8Array.from(words.flatMap((w) => [w >> 8, w & 255]));
      const text = formatIp6(bytes);
      assert.deepEqual(parseIp6(text), bytes);
      assert.ok(isIPv6(text));
      if (!text.startsWith("::ffff:")) assert.equal(new URL(`http://[${text}]/`).hostname, `[${text}]`);
    }),
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 6, maxLength: 6 }),
      (ip4, mac) => {
        assert.deepEqual(parseIp4(formatIp4(ip4)), ip4);
        assert.deepEqual(parseMac(formatMac(mac)), mac);
      },
    ),
  );
});

test("the parsers accept exactly what Node accepts, zones aside", () => {
  const piece = fc.constantFrom(":", "::", "0", "1", "ff", "12345", "1.2.3.4", ".", "256", "g", "db8", "ffff");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join("");
      assert.equal(accepts(parseIp6, text), isIPv6(text), text);
      assert.equal(accepts(parseIp4, text), isIPv4(text), text);
    }),
    { numRuns: 3000 },
  );
});

test("prefixes cover their addresses and nothing else", () => {
  assert.equal(formatPrefix(parsePrefix("2001:DB8::/32")), "2001:db8::/32");
  assert.equal(parseAddressPrefix("192.0.2.7/24").length, 24);
  assert.ok(inPrefix(parseIp("2001:db8:ffff::1"), parsePrefix("2001:db8::/32")));
  assert.ok(!inPrefix(parseIp("2001:db9::1"), parsePrefix("2001:db8::/32")));
  assert.ok(inPrefix(parseIp("192.0.2.129"), parsePrefix("192.0.2.128/25")));
  assert.ok(!inPrefix(parseIp("192.0.2.127"), parsePrefix("192.0.2.128/25")));
  assert.ok(inPrefix(parseIp("2001:db9::1"), parsePrefix("::/0")));
  assert.ok(!inPrefix(parseIp("192.0.2.1"), parsePrefix("::/0")));
});

test("bytes that are not there are an error, not undefined text", () => {
  assert.throws(() => formatIp6(new Uint8Array(15)), RangeError);
  assert.throws(() => formatIp4(new Uint8Array(8), 5), RangeError);
  assert.throws(() => formatMac(new Uint8Array(6), -1), RangeError);
});

function accepts(parse: (text: string) => Uint8Array, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    assert.ok(error instanceof AddressError, text);
    return false;
  }
}
