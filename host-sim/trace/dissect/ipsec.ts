/** ESP (RFC 4303) and AH (RFC 4302): their headers, and with a key what they carry and whether their ICV is right. */
import { ahIcv, algorithmName, icvLength, ivLength, openEsp } from "../ipsec/algorithms.js";
import { type Entry, seen, upperHalves } from "../ipsec/keyring.js";
import { covered } from "./covered.js";
import { PROTOCOLS } from "./ip6.js";
import { hex32, type Layer, Malformed, type Next, named, type Packet } from "./packet.js";

const ESP = 50;
const AH = 51;

/** 0 SPI   4 sequence number   8 IV, ciphertext (… padding, its length, next header), ICV */
export function esp(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 8, "an ESP header");
  const [spi, sequence] = [packet.u32(at), packet.u32(at + 4)];
  const fields: Layer["fields"] = [
    ["SPI", hex32(spi)],
    ["sequence number", String(sequence)],
  ];
  const brief = `ESP SPI ${hex32(spi)} seq ${sequence}`;
  // What is not whole cannot be checked.
  const candidates = packet.partial ? [] : (packet.keyring?.candidates(ESP, spi) ?? []);
  for (const sa of candidates) {
    if (end - at < 8 + ivLength(sa) + 2 + icvLength(sa)) continue;
    for (const high of upperHalves(sa, sequence)) {
      const plain = openEsp(sa, packet.slice(at, end - at), high);
      if (!plain) continue;
      seen(sa, high, sequence);
      return opened(packet, at, end, { sa, plain, brief, fields: [...fields, ...extended(sa, high, sequence)] });
    }
  }
  const known = candidates.length > 0 ? ` ${BAD}` : "";
  if (known) fields.push(["ICV", "wrong, or of another key"]);
  packet.add("ESP", at, at + 8, brief + known, fields);
  return { key: "data", at: at + 8, end };
}

const BAD = "ICV BAD";

interface Opened {
  sa: Entry;
  plain: Uint8Array;
  brief: string;
  fields: Layer["fields"];
}

/** The ciphertext gives way to what it was; its trailer is told behind what it carries. */
function opened(packet: Packet, at: number, end: number, { sa, plain, brief, fields }: Opened): Next {
  const from = at + 8 + ivLength(sa);
  packet.reveal(from, plain);
  const last = from + plain.length;
  const pad = packet.u8(last - 2);
  const next = packet.u8(last - 1);
  if (pad > plain.length - 2) throw new Malformed(`ESP padding of ${pad} bytes in ${plain.length} bytes`);
  const inner = last - 2 - pad;
  const right = packet.slice(inner, pad).every((byte, i) => byte === i + 1);
  packet.add("ESP", at, from, brief, [
    ...fields,
    ["algorithms", algorithmName(sa)],
    ...(from > at + 8 ? [["IV", packet.hex(at + 8, from - at - 8)] as [string, string]] : []),
    ["next header", named(next, PROTOCOLS)],
  ]);
  packet.trailers.unshift({
    at: inner,
    end,
    name: "ESP trailer",
    summary: `ESP trailer: ${pad} bytes of padding, ICV ok`,
    fields: [
      ["padding", `${pad} bytes${right ? "" : ", not 1, 2, 3 … (RFC 4303 §2.4)"}`],
      ["ICV", `${packet.hex(last, end - last)} ok`],
    ],
  });
  return { key: next, at: from, end: inner };
}

/** 0 next   1 length in words - 2   2 reserved   4 SPI   8 sequence number   12 ICV, padding to 8 */
export function ah(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 12, "an AH");
  const length = 4 * (packet.u8(at + 1) + 2);
  if (length < 12) throw new Malformed(`AH of ${length} bytes, expected at least 12`);
  packet.need(at, end, length, "an AH with its ICV");
  const [next, spi, sequence] = [packet.u8(at), packet.u32(at + 4), packet.u32(at + 8)];
  const verdict = checkAh(packet, at, end, length);
  packet.add("AH", at, at + length, `AH SPI ${hex32(spi)} seq ${sequence}${verdict?.bad ?? ""}`, [
    ["next header", named(next, PROTOCOLS)],
    ["SPI", hex32(spi)],
    ["sequence number", String(sequence)],
    ...(verdict?.fields ?? []),
    ["ICV", `${packet.hex(at + 12, length - 12)}${verdict ? (verdict.bad ? " wrong, or of another key" : " ok") : ""}`],
  ]);
  return { key: next, at: at + length, end };
}

/** Undefined where no key for its SPI is known. */
function checkAh(
  packet: Packet,
  at: number,
  end: number,
  length: number,
): { bad: string; fields: Layer["fields"] } | undefined {
  const sequence = packet.u32(at + 8);
  const candidates = packet.partial ? [] : (packet.keyring?.candidates(AH, packet.u32(at + 4)) ?? []);
  if (candidates.length === 0) return undefined;
  const icv = packet.slice(at + 12, length - 12);
  for (const sa of candidates) {
    if (icv.length < icvLength(sa)) continue;
    const bytes = covered(packet, at, end, icvLength(sa));
    for (const high of upperHalves(sa, sequence)) {
      const wanted = ahIcv(sa, bytes, high, icv);
      if (Buffer.compare(wanted, icv.subarray(0, wanted.length)) !== 0) continue;
      seen(sa, high, sequence);
      return { bad: "", fields: [...extended(sa, high, sequence), ["algorithms", algorithmName(sa)]] };
    }
  }
  return { bad: ` ${BAD}`, fields: [] };
}

function extended({ esn }: Entry, high: number, low: number): Layer["fields"] {
  return esn ? [["extended sequence number", String(high * 2 ** 32 + low)]] : [];
}
