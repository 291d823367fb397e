/** What an attacker on a link does: it records frames and sends them again, or sends what it has made up. */
import { parseIp6 } from "../core/address.js";
import { PROTOCOL, protocolNumber } from "../core/ipsec/names.js";
import type { ForgeConfig, ReplayConfig, Scenario } from "../core/scenario.js";
import { durationUs } from "../core/units.js";
import { ATTACKER_MAC, forgedFrame } from "./forge.js";
import { probeOnWay, upperLayer, Way } from "./packets.js";
import type { World } from "./world.js";

const RECORDED_MAX = 4096;
const ETHERNET_HEADER = 14;
const BINDING_UPDATE = 5;
/** docs/anycast-identifier.md §6, at both ends. */
const REGISTRATION_PORT = 1021;

/** Tells the frames that are recorded by the IPv6 packet in them. */
type IsWanted = (packet: Uint8Array) => boolean;

export function planAttacks(world: World, scenario: Scenario): void {
  const records = new Map<string, Uint8Array[]>();
  for (const action of scenario.actions ?? []) {
    if (action.do === "replay") {
      const record = recordOf(world, records, action);
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
    options: action.options === undefined ? undefined : hexadecimal(action.options),
    protocol: protocolNumber(action.protocol)!,
    payload: hexadecimal(action.payload),
  };
  link.inject(forgedFrame(target.mac, ATTACKER_MAC, packet), true);
}

function hexadecimal(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

/** The frames of a kind that have crossed a link, one list for all who want them. */
function recordOf(world: World, records: Map<string, Uint8Array[]>, action: ReplayConfig): Uint8Array[] {
  const { link, of = "bu", flow } = action;
  const key = `${link} ${of} ${flow ?? ""}`;
  const known = records.get(key);
  if (known) return known;
  const record: Uint8Array[] = [];
  records.set(key, record);
  const isWanted = wanted(world, of, flow);
  const { onFrame } = world.link(link);
  world.link(link).onFrame = (frame) => {
    onFrame?.(frame);
    if (record.length < RECORDED_MAX && (of === "any" || (isIp6(frame) && isWanted(frame.subarray(ETHERNET_HEADER))))) {
      record.push(frame.slice());
    }
  };
  return record;
}

export function isIp6(frame: Uint8Array): boolean {
  return frame[12] === 0x86 && frame[13] === 0xdd;
}

function wanted(world: World, of: NonNullable<ReplayConfig["of"]>, flow?: string): IsWanted {
  switch (of) {
    case "any":
      return () => true;
    case "request":
    case "answer":
      return (packet) => {
        const probe = probeOnWay(packet);
        return (
          probe?.direction === (of === "answer" ? Way.ANSWER : Way.REQUEST) && world.flows[probe.flow]?.name === flow
        );
      };
    case "registration":
      return (packet) => {
        const { next, at } = upperLayer(packet);
        return next === PROTOCOL.udp && ((packet[at + 2] << 8) | packet[at + 3]) === REGISTRATION_PORT;
      };
    case "bu":
      return (packet) => {
        const { next, at } = upperLayer(packet);
        return next === PROTOCOL.mh && packet[at + 2] === BINDING_UPDATE;
      };
    default:
      return (packet) => upperLayer(packet).next === PROTOCOL[of];
  }
}
