/** What a run has shown: losses inside and outside of handovers, drops, events. */
import { Verdict } from "../../assembly/abi/verdict.js";
import type { Flow } from "./flow.js";
import type { Handover } from "./mobility.js";
import type { World } from "./world.js";

/** What an interface between links and nodes lost, beside the cores' own reasons. */
const OUTSIDE = { lost: "LINK_LOSS", queueFull: "LINK_QUEUE" } as const;
const BACK_PRESSURE = "BACK_PRESSURE";

export interface FlowTotals {
  sent: number;
  received: number;
  lost: number;
  lostInGaps: number;
  duplicates: number;
  reordered: number;
  maxDelayUs: number;
  totalDelayUs: number;
  /** Answers that somebody made up and the application believed; those that it refused by itself. */
  forged: number;
  refused: number;
}

export class Measurement {
  /** Packets lost by the time of each handover, in the order of `world.handovers`. */
  readonly lostInGap: number[];
  /** By the flow's name in the file. */
  readonly flows = new Map<string, FlowTotals>();

  constructor(readonly world: World) {
    this.lostInGap = world.handovers.map(() => 0);
    const moves = new Map<number, number[]>();
    for (const [i, { number }] of world.handovers.entries()) {
      const list = moves.get(number);
      if (list) list.push(i);
      else moves.set(number, [i]);
    }
    for (const flow of world.flows) this.addFlow(flow, moves);
  }

  private addFlow(flow: Flow, moves: Map<number, number[]>): void {
    const totals = this.flows.get(flow.name) ?? emptyTotals();
    this.flows.set(flow.name, totals);
    totals.forged += sum(flow.inquiry?.believed.values() ?? []);
    totals.refused += flow.inquiry?.refused ?? 0;
    for (const [way, direction] of flow.directions.entries()) {
      totals.sent += direction.sent;
      totals.received += direction.received;
      totals.lost += direction.lost;
      totals.duplicates += direction.duplicates;
      totals.reordered += direction.reordered;
      totals.totalDelayUs += direction.totalDelayUs;
      totals.maxDelayUs = Math.max(totals.maxDelayUs, direction.maxDelayUs);
      /** Numbers that an earlier gap has counted already. */
      let counted = 0;
      const ends = new Set(flow.ends);
      const indices = [...ends].flatMap((end) => moves.get(end) ?? []).sort((a, b) => a - b);
      for (const index of indices) {
        const handover = this.world.handovers[index];
        const uplink = flow.ends[way] === handover.number;
        const { from, to } = direction.outage(handover.atUs, handover.firstAfterUs, handover.untilUs, uplink);
        for (let n = Math.max(from, counted); n < to; n++) {
          if (direction.deliveredUs[n] >= 0) continue;
          this.lostInGap[index]++;
          totals.lostInGaps++;
        }
        counted = Math.max(counted, to);
      }
    }
  }

  /** Dropped packets by reason, of one node or of all and of the links. */
  drops(node?: string): Record<string, number> {
    const reasons: Record<string, number> = {};
    const add = (reason: string, count: number) => {
      if (count > 0) reasons[reason] = (reasons[reason] ?? 0) + count;
    };
    for (const one of this.world.nodes.values()) {
      if (node !== undefined && one.name !== node && one.instance.template !== node) continue;
      for (const [verdict, count] of one.dropCounts()) add(Verdict[verdict] ?? `VERDICT_${verdict}`, count);
      add(BACK_PRESSURE, one.refused);
    }
    if (node !== undefined) return reasons;
    for (const { counters } of this.world.links.values()) {
      for (const key of ["lost", "queueFull"] as const) add(OUTSIDE[key], counters[key]);
    }
    return reasons;
  }

  /** How often an event came: of one node (or all of a counted kind), or of all; `code` undefined: any. */
  events(kind: number, code?: number, node?: string): number {
    let count = 0;
    for (const one of this.world.nodes.values()) {
      if (node !== undefined && one.name !== node && one.instance.template !== node) continue;
      for (const [key, times] of one.eventCounts) {
        if (key >>> 16 === kind && (code === undefined || (key & 0xffff) === code)) count += times;
      }
    }
    return count;
  }
}

function emptyTotals(): FlowTotals {
  const delays = { maxDelayUs: 0, totalDelayUs: 0 };
  return {
    sent: 0,
    received: 0,
    lost: 0,
    lostInGaps: 0,
    duplicates: 0,
    reordered: 0,
    ...delays,
    forged: 0,
    refused: 0,
  };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}

/** Milliseconds without a delivery at the application port; null when none came after the move (or before it). */
export function gapMs({ lastBeforeUs, firstAfterUs }: Handover): number | null {
  return lastBeforeUs < 0 || firstAfterUs < 0 ? null : (firstAfterUs - lastBeforeUs) / 1000;
}
