/**
 * The host behind an application port, IPv4 or IPv6 as its core tells it: sends flows, answers echo requests, and notes what
 * arrives when. It learns its addresses as a real one would: from events, and those of correspondents from their packets.
 */
import type { Flow } from "./flow.js";
import { answerTo, echoReply, type Probe, readProbe, sourceOf, Template, Way } from "./packets.js";

/** One direction of a flow as its sender has it. */
export class Outgoing {
  private source: Uint8Array | undefined;
  private target: Uint8Array | undefined;
  private template: Template | undefined;

  /** `destination`: in the sender's words; undefined where only a packet of the other direction can tell. */
  constructor(
    readonly kind: "udp" | "ping",
    readonly flow: Flow,
    readonly direction: number,
    private readonly size: number,
    readonly destination: (version: 4 | 6) => Uint8Array | undefined,
  ) {}

  /** The template for these addresses; made anew when they are other arrays than the last time. */
  templateFor(source: Uint8Array, target: Uint8Array): Template {
    if (this.template && this.source === source && this.target === target) return this.template;
    this.source = source;
    this.target = target;
    this.template = new Template(this.kind, source, target, this.flow.number, this.direction, this.size);
    return this.template;
  }
}

export class Application {
  /** Its IPv4 address now. */
  ip4: Uint8Array | undefined;
  /** Its IPv6 addresses now, the oldest first. */
  private readonly all6: Uint8Array[] = [];
  /** Time of the last flow packet delivered here; -1: none yet. */
  lastDeliveryUs = -1;
  /** Packets that are no probe of ours: errors, broken ones. */
  strange = 0;
  /** Called once at the next delivery. */
  onDelivery: (() => void) | undefined;
  /** Flow number to the correspondent's address as it arrived here. */
  private readonly heard = new Map<number, Uint8Array>();

  constructor(
    private readonly flows: Flow[],
    /** Hands a packet to the core's application port. */
    private readonly output: (packet: Uint8Array) => void,
    /** Runs something after what happens now. */
    private readonly later: (action: () => void) => void,
  ) {}

  /** The address that it sends from. */
  get ip6(): Uint8Array | undefined {
    return this.all6[0];
  }

  /** The same array stays while the address does. */
  add6(address: Uint8Array): void {
    if (!this.all6.some((one) => equal(one, address))) this.all6.push(address);
  }

  drop6(address: Uint8Array): void {
    const at = this.all6.findIndex((one) => equal(one, address));
    if (at >= 0) this.all6.splice(at, 1);
  }

  /** Sends the next packet of a direction. What has no address to come from or go to counts as sent all the same: it is lost. */
  send(outgoing: Outgoing): void {
    const { flow, direction } = outgoing;
    const sequence = flow.directions[direction].sent++;
    const template = this.template(outgoing);
    if (!template) return;
    if (flow.inquiry) flow.inquiry.asked = template.destination;
    this.output(template.at(sequence));
  }

  /** A packet from the core's application port. */
  receive(packet: Uint8Array, nowUs: number): void {
    const probe = readProbe(packet);
    const flow = probe && this.flows[probe.flow];
    if (!probe || !flow) {
      this.strange++;
      return;
    }
    const answer = this.answerTo(packet, probe, flow);
    if (!answer && flow.inquiry) {
      if (!flow.inquiry.hear(packet, probe, flow.directions[0], nowUs)) return;
    } else if (!answer) {
      flow.directions[probe.direction]?.deliver(probe.sequence, nowUs);
      if (flow.directions.length > 1 && !this.heard.has(flow.number)) this.heard.set(flow.number, sourceOf(packet));
    }
    this.lastDeliveryUs = nowUs;
    const waiting = this.onDelivery;
    this.onDelivery = undefined;
    waiting?.();
    if (answer) this.later(() => this.output(answer));
  }

  /** What is sent back, where the packet is a request. */
  private answerTo(packet: Uint8Array, probe: Probe, { inquiry }: Flow): Uint8Array | undefined {
    if (probe.kind === "request") return echoReply(packet);
    if (probe.kind !== "udp" || !inquiry || probe.direction !== Way.REQUEST) return undefined;
    return answerTo(packet, probe, inquiry.size, inquiry.fromAsked ? undefined : (this.ip4 ?? this.ip6));
  }

  /** The template for the addresses of now. */
  private template(outgoing: Outgoing): Template | undefined {
    const source = this.ip4 ?? this.ip6;
    if (!source) return undefined;
    const target = outgoing.destination(source.length === 4 ? 4 : 6) ?? this.heard.get(outgoing.flow.number);
    return target?.length === source.length ? outgoing.templateFor(source, target) : undefined;
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
