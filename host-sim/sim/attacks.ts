/** What an attacker on a link does: it records frames and sends them again, or sends what it has made up. */
import { parseIp6 } from "../core/address.js";
import { PROTOCOL, protocolNumber } from "../core/ipsec/names.js";
import type { ForgeConfig, ReplayConfig, Scenario } from "../core/scenario.js";
import { durationUs } from "../core/units.js";
import { forgedFrame } from "./forge.js";
import type { World } from "./world.js";

const RECORDED_MAX = 4096;
const HEADER = { ETHERNET: 14, ETHERNET_IP6: 54 };
const EXTENSIONS = new Set([0, 43, 60]);
const BINDING_UPDATE = 5;
/** Locally administered. */
const ATTACKER_MAC = Uint8Array.of(0x02, 0x66, 0x6f, 0x72, 0x67, 0x65);

type Kind = NonNullable<ReplayConfig["of"]>;

export function planAttacks(world: World, scenario: Scenario): void {
  const records = new Map<string, Uint8Array[]>();
  for (const action of scenario.actions ?? []) {
    if (action.do === "replay") {
      const record = recordOf(world, records, action.link, action.of ?? "bu");
      world.at(durationUs(action.at), () => replay(world, action, record));
    } else if (action.do === "forge") world.at(durationUs(action.at), () => forge(world, action));
  }
}

function replay(world: World, { link, nth = 1, count = 1 }: ReplayConfig, record: Uint8Array[]): void {
  for (const frame of record.slice(nth - 1, nth - 1 + count)) world.link(link).inject(frame);
}

function forge(world: World, action: ForgeConfig): void {
  const home = action["home-address"];
  const link = world.link(action.link);
  const target = world.node(action.to).links.find((port) => port.link === link);
  if (!target) return; // it has moved on
  const packet = {
    source: parseIp6(action.source),
    destination: parseIp6(action.destination),
    home: home === undefined ? undefined : parseIp6(home),
    protocol: protocolNumber(action.protocol)!,
    payload: Buffer.from(action.payload.replaceAll(" ", ""), "hex"),
  };
  link.inject(forgedFrame(target.mac, ATTACKER_MAC, packet));
}

/** The frames of a kind that have crossed a link, one list for all who want them. */
function recordOf(world: World, records: Map<string, Uint8Array[]>, link: string, kind: Kind): Uint8Array[] {
  const key = `${link} ${kind}`;
  const known = records.get(key);
  if (known) return known;
  const record: Uint8Array[] = [];
  records.set(key, record);
  const { onFrame } = world.link(link);
  world.link(link).onFrame = (frame) => {
    onFrame?.(frame);
    if (record.length < RECORDED_MAX && isOf(kind, frame)) record.push(frame.slice());
  };
  return record;
}

/** Looks behind the extension headers of an IPv6 packet in an Ethernet frame. */
function isOf(kind: Kind, frame: Uint8Array): boolean {
  if (kind === "any") return true;
  if (frame[12] !== 0x86 || frame[13] !== 0xdd) return false;
  let next = frame[HEADER.ETHERNET + 6];
  let at = HEADER.ETHERNET_IP6;
  while (EXTENSIONS.has(next) && at + 8 <= frame.length) {
    next = frame[at];
    at += 8 * (frame[at + 1] + 1);
  }
  if (kind === "bu") return next === PROTOCOL.mh && frame[at + 2] === BINDING_UPDATE;
  return next === PROTOCOL[kind];
}
