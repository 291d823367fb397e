// simulator-program.ts NODES: chains of two hosts and three routers in the simulator, four links each; prints a SimulatorRun as JSON.
// A process of its own, so that what it occupies belongs to these nodes. Wants --expose-gc.

import { readFileSync } from "node:fs";
import type { Scenario } from "../../host-sim/core/scenario.js";
import { World } from "../../host-sim/sim/world.js";
import type { SimulatorRun } from "./simulator.js";

const CHAIN = 5;
const HOPS = 4;
/** Of UDP data. */
const SIZE = 512;
const PACKETS = 60_000;
const WARM_UP_PACKETS = 20_000;
const EVERY_MS = 10;
/** Until then the nodes have tested their addresses. */
const QUIET_S = 2;

function prefix(link: number): string {
  return `2001:db8:${(link >> 16).toString(16)}:${(link & 0xffff).toString(16)}::`;
}

/** Each chain: a - r1 - r2 - r3 - b; `a` sends to `b`. */
function chains(count: number, packets: number): Scenario {
  const seconds = QUIET_S + (packets / count) * (EVERY_MS / 1000) + 1;
  const scenario: Scenario = { duration: `${Math.ceil(seconds)}s`, links: {}, nodes: {}, traffic: [] };
  for (let chain = 0; chain < count; chain++) {
    const links = Array.from({ length: HOPS }, (_, k) => chain * HOPS + k);
    for (const link of links) scenario.links[`l${link}`] = { prefix: `${prefix(link)}/64`, delay: "1ms" };
    const port = (link: number, host: number) => ({ link: `l${link}`, address: `${prefix(link)}${host}` });
    scenario.nodes[`a${chain}`] = { image: "host", ports: { eth: port(links[0], 1) } };
    for (let k = 1; k < HOPS; k++) {
      const ports = { left: port(links[k - 1], 2), right: port(links[k], 1) };
      scenario.nodes[`r${chain}-${k}`] = { image: "router", ports };
    }
    scenario.nodes[`b${chain}`] = { image: "host", ports: { eth: port(links[HOPS - 1], 2) } };
    const ends = { from: `a${chain}`, to: `b${chain}` };
    scenario.traffic!.push({ name: `t${chain}`, ...ends, every: `${EVERY_MS}ms`, start: `${QUIET_S}s`, size: SIZE });
  }
  return scenario;
}

function received(world: World): number {
  return world.flows.reduce((sum, flow) => sum + flow.directions[0].received, 0);
}

function measure(nodes: number): SimulatorRun {
  new World(chains(2, WARM_UP_PACKETS), 1).runUntil(1e12);
  const before = resident();
  const world = new World(chains(Math.round(nodes / CHAIN), PACKETS), 1);
  world.runUntil(QUIET_S * 1e6);
  const first = { count: world.queue.count, received: received(world), startedAt: processorTime() };
  world.runUntil(world.endUs);
  const microseconds = (processorTime() - first.startedAt) / 1000;
  const packets = received(world) - first.received;
  const sent = world.flows.reduce((sum, flow) => sum + flow.directions[0].sent, 0);
  if (received(world) !== sent) throw new Error(`${sent - received(world)} of ${sent} packets were lost`);
  return {
    nodes: world.nodes.size,
    hops: HOPS,
    bytes: SIZE,
    packets,
    eventsPerSecond: ((world.queue.count - first.count) / microseconds) * 1e6,
    microsecondsPerPacket: microseconds / packets,
    bytesPerNode: (resident() - before) / world.nodes.size,
  };
}

/**
 * Nanoseconds of the processor that the main thread has had, to a few milliseconds (Linux): without the engine's threads that compile and
 * collect beside it.
 */
function processorTime(): number {
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[0]);
}

function resident(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

console.log(JSON.stringify(measure(Number(process.argv[2]))));
