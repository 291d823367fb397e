/**
 * Watches a run from outside: frames as they cross links and events as nodes give them, both in order of time. Writes the capture with
 * the seeds' steps as comments and gathers what the ladder shows. It learns who owns which address, who is bound where and who is
 * away from the events alone.
 */

import { AnycastStep } from "../../assembly/abi/anycast.js";
import { AddressState } from "../../assembly/abi/event.js";
import { addresses, brief, type Kind, kindOf } from "./classify.js";
import { dissect, type Layer } from "./dissect.js";
import { type DecodedEvent, Event } from "./events.js";
import type { Keyring } from "./ipsec/keyring.js";
import type { Ladder, LadderMessage, LadderNote } from "./ladder.js";
import type { PcapngWriter } from "./pcapng.js";
import { describe } from "./report.js";
import { stepName, stepTitle } from "./steps.js";

export interface Frame {
  timeUs: number;
  /** Name of the link or port; an interface of the capture. */
  link: string;
  /** The node that sends it onto this link, and those that take it from there. An application side is a node of its own. */
  from: string;
  receivers: string[];
  bytes: Uint8Array;
  /** 1 Ethernet, 101 IP. */
  linktype: number;
  /** What the link is when it is none between nodes. */
  port?: "application" | "mirror";
  /** It did not arrive. */
  lost?: boolean;
  /** Somebody made it up: no step of anybody's. */
  forged?: boolean;
  /** The step that the sender's core gave; where it gave none (0), the step is seen from the packet. */
  step?: number;
}

/** Steps of control that the ladder tells beside a lane; those of messages are told by their arrows. */
const NOTED_STEPS = new Set([
  ...[61, 62, 63, 64, 66, 67, 71, 73, 74, 75, 76, 77, 81, 82, 83, 84, 85, 91, 92, 93, 94, 112, 130],
  ...[2102, 2103, 2104, 2105, 2201, 2203, 2204, 2205, 2207, 2301, 2302],
  ...[503, 504, 505, 506, 507, 521, 522, 533, 534, 535, 536, 537],
]);
const NOTED = new Set([
  Event.MOVED,
  Event.BINDING,
  Event.BU_REFUSED,
  Event.DUPLICATE,
  Event.APPLICATION,
  Event.UNREACHABLE,
  Event.DHAAD,
  Event.ASSOCIATION,
  Event.OPTIMIZED,
  Event.ANYCAST_SERVER,
  Event.ANYCAST_NEAREST,
  Event.ANYCAST_REGISTRATION,
]);

/** So many are remembered. */
const UNOWNED_MAX = 32;

export class Recorder {
  private readonly messages: LadderMessage[] = [];
  private readonly notes: LadderNote[] = [];
  private readonly interfaces = new Map<string, number>();
  /** Address to the node that has it. */
  private readonly owners = new Map<string, string>();
  /** Home address to the node that is its home agent. */
  private readonly bindings = new Map<string, string>();
  /** Nodes that get Binding Updates as correspondents. */
  private readonly correspondents = new Set<string>();
  /** Mobile nodes with an accepted registration. */
  private readonly away = new Set<string>();
  /** Mobile node to the advertisement it heard last: the same again is not drawn. */
  private readonly heard = new Map<string, string>();
  /** Control messages from an address of which no event has told yet: an emulated board tells of it after it has sent. */
  private unowned: { source: string; frame: Frame; layers: Layer[]; step: number | undefined }[] = [];
  private serial = 0;

  /**
   * `nodes`: the lanes of the ladder from left to right; empty: no ladder. `writer`: absent: no capture. `keyring`: what is under ESP is
   * told as well; the capture stays as it was on the links.
   */
  constructor(
    private readonly nodes: string[],
    private readonly writer?: PcapngWriter,
    private readonly keyring?: Keyring,
  ) {}

  /** Declares an interface of the capture. Links that were not declared get theirs with their first frame. */
  link(name: string, linktype: number, mtu?: number): void {
    if (this.writer) this.interfaces.set(name, this.writer.interface(name, linktype, mtu));
  }

  frame(frame: Frame): void {
    const { layers } = dissect(frame.bytes, frame.linktype, this.keyring);
    const kind = kindOf(layers);
    const step = frame.forged ? undefined : frame.step || this.stepOf(frame, layers, kind);
    if (this.writer) {
      if (!this.interfaces.has(frame.link)) this.link(frame.link, frame.linktype);
      const told = step && `step ${stepName(step)}: ${stepTitle(step)}`;
      const comment = [told, frame.forged && "made up", frame.lost && "lost"].filter(Boolean).join(", ");
      this.writer.packet(this.interfaces.get(frame.link) ?? 0, frame.timeUs, frame.bytes, comment);
    }
    if (this.nodes.length > 0 && kind && frame.port !== "mirror") this.draw(frame, layers, kind, step);
  }

  event(node: string, timeUs: number, event: DecodedEvent): void {
    this.learn(node, event);
    const isStep = event.kind === Event.STEP && NOTED_STEPS.has(event.code);
    // What verified anycast stops is what its ladders are about.
    const isStopped = event.kind === Event.DROP && event.codeName.startsWith("ANYCAST_");
    if (!this.nodes.includes(node) || !(isStep || isStopped || NOTED.has(event.kind))) return;
    if ((event.kind === Event.ASSOCIATION || event.kind === Event.APPLICATION) && timeUs === 0) return; // as the configuration has it
    const text = isStep ? event.codeName : describe(event);
    const step = isStep ? event.code : undefined;
    this.notes.push({ timeUs, node, text, step, serial: this.serial++ });
  }

