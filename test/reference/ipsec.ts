/** ESP and AH over IPv6 on node:crypto, as they travel: readable, slow, apart from the core's code. RFC 4302, RFC 4303. */
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { Encryption, Integrity } from "../../assembly/abi/ipsec.js";
import { checksum } from "./checksum.js";
import { UDP } from "./ip.js";

export const ESP = 50;
export const AH = 51;
const HOP_BY_HOP = 0;
const IP6 = 41;
const ROUTING = 43;
const OPTIONS = 60;
const HOME_ADDRESS = 0xc9;
const PORT = 4500;

export interface Sa {
  protocol: typeof ESP | typeof AH;
  encryption: Encryption;
  integrity: Integrity;
  /** With the salt of an AEAD behind it. */
  key: Uint8Array;
  /** Of HMAC, or of GMAC with its salt. */
  auth: Uint8Array;
  spi: number;
  esn: boolean;
  udp: boolean;
}

/** How one packet is sealed. */
export interface Sealing {
  seq: bigint;
  /** Of the size of `ivSize`. */
  iv: Uint8Array;
  /** Source and destination of tunnel mode, and the hop limit there. */
  tunnel?: [Uint8Array, Uint8Array, number];
}

export class WrongIcv extends Error {}

export function ivSize(sa: Sa): number {
  if (sa.protocol === AH) return sa.integrity === Integrity.AES_128_GMAC ? 8 : 0;
  return { [Encryption.NONE]: 0, [Encryption.NULL]: 0, [Encryption.AES_CBC]: 16 }[sa.encryption as number] ?? 8;
}
const isAead = (sa: Sa) => sa.encryption === Encryption.AES_GCM_16 || sa.encryption === Encryption.CHACHA20_POLY1305;
const be32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).swap32();

/** The header chain up to where a header of IPsec stands or would stand: what is in front, and the byte that names it. */
function split(packet: Buffer): { head: Buffer; named: number; rest: Buffer } {
  let named = 6;
  let at = 40;
  for (;;) {
    const next = packet[named];
    const size = 8 * (packet[at + 1] + 1);
    const options = next === OPTIONS ? optionsOf(packet.subarray(at, at + size)) : [];
    const stays =
      next === HOP_BY_HOP ||
      next === ROUTING ||
      (next === OPTIONS && (packet[at] === ROUTING || options.some(({ type }) => type === HOME_ADDRESS)));
    if (!stays) return { head: packet.subarray(0, at), named, rest: packet.subarray(at) };
    named = at;
    at += size;
  }
}
function optionsOf(header: Buffer): { type: number; data: Buffer }[] {
  const found = [];
  for (let at = 2; at < header.length; ) {
    if (header[at] === 0) at++;
    else {
      found.push({ type: header[at], data: header.subarray(at + 2, at + 2 + header[at + 1]) });
      at += 2 + header[at + 1];
    }
  }
  return found;
}
/** `head` with a new type of what follows, and the length of `rest`. */
function join(head: Buffer, named: number, next: number, rest: Buffer): Buffer {
  const packet = Buffer.concat([head, rest]);
  packet[named] = next;
  packet.writeUInt16BE(packet.length - 40, 4);
  return packet;
}
/** RFC 6040 §4.1 in normal mode: the class is copied. */
function tunnel(inner: Buffer, [source, destination, hops]: [Uint8Array, Uint8Array, number]): Buffer {
  const header = Buffer.alloc(40);
  header[0] = inner[0];
  header[1] = inner[1] & 0xf0;
  header[6] = IP6;
  header[7] = hops;
  header.set(source, 8);
  header.set(destination, 24);
  return join(header, 6, IP6, inner);
}

/** Bytes that protection puts in front of `length` bytes and behind them, without a tunnel's header. */
export function added(sa: Sa, length: number): { front: number; behind: number } {
  if (sa.protocol === AH) return { front: ahSize(sa), behind: 0 };
  const icv = sa.integrity === Integrity.HMAC_SHA1_96 ? 12 : 16;
  return { front: (sa.udp ? 8 : 0) + 8 + ivSize(sa), behind: paddingOf(sa, length) + 2 + icv };
}
function paddingOf(sa: Sa, length: number): number {
  const block = sa.encryption === Encryption.AES_CBC ? 16 : 4;
  return (block - ((length + 2) % block)) % block;
}

