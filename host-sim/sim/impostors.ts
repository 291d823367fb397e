/**
 * Impostors: they answer requests in the place of a server (docs/anycast-identifier.md §7), with the right ports and in time unless the
 * scenario says otherwise, for what is proved is what happens to good guesses. An answer of impostor n says so in its payload.
 */
import { parseIp6 } from "../core/address.js";
import { PROTOCOL } from "../core/ipsec/names.js";
import type { AnswerConfig, Scenario } from "../core/scenario.js";
import { durationUs } from "../core/units.js";
import { isIp6 } from "./attacks.js";
import type { Flow } from "./flow.js";
import { ATTACKER_MAC, forgedFrame } from "./forge.js";
import { authenticatedIdentifier, nonceOf, plainIdentifier } from "./identifier.js";
import { portOf, probeOnWay, Template, Way } from "./packets.js";
import type { World } from "./world.js";

const ETHERNET_HEADER = 14;
const IP6_HEADER = 40;
/** Where a UDP header has the destination port. */
const DESTINATION_PORT = 2;
/** Of who has not seen the request. */
const GUESSED_NONCE = new Uint8Array(8).fill(0x66);

export class Impostors {
  private readonly names: string[] = [];
  /** Answers put onto a link, by impostor and flow. */
  private readonly sent = new Map<string, number>();

  constructor(
    private readonly world: World,
    scenario: Scenario,
  ) {
    for (const action of scenario.actions ?? []) {
      if (action.do !== "answer") continue;
      if (!this.names.includes(action.name)) this.names.push(action.name);
      const seen = action.sees ? this.watch(action.link) : undefined;
      world.at(durationUs(action.at), () => {
        for (const flow of this.flowsOf(new Set(action.flows))) this.answer(action, flow, seen?.get(flow.number));
      });
    }
  }

  /** How many answers of this impostor were sent to flows, or believed by their applications. */
  count(name: string, what: "sent" | "believed", flows: ReadonlySet<string>): number {
    const number = this.names.indexOf(name);
    let count = 0;
    for (const flow of this.flowsOf(flows)) {
      count += (what === "sent" ? this.sent.get(key(name, flow)) : flow.inquiry?.believed.get(number)) ?? 0;
    }
    return count;
  }

  private flowsOf(names: ReadonlySet<string>): Flow[] {
    return this.world.flows.filter((flow) => names.has(flow.name));
  }

  /** The last request of each flow that crosses a link, as a packet. */
  private watch(name: string): Map<number, Uint8Array> {
    const seen = new Map<number, Uint8Array>();
    const link = this.world.link(name);
    const { onFrame } = link;
    link.onFrame = (frame) => {
      onFrame?.(frame);
      if (!isIp6(frame)) return;
      const packet = frame.subarray(ETHERNET_HEADER);
      const probe = probeOnWay(packet);
      if (probe?.direction === Way.REQUEST) seen.set(probe.flow, packet.slice());
    };
    return seen;
  }

  /** Answers the last request of a flow. */
  private answer(action: AnswerConfig, flow: Flow, seen: Uint8Array | undefined): void {
    const { world } = this;
    const link = world.link(action.link);
    const target = world.node(action.via).links.find((port) => port.link === link);
    const client = [...world.nodes.values()][flow.ends[0]];
    const asked = flow.inquiry?.asked;
    const destination = client.application?.ip6;
    if (!target || !asked || !destination || (action.sees && !seen)) return;
    const source = action.source === "asked" ? asked : parseIp6(action.source);
    const number = this.names.indexOf(action.name);
    const template = new Template("udp", source, destination, flow.number, Way.FORGED + number, flow.inquiry!.size);
    const payload = Buffer.from(template.at(flow.directions[0].sent - 1).subarray(IP6_HEADER));
    if (action["wrong-port"]) payload.writeUInt16BE(portOf(flow.number) + 1, DESTINATION_PORT);
    let options: Uint8Array | undefined;
    if (action.identifier === "copied") {
      const configured = client.instance.config.anycast?.client?.find(({ address }) => same(parseIp6(address), asked));
      const keyId = configured?.key?.id;
      const nonce = (seen && nonceOf(seen)) ?? GUESSED_NONCE;
      options = keyId === undefined ? plainIdentifier(asked) : authenticatedIdentifier(asked, keyId, nonce);
    }
    const packet = { source, destination, options, protocol: PROTOCOL.udp, payload };
    link.inject(forgedFrame(target.mac, ATTACKER_MAC, packet), true);
    this.sent.set(key(action.name, flow), (this.sent.get(key(action.name, flow)) ?? 0) + 1);
  }
}

function key(impostor: string, flow: Flow): string {
  return `${impostor} ${flow.number}`;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
