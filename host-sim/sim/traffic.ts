/** Flows between applications: who sends what to whom when. */
import { parseAddressPrefix, parseIp, parseIp4 } from "../core/address.js";
import { portAddresses } from "../core/config.js";
import { type Instance, instancesOf } from "../core/expand.js";
import type { Scenario, TrafficConfig } from "../core/scenario.js";
import { durationUs } from "../core/units.js";
import { Outgoing } from "./application.js";
import { Direction, Flow } from "./flow.js";
import { Inquiry } from "./inquiry.js";
import { Task } from "./queue.js";
import type { World } from "./world.js";

const DEFAULTS = { every: "1s", start: "1s", size: 64 };
/** Before the end, so that what is on its way arrives. */
const QUIET_END_US = 1_000_000;

export function planTraffic(world: World, scenario: Scenario): void {
  for (const traffic of scenario.traffic ?? []) {
    const senders = instancesOf(world.instances, traffic.from);
    const receivers = instancesOf(world.instances, traffic.to);
    for (const [rank, sender] of senders.entries()) {
      // Both counted alike: the n-th talks to the n-th.
      const receiver = receivers[receivers.length === senders.length ? rank : 0];
      plan(world, traffic, sender, receiver, rank);
    }
  }
}

function plan(world: World, traffic: TrafficConfig, from: Instance, to: Instance | undefined, rank: number): void {
  const startUs = durationUs(traffic.start ?? DEFAULTS.start) + rank * durationUs(traffic.stagger ?? "0s");
  const stopUs = traffic.stop ? durationUs(traffic.stop) : world.endUs - QUIET_END_US;
  const everyUs = durationUs(traffic.every ?? DEFAULTS.every);
  const count = Math.max(0, Math.ceil((stopUs - startUs) / everyUs));
  const directions = Array.from({ length: traffic.both ? 2 : 1 }, () => new Direction(startUs, everyUs, count));
  const ends: [number, number] = [world.node(from.name).number, to ? world.node(to.name).number : -1];
  const kind = traffic.kind ?? "udp";
  const size = traffic.size ?? DEFAULTS.size;
  const { answers } = traffic;
  const inquiry = answers && new Inquiry(answers === "asked", traffic["answer-size"] ?? size);
  const flow = new Flow(world.flows.length, traffic.name, ends, directions, inquiry);
  world.flows.push(flow);
  const send = (sender: Instance, direction: number, destination: Outgoing["destination"]) => {
    const node = world.node(sender.name);
    const outgoing = new Outgoing(kind, flow, direction, size, destination);
    if (count > 0) world.queue.schedule(new Sending(world, outgoing, node.application!), startUs, node.number);
  };
  const fixed = to ? undefined : parseIp(traffic.to);
  send(from, 0, to ? addressOf(world, from, to) : () => fixed);
  if (traffic.both && to) send(to, 1, addressOf(world, to, from));
}

/** How `from` calls `to`: over IPv6 by its home address, its address by hand, or the one it made; over IPv4 by the table. */
function addressOf(world: World, from: Instance, to: Instance): Outgoing["destination"] {
  const fixed = fixedAddress(world, to);
  const row = Object.entries(from.config.translation?.table ?? {}).find(
    ([ip6]) => fixed && String(parseIp(ip6)) === String(fixed),
  );
  const ip4 = row ? parseIp4(row[1]) : undefined;
  return (version) => (version === 4 ? ip4 : (fixed ?? world.node(to.name).application?.ip6));
}

function fixedAddress(world: World, { config }: Instance): Uint8Array | undefined {
  if (config["mobile-node"]) return parseAddressPrefix(config["mobile-node"]["home-address"]).address;
  for (const port of Object.values(config.ports ?? {})) {
    const [first] = portAddresses(port, world.prefixes.get(port.link ?? ""));
    if (first) return first.address;
  }
  return undefined;
}

/** Sends one packet after the other. */
class Sending extends Task {
  private readonly direction: Direction;

  constructor(
    private readonly world: World,
    private readonly outgoing: Outgoing,
    private readonly application: { send(outgoing: Outgoing): void },
  ) {
    super();
    this.direction = outgoing.flow.directions[outgoing.direction];
  }

  run(): void {
    const { direction, world } = this;
    this.application.send(this.outgoing);
    if (direction.sent < direction.planned) {
      world.queue.schedule(this, direction.sentAtUs(direction.sent), this.node);
    }
  }
}