/** A packet as it travels, `packet` being as it would travel without. */
export function seal(sa: Sa, packet: Uint8Array, sealing: Sealing): Buffer {
  const whole = sealing.tunnel ? tunnel(Buffer.from(packet), sealing.tunnel) : Buffer.from(packet);
  const { head, named, rest } = split(whole);
  const next = whole[named];
  if (sa.protocol === AH) return sealAh(sa, head, named, next, rest, sealing);
  const padding = paddingOf(sa, rest.length);
  const trailer = Uint8Array.of(...Array.from({ length: padding }, (_, i) => i + 1), padding, next);
  const esp = sealEsp(sa, Buffer.concat([rest, trailer]), sealing);
  return sa.udp ? join(head, named, UDP, inUdp(head, esp)) : join(head, named, ESP, esp);
}
/** An ESP header and what is behind it, of a plaintext with its trailer. */
export function sealEsp(sa: Sa, text: Uint8Array, { seq, iv }: Sealing): Buffer {
  const header = Buffer.concat([be32(sa.spi), be32(Number(seq & 0xffffffffn))]);
  const high = sa.esn ? be32(Number(seq >> 32n)) : Buffer.alloc(0);
  if (isAead(sa)) {
    const { cipher, key, nonce } = aead(sa, iv);
    const sealer = createCipheriv(cipher as "aes-128-gcm", key, nonce, { authTagLength: 16 });
    sealer.setAAD(Buffer.concat([header.subarray(0, 4), high, header.subarray(4)]), { plaintextLength: text.length });
    return Buffer.concat([header, iv, sealer.update(text), sealer.final(), sealer.getAuthTag()]);
  }
  const sealer =
    sa.encryption === Encryption.AES_CBC ? createCipheriv(cbc(sa), sa.key, iv).setAutoPadding(false) : null;
  const ciphertext = sealer ? Buffer.concat([sealer.update(text), sealer.final()]) : text;
  const covered = Buffer.concat([header, iv, ciphertext]);
  return Buffer.concat([covered, hmac(sa, covered, high)]);
}
const cbc = (sa: Sa) => `aes-${sa.key.length * 8}-cbc`;
function aead(sa: Sa, iv: Uint8Array) {
  const key = sa.key.subarray(0, -4);
  const cipher = sa.encryption === Encryption.AES_GCM_16 ? `aes-${key.length * 8}-gcm` : "chacha20-poly1305";
  return { cipher, key, nonce: Buffer.concat([sa.key.subarray(-4), iv]) };
}
function hmac(sa: Sa, ...parts: Uint8Array[]): Buffer {
  const [hash, size] = sa.integrity === Integrity.HMAC_SHA1_96 ? ["sha1", 12] : ["sha256", 16];
  return createHmac(`${hash}`, sa.auth).update(Buffer.concat(parts)).digest().subarray(0, Number(size));
}
function inUdp(head: Buffer, esp: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(PORT, 0);
  header.writeUInt16BE(PORT, 2);
  header.writeUInt16BE(8 + esp.length, 4);
  const final = finalForm(head);
  const pseudo = Buffer.concat([final.subarray(8, 40), be32(8 + esp.length), be32(UDP)]);
  const sum = checksum(Buffer.concat([pseudo, header, esp]));
  header.writeUInt16BE(sum === 0 ? 0xffff : sum, 6);
  return Buffer.concat([header, esp]);
}

/** The packet without its outermost ESP or AH; `seqHi` of an extended number. Throws when it is not what the association sealed. */
export function open(
  sa: Sa,
  packet: Uint8Array,
  seqHi = 0,
): { packet: Buffer; tunnelled: boolean; iv: Buffer; seq: number } {
  const { head, named, rest } = split(Buffer.from(packet));
  if (head.readUInt16BE(4) !== packet.length - 40) throw new Error("payload length");
  const found = sa.protocol === AH ? openAh(sa, head, named, rest, seqHi) : openEsp(sa, head, named, rest, seqHi);
  const tunnelled = found.next === IP6;
  return { ...found, tunnelled, packet: tunnelled ? found.text : join(head, named, found.next, found.text) };
}
function openEsp(sa: Sa, head: Buffer, named: number, rest: Buffer, seqHi: number) {
  let esp = rest;
  if (sa.udp) {
    if (!inUdp(head, rest.subarray(8)).equals(rest)) throw new Error("UDP header");
    esp = rest.subarray(8);
  }
  if (head[named] !== (sa.udp ? UDP : ESP)) throw new Error(`no ESP, but ${head[named]}`);
  const { iv, text } = decrypt(sa, esp, seqHi);
  const padding = text[text.length - 2];
  const end = text.length - 2 - padding;
  if (end < 0 || text.subarray(end, -2).some((byte, i) => byte !== i + 1)) throw new Error("padding");
  return { text: text.subarray(0, end), next: text[text.length - 1], iv, seq: esp.readUInt32BE(4) };
}
/** Of an ESP header and what is behind it: the plaintext with its trailer. */
export function decrypt(sa: Sa, esp: Buffer, seqHi = 0): { iv: Buffer; text: Buffer } {
  if (esp.readUInt32BE(0) !== sa.spi) throw new Error("SPI");
  const high = sa.esn ? be32(seqHi) : Buffer.alloc(0);
  const iv = esp.subarray(8, 8 + ivSize(sa));
  const icv = sa.integrity === Integrity.HMAC_SHA1_96 ? 12 : 16;
  const ciphertext = esp.subarray(8 + iv.length, -icv);
  if (isAead(sa)) {
    const { cipher, key, nonce } = aead(sa, iv);
    const opener = createDecipheriv(cipher as "aes-128-gcm", key, nonce, { authTagLength: 16 });
    const aad = Buffer.concat([esp.subarray(0, 4), high, esp.subarray(4, 8)]);
    opener.setAAD(aad, { plaintextLength: ciphertext.length });
    opener.setAuthTag(esp.subarray(-icv));
    const text = opener.update(ciphertext);
    try {
      opener.final();
    } catch {
      throw new WrongIcv();
    }
    return { iv, text };
  }
  if (!hmac(sa, esp.subarray(0, -icv), high).equals(esp.subarray(-icv))) throw new WrongIcv();
  if (sa.encryption !== Encryption.AES_CBC) return { iv, text: ciphertext };
  return { iv, text: decryptCbc(sa, iv, ciphertext) };
}
export function decryptCbc(sa: Sa, iv: Uint8Array, ciphertext: Uint8Array): Buffer {
  const opener = createDecipheriv(cbc(sa), sa.key, iv).setAutoPadding(false);
  return Buffer.concat([opener.update(ciphertext), opener.final()]);
}

