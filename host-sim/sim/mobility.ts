/** The timetable: who leaves which link for which other one when, and what that costs its application. */
import { instancesOf } from "../core/expand.js";
import type { MoveConfig, Scenario } from "../core/scenario.js";
import { durationUs } from "../core/units.js";
import type { SimNode } from "./node.js";
import type { World } from "./world.js";

/** One change of link. */
export interface Handover {
  node: string;
  /** Number of the node. */
  number: number;
  /** Links; "-" for none. */
  from: string;
  to: string;
  atUs: number;
  /** The next move of the same node, or the end. */
  untilUs: number;
  /** Deliveries to the application: the last before the move, the first after it; -1: none. */
  lastBeforeUs: number;
  firstAfterUs: number;
}

export function planMoves(world: World, scenario: Scenario): void {
  for (const move of scenario.moves ?? []) {
    const instances = instancesOf(world.instances, move.node);
    for (const [rank, instance] of instances.entries()) {
      const startUs = durationUs(move.at) + rank * durationUs(move.stagger ?? "0s");
      for (const [i, to] of [move.to].flat().entries()) {
        const atUs = startUs + i * durationUs(move.every ?? "0s");
        if (atUs > world.endUs) break;
        world.at(atUs, () => leave(world, world.node(instance.name), move, to));
      }
    }
  }
}

/** Off the old link; onto the new one after the gap. */
function leave(world: World, node: SimNode, move: MoveConfig, to: string): void {
  const port = node.linkPort(move.port);
  const atUs = world.queue.nowUs;
  const gapUs = durationUs(move.gap ?? "0s");
  noteHandover(world, node, port.link?.name ?? "-", to);
  port.link?.detach(port);
  port.link = undefined;
  if (!move.silent) node.carrier(port.number, false);
  const arrive = () => {
    // A later move that began in the gap has taken over.
    if (port.link) return;
    port.link = world.link(to);
    port.link.attach(port);
    if (!move.silent) node.carrier(port.number, true);
  };
  if (gapUs === 0) arrive();
  else world.at(atUs + gapUs, arrive, node.number);
}

function noteHandover(world: World, node: SimNode, from: string, to: string): void {
  const { application } = node;
  const atUs = world.queue.nowUs;
  const previous = world.handovers.findLast(({ number }) => number === node.number);
  if (previous) previous.untilUs = atUs;
  const handover = {
    node: node.name,
    number: node.number,
    from,
    to,
    atUs,
    untilUs: world.endUs,
    lastBeforeUs: application?.lastDeliveryUs ?? -1,
    firstAfterUs: -1,
  };
  world.handovers.push(handover);
  if (!application) return;
  application.onDelivery = () => {
    handover.firstAfterUs = application.lastDeliveryUs;
  };
}
