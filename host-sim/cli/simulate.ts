/** Runs a scenario and gathers what it has shown into one report. */
import type { Scenario } from "../core/scenario.js";
import { gapMs, Measurement } from "../sim/measure.js";
import { holds, type MeasuredHandover, MetricError, parseMetric } from "../sim/metrics.js";
import type { Watcher } from "../sim/watch.js";
import { type MakeNode, World } from "../sim/world.js";
import { type DecodedEvent, decodeEvent, Event } from "../trace/events.js";
import { phasesOf } from "../trace/report.js";
import { LayerCount, type LayerRow } from "./layers.js";

/** What `sixfold sim --json` prints. */
export interface Report {
  ok: boolean;
  scenario: string;
  seed: number;
  virtualMs: number;
  wallMs: number;
  /** Tasks of the simulator. */
  events: number;
  /** `value` is null where there was nothing to measure. */
  expectations: { name: string; ok: boolean; value: number | null; limit: number }[];
  handovers: MeasuredHandover[];
  drops: Record<string, number>;
  /** Where a node has IPsec. */
  layers?: LayerRow[];
  /** Of `sixfold emulate`: the board, its image, and the image's hash as the board tells it. */
  board?: string;
  image?: string;
  sha256?: string;
}

/** The run took longer than it may, in real time. */
export class TimedOut extends Error {
  override name = "TimedOut";
}

export interface SimulateOptions {
  name: string;
  seed: number;
  watchers: Watcher[];
  /** Real milliseconds. */
  timeoutMs?: number;
  /** Called now and then with the part that is done, 0 to 1. */
  progress?: (part: number) => void;
}

/** Virtual time between looks at the real clock. */
const SLICE_US = 50_000;

/** The scenario has passed its checks, `checkMetrics` included. Throws `TimedOut`, and `ConfigRefused` where a core refuses. */
export function simulate(scenario: Scenario, options: SimulateOptions): Report {
  const run = new Run(scenario, options);
  const { world } = run;
  for (let timeUs = SLICE_US; ; timeUs += SLICE_US) {
    world.runUntil(timeUs);
    if (timeUs >= world.endUs) break;
    run.look();
  }
  return run.report();
}

/** A run that somebody else drives: `world` from its beginning to its end, `look` now and then, then the `report`. */
export class Run {
  readonly world: World;
  private readonly registrations: Registrations;
  private readonly layers: LayerCount;
  private readonly metrics;
  private readonly startMs = performance.now();

  constructor(
    scenario: Scenario,
    private readonly options: SimulateOptions,
    makeNode?: MakeNode,
  ) {
    this.metrics = (scenario.expect ?? []).map((expectation) => ({
      expectation,
      metric: parseMetric(expectation.metric, scenario),
    }));
    this.registrations = new Registrations(scenario);
    this.layers = new LayerCount(scenario);
    const watchers = [...options.watchers, ...this.registrations.watchers, ...this.layers.watchers];
    this.world = new World(scenario, options.seed, watchers, makeNode);
  }

  /** Tells the progress. Throws `TimedOut`. */
  look(): void {
    const { world, options } = this;
    const { nowUs } = world.queue;
    if (options.timeoutMs !== undefined && performance.now() - this.startMs > options.timeoutMs) {
      throw new TimedOut(
        `${options.name} has reached ${(nowUs / 1e6).toFixed(2)} s of virtual time; no more time is given`,
      );
    }
    options.progress?.(nowUs / world.endUs);
  }

  report(): Report {
    const { world, options } = this;
    const measurement = new Measurement(world);
    const handovers = world.handovers.map((handover, i) => ({
      node: handover.node,
      from: handover.from,
      to: handover.to,
      gapMs: gapMs(handover),
      lost: measurement.lostInGap[i],
      phases: phasesOf(this.registrations.of(handover.node), handover.atUs / 1000, handover.untilUs / 1000),
    }));
    const expectations = this.metrics.map(({ expectation, metric }) => {
      const value = metric(measurement, handovers);
      const { name, limit } = expectation;
      return { name, ok: holds(expectation, value), value: Number.isNaN(value) ? null : value, limit };
    });
    return {
      ok: expectations.every(({ ok }) => ok),
      scenario: options.name,
      seed: options.seed,
      virtualMs: world.endUs / 1000,
      wallMs: Math.round(performance.now() - this.startMs),
      events: world.queue.count,
      expectations,
      handovers,
      drops: measurement.drops(),
      ...(this.layers.watchers.length > 0 ? { layers: this.layers.report() } : {}),
    };
  }
}

/** For `loadScenario`: are the metrics of the expectations known? */
export function checkMetrics(scenario: Scenario, report: (path: (string | number)[], message: string) => void): void {
  for (const [i, { metric }] of (scenario.expect ?? []).entries()) {
    try {
      parseMetric(metric, scenario);
    } catch (error) {
      if (!(error instanceof MetricError)) throw error;
      report(["expect", i, "metric"], error.message);
    }
  }
}

/** The events that phases of handovers are made of, of nodes that move. */
class Registrations {
  readonly watchers: Watcher[];
  private readonly events = new Map<string, DecodedEvent[]>();

  constructor(scenario: Scenario) {
    const moves = (scenario.moves ?? []).length > 0;
    this.watchers = moves ? [{ event: (node, timeUs, record, offset) => this.note(node, timeUs, record, offset) }] : [];
  }

  of(node: string): DecodedEvent[] {
    return this.events.get(node) ?? [];
  }

  private note(node: string, timeUs: number, record: DataView, offset: number): void {
    const kind = record.getUint16(offset, true);
    if (kind !== Event.MOVED && kind !== Event.BU_SENT && kind !== Event.BA_RECEIVED) return;
    const event = { ...decodeEvent(record, offset), timeMs: timeUs / 1000 };
    const list = this.events.get(node);
    if (list) list.push(event);
    else this.events.set(node, [event]);
  }
}