function sealAh(sa: Sa, head: Buffer, named: number, next: number, rest: Buffer, { seq, iv }: Sealing): Buffer {
  const size = ahSize(sa);
  const header = Buffer.alloc(size);
  header[0] = next;
  header[1] = size / 4 - 2;
  header.writeUInt32BE(sa.spi, 4);
  header.writeUInt32BE(Number(seq & 0xffffffffn), 8);
  const packet = join(head, named, AH, Buffer.concat([header, rest]));
  packet.set(icvOf(sa, packet, head.length, Number(seq >> 32n), iv), head.length + 12);
  return packet;
}
function ahSize(sa: Sa): number {
  const icv = { [Integrity.HMAC_SHA1_96]: 12, [Integrity.AES_128_GMAC]: 24 }[sa.integrity as number] ?? 16;
  return Math.ceil((12 + icv) / 8) * 8;
}
/** RFC 4302 §3.3.3; GMAC: RFC 4543 §4. */
function icvOf(sa: Sa, packet: Buffer, at: number, seqHi: number, iv: Uint8Array): Buffer {
  const covered = Buffer.concat([
    immutable(packet.subarray(0, at)),
    packet.subarray(at),
    sa.esn ? be32(seqHi) : Buffer.alloc(0),
  ]);
  const icv = { [Integrity.HMAC_SHA1_96]: 12, [Integrity.AES_128_GMAC]: 24 }[sa.integrity as number] ?? 16;
  covered.fill(0, at + 12, at + 12 + icv);
  if (sa.integrity !== Integrity.AES_128_GMAC) return hmac(sa, covered);
  const nonce = Buffer.concat([sa.auth.subarray(-4), iv]);
  const sealer = createCipheriv("aes-128-gcm", sa.auth.subarray(0, 16), nonce).setAAD(covered);
  sealer.final();
  return Buffer.concat([iv, sealer.getAuthTag()]);
}
function openAh(sa: Sa, head: Buffer, named: number, rest: Buffer, seqHi: number) {
  if (head[named] !== AH) throw new Error(`no AH, but ${head[named]}`);
  const size = ahSize(sa);
  if (rest[1] !== size / 4 - 2 || rest.readUInt32BE(4) !== sa.spi) throw new Error("AH");
  const iv = rest.subarray(12, 12 + ivSize(sa));
  const expected = icvOf(sa, Buffer.concat([head, rest]), head.length, seqHi, iv);
  if (!expected.equals(rest.subarray(12, 12 + expected.length))) throw new WrongIcv();
  return { text: rest.subarray(size), next: rest[0], iv, seq: rest.readUInt32BE(8) };
}
/** Headers with what changes on the way as zero, and addresses as at the last destination. */
function immutable(head: Buffer): Buffer {
  const form = finalForm(head);
  form.writeUInt32BE(0x60000000, 0);
  form[7] = 0;
  forEachHeader(form, (next, header) => {
    if (next !== HOP_BY_HOP && next !== OPTIONS) return;
    for (const { type, data } of optionsOf(header)) if (type & 0x20) data.fill(0);
  });
  return form;
}
/** Home addresses in the IPv6 header, RFC 6275 §6.3, §6.4. */
function finalForm(head: Buffer): Buffer {
  const form = Buffer.from(head);
  forEachHeader(form, (next, header) => {
    if (next === ROUTING && header[2] === 2) {
      swap(form.subarray(24, 40), header.subarray(8, 24));
      header[3] = 0;
    }
    if (next !== OPTIONS) return;
    for (const { type, data } of optionsOf(header)) if (type === HOME_ADDRESS) swap(form.subarray(8, 24), data);
  });
  return form;
}
function forEachHeader(head: Buffer, visit: (next: number, header: Buffer) => void): void {
  let next = head[6];
  for (let at = 40; at < head.length; ) {
    const size = 8 * (head[at + 1] + 1);
    visit(next, head.subarray(at, at + size));
    next = head[at];
    at += size;
  }
}
function swap(a: Buffer, b: Buffer): void {
  const was = Buffer.from(a);
  b.copy(a);
  was.copy(b);
}
