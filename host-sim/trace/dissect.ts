/**
 * Explains a packet layer by layer. Never throws on what a packet holds: where a layer cannot be read, a layer `malformed` with the
 * reason takes the rest. What is merely wrong (a checksum, a length) is told and reading goes on.
 */
import { registration } from "./dissect/anycast.js";
import { icmp6 } from "./dissect/icmp6.js";
import { icmp4, ip4 } from "./dissect/ip4.js";
import { destinationOptions, fragment, hopByHop, ip6, noNextHeader, routing } from "./dissect/ip6.js";
import { ah, esp } from "./dissect/ipsec.js";
import { data, ethernet, raw } from "./dissect/link.js";
import { mobility } from "./dissect/mh.js";
import { type Layer, Malformed, type Next, Packet, type Parser } from "./dissect/packet.js";
import { tcp, udp } from "./dissect/transport.js";
import type { Keyring } from "./ipsec/keyring.js";
import { LinkType } from "./pcapng-blocks.js";

export type { Layer } from "./dissect/packet.js";

export interface Dissection {
  layers: Layer[];
  /** One line, such as `IP6 2001:db8:1::2 > 2001:db8:7::1 | MH BU seq 7 lifetime 60 s A H`. */
  summary: string;
}

/** A packet of a longer chain than this is nobody's; it bounds the work for one packet. */
const MAX_LAYERS = 64;

const PARSERS = new Map<Next["key"], Parser>([
  ["ether", ethernet],
  ["ip4", ip4],
  ["ip6", ip6],
  ["registration", registration],
  ["data", data],
  [0, hopByHop],
  [1, icmp4],
  [4, ip4],
  [6, tcp],
  [17, udp],
  [41, ip6],
  [43, routing],
  [44, fragment],
  [50, esp],
  [51, ah],
  [58, icmp6],
  [59, noNextHeader],
  [60, destinationOptions],
  [135, mobility],
]);

/** `linktype` as in the capture: 1 Ethernet, 101 IP without a link header; any other is shown as data. `keyring`: opens ESP. */
export function dissect(bytes: Uint8Array, linktype: number, keyring?: Keyring): Dissection {
  const packet = new Packet(bytes, keyring);
  packet.bare = linktype === LinkType.RAW;
  let at = 0;
  try {
    let next: Next | undefined = first(packet, linktype);
    while (next) {
      at = next.at;
      if (packet.layers.length >= MAX_LAYERS) throw new Malformed(`more than ${MAX_LAYERS} layers`);
      next = (PARSERS.get(next.key) ?? unknownProtocol(next.key))(packet, next.at, next.end);
    }
    for (const trailer of packet.trailers) {
      const { at, end, name = "trailer", summary = `${end - at} bytes behind the packet`, fields } = trailer;
      packet.add(name, at, end, summary, fields);
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    const cut = error.short && packet.quoted;
    packet.add(cut ? "cut" : "malformed", at, bytes.length, cut ? "the quoted packet ends here" : error.message);
  }
  for (const complaint of packet.complaints) {
    packet.layers.push({ name: "malformed", summary: complaint.reason, fields: [], offset: bytes.length, length: 0 });
  }
  return { layers: packet.layers, summary: summarize(packet.layers) };
}

function unknownProtocol(key: Next["key"]): Parser {
  return (packet, at, end) => {
    const bytes = packet.hex(at, Math.min(end - at, 32));
    packet.add("unknown", at, end, `protocol ${key}, ${end - at} bytes`, [["bytes", bytes]]);
    return undefined;
  };
}

function first(packet: Packet, linktype: number): Next {
  const [at, end] = [0, packet.bytes.length];
  if (linktype === LinkType.ETHERNET) return { key: "ether", at, end };
  return linktype === LinkType.RAW ? raw(packet, at, end) : { key: "data", at, end };
}

/** The layers that matter, joined; the link and payload only where there is nothing else. */
function summarize(layers: Layer[]): string {
  const quiet = new Set(["Ethernet", "data", "trailer", "ESP trailer", "cut"]);
  const told = layers.filter((layer) => !quiet.has(layer.name));
  const shown = told.length > 0 ? told : layers.slice(0, 1);
  let quoted = false;
  return shown
    .map((layer) => {
      const quotes = quoted && layer.name.startsWith("IP");
      quoted = layer.name.startsWith("ICMP");
      const text = layer.name === "malformed" ? `MALFORMED: ${layer.summary}` : layer.summary;
      return quotes ? `quotes ${text}` : text;
    })
    .join(" | ");
}
