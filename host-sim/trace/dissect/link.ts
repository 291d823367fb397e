/** Ethernet II, and the stand-ins where a packet has no link header. */
import { formatMac } from "../../core/address.js";
import { hex16, Malformed, type Next, type Packet } from "./packet.js";

const ETHER_TYPES: Record<number, string> = { 2048: "IPv4", 2054: "ARP", 34525: "IPv6" };

/** 0 destination   6 source   12 type   14 */
export function ethernet(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 14, "an Ethernet header");
  const type = packet.u16(at + 12);
  const destination = formatMac(packet.bytes, at);
  const source = formatMac(packet.bytes, at + 6);
  packet.add("Ethernet", at, at + 14, `Ethernet ${source} > ${destination} ${ETHER_TYPES[type] ?? hex16(type)}`, [
    ["destination", destination],
    ["source", source],
    ["type", `${hex16(type)} (${ETHER_TYPES[type] ?? "unknown"})`],
  ]);
  const key = type === 0x86dd ? "ip6" : type === 0x0800 ? "ip4" : "data";
  return { key, at: at + 14, end };
}

/** LINKTYPE_RAW: the version nibble tells IPv4 from IPv6. */
export function raw(packet: Packet, at: number, end: number): Next {
  packet.need(at, end, 1, "an IP packet");
  const version = packet.u8(at) >> 4;
  if (version !== 4 && version !== 6) throw new Malformed(`IP version ${version}, expected 4 or 6`);
  return { key: version === 6 ? "ip6" : "ip4", at, end };
}

export function data(packet: Packet, at: number, end: number): undefined {
  if (at === end) return;
  const shown = Math.min(end - at, 32);
  packet.add("data", at, end, `${end - at} bytes`, [
    ["bytes", packet.hex(at, shown) + (shown < end - at ? `… (${end - at} bytes)` : "")],
  ]);
}