  ladder(title?: string): Ladder {
    return { title, nodes: this.nodes, messages: this.messages, notes: this.notes };
  }

  private learn(node: string, { kind, code, a, y }: DecodedEvent): void {
    if (kind === Event.ADDRESS) {
      if (code !== AddressState.NONE && code !== AddressState.DUPLICATE) this.own(a, node);
      else if (this.owners.get(a) === node) this.owners.delete(a);
    }
    if (kind === Event.BINDING && !this.correspondents.has(node)) {
      if (code === 2 || code === 3) this.bindings.delete(a);
      else this.bindings.set(a, node);
    }
    if (kind === Event.BA_RECEIVED && code < 128) {
      if (y > 0) this.away.add(node);
      else this.away.delete(node);
    }
    if (kind === Event.LINK) this.heard.delete(node);
  }

  private own(address: string, node: string): void {
    this.owners.set(address, node);
    const told = this.unowned.filter(({ source, frame }) => source === address && frame.from === node);
    if (told.length === 0) return;
    this.unowned = this.unowned.filter(({ source }) => source !== address);
    for (const { frame, layers, step } of told) this.draw(frame, layers, "control", step);
  }

  /** The seeds' step that this frame is part of, on every link that it crosses. */
  private stepOf(frame: Frame, layers: Layer[], kind: Kind): number | undefined {
    const [outer, inner, third] = addresses(layers);
    const mobility = layers.find(({ name }) => name === "MH")?.summary ?? "";
    if (mobility.startsWith("MH BU")) {
      if (/ H\b/.test(mobility)) return 501;
      this.correspondents.add(this.owners.get(outer?.destination ?? "") ?? "");
      return 531;
    }
    if (mobility.startsWith("MH BA")) {
      const direct = this.correspondents.has(this.owners.get(outer?.source ?? "") ?? "");
      if (frame.port === "mirror") return direct ? 534 : 504;
      return direct ? 532 : 502;
    }
    if (kind !== "data") return undefined;
    const identifier = layers.find(({ name, fields }) => name === "DO" && fields.some(([key]) => key === "form"));
    if (identifier) return AnycastStep.BASE + (identifier.summary.includes("anycast request") ? 101 : 303);
    if (frame.port === "application") {
      if (this.away.has(frame.from)) return 512;
      return frame.receivers.some((node) => this.away.has(node)) ? 513 : undefined;
    }
    if (!outer) return undefined;
    if (inner) {
      const isProtected = layers.some(({ name }) => name === "ESP" || name === "AH");
      const [down, up] = isProtected ? (third ? [551, 556] : [557, 558]) : [509, 516];
      if (this.isAgent(outer.source)) return down;
      if (this.isAgent(outer.destination)) return up;
    }
    if (layers.some(({ name, summary }) => name === "RH" && summary.startsWith("RH type 2"))) return 538;
    if (layers.some(({ name, summary }) => name === "DO" && summary.includes("home address"))) return 545;
    if (this.bindings.has(outer.destination)) return 508;
    return this.bindings.has(outer.source) ? 517 : undefined;
  }

  /** Is it an address of a home agent with bindings? */
  private isAgent(address: string): boolean {
    const owner = this.owners.get(address);
    return owner !== undefined && [...this.bindings.values()].includes(owner);
  }

  /** An arrow from the node that made the packet to the one that it is for; forwarding between them is not drawn. */
  private draw(frame: Frame, layers: Layer[], kind: NonNullable<Kind>, step: number | undefined): void {
    const text = brief(layers);
    if (kind === "router") {
      for (const node of frame.receivers)
        if (this.isNews(node, frame.from, text)) this.arrow(frame, frame.from, node, text, "control");
      return;
    }
    const { origin, target } = this.ends(frame, layers, step);
    if (frame.lost)
      this.arrow(frame, this.nodes.includes(frame.from) ? frame.from : origin, target, text, "lost", step);
    else if (frame.from === origin) this.arrow(frame, origin, target, text, kind, step);
    else if (origin === undefined && kind === "control") {
      const [outer] = addresses(layers);
      if (outer) this.unowned = [...this.unowned.slice(1 - UNOWNED_MAX), { source: outer.source, frame, layers, step }];
    }
  }

  /** A home agent is the end of what it intercepts (508) and the beginning of what it takes out of its tunnel (517). */
  private ends(frame: Frame, layers: Layer[], step: number | undefined): { origin?: string; target?: string } {
    if (frame.port === "application") return { origin: frame.from, target: frame.receivers[0] };
    const [outer] = addresses(layers);
    if (!outer) return {};
    return {
      origin: step === 517 ? (this.bindings.get(outer.source) ?? frame.from) : this.owners.get(outer.source),
      target: (step === 508 ? this.bindings : this.owners).get(outer.destination),
    };
  }

  /** Solicitations always; an advertisement where the node did not hear the same one last. */
  private isNews(node: string, from: string, text: string): boolean {
    if (!text.startsWith("RA")) return true;
    const news = `${from} ${text}`;
    const known = this.heard.get(node) === news;
    this.heard.set(node, news);
    return !known;
  }

  private arrow(
    { timeUs }: Frame,
    from: string | undefined,
    to: string | undefined,
    text: string,
    kind: LadderMessage["kind"],
    step?: number,
  ): void {
    if (from === undefined || to === undefined || from === to) return;
    if (!this.nodes.includes(from) || !this.nodes.includes(to)) return;
    this.messages.push({ timeUs, from, to, text, step, kind, serial: this.serial++ });
  }
}
