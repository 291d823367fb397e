// Packets that RFCs and drafts print: as the core finds them behind an IPv6 header.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Encryption, Integrity } from "../../../assembly/abi/ipsec.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { decryptCbc, ESP, type Sa, sealEsp } from "../../reference/ipsec.js";
import { Ipsec } from "../lib/ipsec.js";
import { PROFILES } from "../lib/parts.js";

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
const count = (first: number, length: number) => Buffer.from(Array.from({ length }, (_, i) => first + i));
const ASCENDING = count(8, 0x30).toString("hex");

const aead = (encryption: Encryption, spi: number, key: string, esn = false): Sa => ({
  protocol: ESP,
  encryption,
  integrity: Integrity.NONE,
  key: hex(key),
  auth: Buffer.alloc(0),
  spi,
  esn,
  udp: false,
});

interface Vector {
  name: string;
  sa: Sa;
  seq: bigint;
  /** ESP header, initialization vector, ciphertext, ICV. */
  esp: Buffer;
  /** Payload without the trailer. */
  text: string;
  next: number;
}
const VECTORS: Vector[] = [
  {
    name: "RFC 7634 appendix A",
    sa: aead(Encryption.CHACHA20_POLY1305, 0x01020304, `${count(0x80, 32).toString("hex")}a0a1a2a3`),
    seq: 5n,
    esp: hex(`01020304 00000005 1011121314151617
      24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6
      14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3
      cbec163fac469b502773f6fb94e664da9165b82829f641e0 76aaa8266b7fb0f7b11b369907e1ad43`),
    text: `45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f
      ${count(0x10, 40).toString("hex")}`,
    next: 4,
  },
  {
    name: "draft-mcgrew-gcm-test-01, extended sequence number",
    sa: aead(Encryption.AES_GCM_16, 0x4321, "4c80cdefbb5d10da906ac73c3613a634 2e443b68", true),
    seq: 0x8765432100000000n,
    esp: hex(`00004321 00000000 4956ed7e3b244cfe
      fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff62
      47aeabb786b93bce61bc17d768fd9732 459018148f6cbe722fd04796562dfdb4`),
    text: `45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f736970045f756470037369700963796265726369
      747902646b0000210001`,
    next: 1,
  },
  {
    name: "draft-mcgrew-gcm-test-01, key of 256 bits",
    sa: aead(Encryption.AES_GCM_16, 0x4a2cbfe3, `${"abbccddef00112233445566778899aab".repeat(2)} 11223344`),
    seq: 2n,
    esp: hex(`4a2cbfe3 00000002 0102030405060708
      ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d347f0545659f14e99def842d8e
      b335f4eecfdbf831824b4c4915956c96`),
    text: "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000020405b401010402",
    next: 1,
  },
];

/** RFC 3602 §4, cases 5 to 8: AES-CBC alone, which needs an ICV here. */
const SAMPLES = [
  {
    key: "90d382b410eeba7ad938c46cec1a82bf",
    esp: `0000432100000001e96e8c08ab465763fd098d45dd3ff893
      f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c
      538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6`,
    text: `08000ebda70a00008e9c083db95b0700 ${ASCENDING}`,
    next: 1,
  },
  {
    key: "90d382b410eeba7ad938c46cec1a82bf",
    esp: `000043210000000869d08df7d203329db093fc4924e5bd80
      f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75`,
    text: "0800b5e8a80a0500a69c083d0b660e00777777777777777777777777",
    next: 1,
  },
  {
    key: "0123456789abcdef0123456789abcdef",
    esp: `0000876500000002f4e765244f6407adf13dc1380f673f37
      773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b
      8a4d4d2decd136e5c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d`,
    text: `45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a20400 ${ASCENDING}`,
    next: 4,
  },
  {
    key: "0123456789abcdef0123456789abcdef",
    esp: `000087650000000585d47224b5f3dd5d2101d4ea8dffab22
      15b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203bb50f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de
      435e7207ed971ef3d2726d9b5ef6affc6d17a0decbb13892`,
    text: `45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083da3de0300 ${"ff".repeat(32)}`,
    next: 4,
  },
];

/** The packet in the core's hands. */
function take(ipsec: Ipsec, { sa, seq, esp }: Pick<Vector, "sa" | "seq" | "esp">): number {
  const header = Buffer.alloc(40, 1);
  header.set([0x60, 0, 0, 0, 0, esp.length, ESP, 64]);
  ipsec.associate(0, sa);
  ipsec.place(Buffer.concat([header, esp]));
  return ipsec.core.unprotect(0, Number(seq >> 32n), 40, 6);
}

for (const profile of PROFILES) {
  const ipsec = new Ipsec(profile);
  for (const vector of VECTORS) {
    test(`${vector.name}, ${profile}`, () => {
      assert.equal(take(ipsec, vector), Verdict.GO);
      assert.equal(ipsec.core.next(), vector.next);
      assert.equal(ipsec.packet().subarray(40).toString("hex"), hex(vector.text).toString("hex"));
    });
  }
  for (const [i, { key, esp, text, next }] of SAMPLES.entries()) {
    test(`RFC 3602 §4 case ${i + 5}, with an ICV, ${profile}`, () => {
      const sample = hex(esp);
      const sa: Sa = { ...aead(Encryption.AES_CBC, sample.readUInt32BE(0), key), integrity: Integrity.HMAC_SHA1_96 };
      const iv = sample.subarray(8, 24);
      const sealed = sealEsp(sa, decryptCbc(sa, iv, sample.subarray(24)), { seq: BigInt(sample.readUInt32BE(4)), iv });
      assert.deepEqual(sealed.subarray(0, -12), sample, "the reference makes the sample");
      assert.equal(take(ipsec, { sa, seq: 0n, esp: sealed }), Verdict.GO);
      assert.equal(ipsec.core.next(), next);
      assert.equal(ipsec.packet().subarray(40).toString("hex"), hex(text).toString("hex"));
    });
  }
}
