/** A scenario that runs: links, nodes, flows and what happens to them, in virtual time and without any input from outside. */
import { type Prefix, parseMac } from "../core/address.js";
import { linkPrefixes } from "../core/check-scenario.js";
import { compileNode, portAddresses } from "../core/config.js";
import { expandNodes, type Instance } from "../core/expand.js";
import { hasApplication, hasOwnAddress } from "../core/plan.js";
import type { RouteConfig, Scenario } from "../core/scenario.js";
import { durationUs } from "../core/units.js";
import { planActions } from "./actions.js";
import { Application } from "./application.js";
import { planAttacks } from "./attacks.js";
import type { Flow } from "./flow.js";
import { FramePool } from "./frames.js";
import { Impostors } from "./impostors.js";
import { Link } from "./link.js";
import { type Handover, planMoves } from "./mobility.js";
import { LinkPort, SimNode } from "./node.js";
import { Call, Queue } from "./queue.js";
import { Randomness } from "./rng.js";
import { automaticRoutes } from "./routes.js";
import { planTraffic } from "./traffic.js";
import type { Watcher } from "./watch.js";

/** Makes a node; somebody else's may take the place of a simulated one. */
export type MakeNode = (...of: ConstructorParameters<typeof SimNode>) => SimNode;

export class World {
  readonly queue = new Queue();
  readonly links = new Map<string, Link>();
  readonly nodes = new Map<string, SimNode>();
  readonly flows: Flow[] = [];
  readonly handovers: Handover[] = [];
  readonly impostors: Impostors;
  readonly instances: Instance[];
  readonly prefixes: Map<string, Prefix>;
  readonly endUs: number;
  private readonly randomness: Randomness;
  private readonly routes: Map<string, RouteConfig[]>;

  /** The scenario has passed its checks. Everything is scheduled, nothing has happened yet. */
  constructor(
    scenario: Scenario,
    seed: number,
    watchers: Watcher[] = [],
    private readonly makeNode: MakeNode = (...of) => new SimNode(...of),
  ) {
    this.endUs = durationUs(scenario.duration);
    this.randomness = new Randomness(seed);
    this.prefixes = linkPrefixes(scenario);
    this.instances = expandNodes(scenario.nodes);
    this.routes = automaticRoutes(this.instances, this.prefixes);
    const frames = new FramePool();
    for (const [name, config] of Object.entries(scenario.links)) {
      this.links.set(name, new Link(name, config, this.queue, frames, this.randomness, watchers));
    }
    for (const instance of this.instances) this.addNode(instance, watchers);
    for (const node of this.nodes.values()) this.at(0, () => node.start(), node.number);
    planTraffic(this, scenario);
    planMoves(this, scenario);
    planActions(this, scenario);
    planAttacks(this, scenario);
    this.impostors = new Impostors(this, scenario);
  }

  /** Runs on to a virtual time; the end is `endUs`. */
  runUntil(timeUs: number): void {
    this.queue.runUntil(Math.min(timeUs, this.endUs));
  }

  /** Schedules something; what belongs to no node goes before what nodes do at the same time. */
  at(timeUs: number, action: () => void, node = -1): void {
    this.queue.schedule(new Call(action), timeUs, node);
  }

  node(name: string): SimNode {
    return this.nodes.get(name)!;
  }

  link(name: string): Link {
    return this.links.get(name)!;
  }

  private addNode(instance: Instance, watchers: Watcher[]): void {
    const { name, config } = instance;
    const node = this.makeNode(name, this.nodes.size, instance, {
      queue: this.queue,
      watchers,
      storageDelayUs: durationUs(config["storage-delay"] ?? "5ms"),
      configuration: (self) => this.configuration(self),
    });
    for (const [portName, port] of Object.entries(config.ports ?? {})) {
      const mac = port.mac ? parseMac(port.mac) : this.mac(name, portName);
      const linkPort = new LinkPort(node, node.links.length, mac);
      node.links.push(linkPort);
      if (typeof port.link !== "string") continue;
      linkPort.link = this.link(port.link);
      linkPort.link.attach(linkPort);
    }
    if (hasApplication(config)) {
      const later = (action: () => void) => this.at(this.queue.nowUs, action, node.number);
      node.application = new Application(this.flows, (packet) => node.fromApplication(packet), later);
      const first = hasOwnAddress(config) ? this.firstAddress(instance) : undefined;
      if (first) node.application.add6(first);
    }
    this.nodes.set(name, node);
  }

  /** Locally administered, the same for the same names in any run. */
  private mac(node: string, port: string): Uint8Array {
    const mac = new Randomness(0).stream(`mac:${node}:${port}`).bytes(6);
    mac[0] = 0x02;
    return mac;
  }

  private firstAddress({ config }: Instance): Uint8Array | undefined {
    const addresses = Object.values(config.ports ?? {}).flatMap((port) =>
      portAddresses(port, this.prefixes.get(port.link ?? "")),
    );
    return addresses[0]?.address;
  }

  private configuration(node: SimNode): ReturnType<typeof compileNode> {
    const { name, config } = node.instance;
    const names = Object.keys(config.ports ?? {});
    const port = (portName: string) => node.links[names.indexOf(portName)];
    return compileNode(config, {
      entropy: this.randomness.stream(`node:${name}:entropy:${node.boots}`).bytes(32),
      secret: this.randomness.stream(`node:${name}:secret`).bytes(32),
      mac: (portName) => port(portName).mac,
      mtu: (portName) => config.ports![portName].mtu ?? this.links.get(config.ports![portName].link ?? "")?.mtu ?? 1500,
      prefix: (portName) => this.prefixes.get(config.ports![portName].link ?? ""),
      up: (portName) => port(portName).link !== undefined,
      mirror: config.mirror ?? config.image === "terminal",
      duplicateDetection: false,
      routes: this.routes.get(name),
      stored: [...node.records].map(([id, data]) => ({ id, data })),
    });
  }
}
