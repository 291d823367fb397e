/**
 * The metrics that expectations name (docs/scenarios.md lists them), read once into a function, so that a wrong name is found
 * before anything runs.
 */
import { Event } from "../../assembly/abi/event.js";
import { Verdict } from "../../assembly/abi/verdict.js";
import { expandNodes } from "../core/expand.js";
import type { Expectation, Scenario } from "../core/scenario.js";
import type { Link } from "./link.js";
import type { FlowTotals, Measurement } from "./measure.js";

/** A handover as reports show it; milliseconds. */
export interface MeasuredHandover {
  node: string;
  from: string;
  to: string;
  gapMs: number | null;
  lost: number;
  phases: { detect: number | null; dad: number | null; register: number | null };
}

/** No such metric. The message says what is known. */
export class MetricError extends Error {
  override name = "MetricError";
}

/** NaN where there is nothing to measure: no expectation holds then. */
export type Metric = (measurement: Measurement, handovers: MeasuredHandover[]) => number;

const FLOW: Record<string, (totals: FlowTotals) => number> = {
  sent: ({ sent }) => sent,
  received: ({ received }) => received,
  lost: ({ lost }) => lost,
  "lost-percent": ({ lost, sent }) => (100 * lost) / sent,
  "lost-outside-gaps": ({ lost, lostInGaps }) => lost - lostInGaps,
  duplicates: ({ duplicates }) => duplicates,
  reordered: ({ reordered }) => reordered,
  forged: ({ forged }) => forged,
  refused: ({ refused }) => refused,
  "delay-ms.max": ({ maxDelayUs }) => maxDelayUs / 1000,
  "delay-ms.mean": ({ totalDelayUs, received }) => totalDelayUs / received / 1000,
};
const LINK: Record<string, keyof Link["counters"]> = {
  sent: "sent",
  delivered: "delivered",
  lost: "lost",
  duplicated: "duplicated",
  reordered: "reordered",
  corrupted: "corrupted",
  "queue-full": "queueFull",
};
const TIMES: Record<string, (handover: MeasuredHandover) => number | null> = {
  "gap-ms": ({ gapMs }) => gapMs,
  "detect-ms": ({ phases }) => phases.detect,
  "dad-ms": ({ phases }) => phases.dad,
  "register-ms": ({ phases }) => phases.register,
  lost: ({ lost }) => lost,
};
const FAMILIES = ["traffic", "handovers", "handover", "links", "drops", "events", "steps", "impostors"];
const OUTSIDE = ["LINK_LOSS", "LINK_QUEUE", "BACK_PRESSURE"];

/** Throws `MetricError`. */
export function parseMetric(text: string, scenario: Scenario): Metric {
  const [family, ...rest] = text.split(".");
  switch (family) {
    case "traffic":
      return traffic(rest, scenario);
    case "handovers":
      return handovers(rest);
    case "handover":
      return oneHandover(rest);
    case "links":
      return link(rest, scenario);
    case "drops":
      return drops(rest, scenario);
    case "events":
      return events(rest, scenario);
    case "steps":
      return steps(rest, scenario);
    case "impostors":
      return impostors(rest, scenario);
    default:
      throw unknown("metric", family, FAMILIES);
  }
}

function unknown(what: string, name: string | undefined, known: Iterable<string>): MetricError {
  return new MetricError(`unknown ${what} ${JSON.stringify(name ?? "")}; known: ${[...known].join(", ")}`);
}

function traffic([name, ...rest]: string[], scenario: Scenario): Metric {
  const names = (scenario.traffic ?? []).map((flow) => flow.name);
  if (!names.includes(name)) throw unknown("flow", name, names);
  const read = FLOW[rest.join(".")];
  if (!read) throw unknown(`metric of traffic.${name}`, rest.join("."), Object.keys(FLOW));
  return ({ flows }) => {
    const totals = flows.get(name);
    return totals ? read(totals) : Number.NaN;
  };
}

function handovers([what, how]: string[]): Metric {
  if (what === "count") return (_, all) => all.length;
  if (what === "finished") return (_, all) => all.filter(({ gapMs }) => gapMs !== null).length;
  const read = TIMES[what];
  if (!read) throw unknown("metric of handovers", what, ["count", "finished", ...Object.keys(TIMES)]);
  if (how !== "max" && how !== "mean" && how !== "sum") {
    throw unknown(`metric of handovers.${what}`, how, ["max", "mean", "sum"]);
  }
  return (_, all) => {
    const values = all.map(read);
    // A phase that did not take place says nothing; a gap that never ended is longer than any limit.
    const numbers = values.filter((value) => value !== null);
    if (numbers.length === 0 || (what === "gap-ms" && numbers.length < values.length)) return Number.NaN;
    const sum = numbers.reduce((a, b) => a + b);
    return how === "max" ? numbers.reduce((a, b) => Math.max(a, b)) : how === "sum" ? sum : sum / numbers.length;
  };
}

function oneHandover([number, what]: string[]): Metric {
  const index = Number(number) - 1;
  if (!Number.isInteger(index) || index < 0) throw unknown("handover", number, ["1", "2", "…"]);
  const read = TIMES[what];
  if (!read) throw unknown(`metric of handover.${number}`, what, Object.keys(TIMES));
  return (_, all) => (all[index] && read(all[index])) ?? Number.NaN;
}

function link([name, what]: string[], scenario: Scenario): Metric {
  const names = Object.keys(scenario.links);
  if (!names.includes(name)) throw unknown("link", name, names);
  const counter = LINK[what];
  if (!counter) throw unknown(`metric of links.${name}`, what, Object.keys(LINK));
  return ({ world }) => world.link(name).counters[counter];
}

/** `drops.REASON`, `drops.NODE.REASON`, `drops.total`. */
function drops(parts: string[], scenario: Scenario): Metric {
  const { node, rest } = ofNode(parts, scenario);
  const [reason] = rest;
  if (reason === "total") return (m) => Object.values(m.drops(node)).reduce((a, b) => a + b, 0);
  const reasons = Object.keys(Verdict).filter((key) => Number(Verdict[key as keyof typeof Verdict]) >= Verdict.DROPS);
  const known = [...reasons, ...OUTSIDE];
  if (!known.includes(reason)) throw unknown("reason of drops", reason, ["total", ...known]);
  return (m) => m.drops(node)[reason] ?? 0;
}

/** `events.KIND`, `events.KIND.CODE`, each also with a node in front of KIND. */
function events(parts: string[], scenario: Scenario): Metric {
  const { node, rest } = ofNode(parts, scenario);
  const [kindName, codeText] = rest;
  const kind = Event[kindName as keyof typeof Event];
  if (typeof kind !== "number") {
    throw unknown(
      "event",
      kindName,
      Object.keys(Event).filter((key) => Number.isNaN(Number(key))),
    );
  }
  const code = codeText === undefined ? undefined : Number(codeText);
  if (code !== undefined && !Number.isInteger(code)) throw unknown(`code of ${kindName}`, codeText, ["whole numbers"]);
  return (m) => m.events(kind, code, node);
}

/**
 * `steps.NODE.A-B-C`: how often the node passed these steps of the seeds in this order, with none of them out of turn in between; other
 * steps do not count.
 */
function steps([name, list, ...rest]: string[], scenario: Scenario): Metric {
  const names = expandNodes(scenario.nodes).map((instance) => instance.name);
  if (!names.includes(name)) throw unknown("node", name, names);
  const wanted = (list ?? "").split("-").map(Number);
  if (rest.length > 0 || wanted.some((step) => !Number.isInteger(step) || step === 0)) {
    throw unknown(`steps of ${name}`, list, ["numbers with - between, such as 501-502-503"]);
  }
  return ({ world }) => {
    const passed = world.node(name).steps.filter((step) => wanted.includes(step));
    let count = 0;
    for (let at = 0; at + wanted.length <= passed.length; at++) {
      if (!wanted.every((step, i) => passed[at + i] === step)) continue;
      count++;
      at += wanted.length - 1;
    }
    return count;
  };
}

/** `impostors.NAME.sent`, `impostors.NAME.believed`, both also with the name of a flow behind. */
function impostors([name, what, ...rest]: string[], scenario: Scenario): Metric {
  const named = (scenario.actions ?? []).flatMap((action) => (action.do === "answer" ? [action] : []));
  const own = named.filter((action) => action.name === name);
  if (own.length === 0) throw unknown("impostor", name, new Set(named.map((action) => action.name)));
  if (what !== "sent" && what !== "believed") {
    throw unknown(`metric of impostors.${name}`, what, ["sent", "believed"]);
  }
  const victims = new Set(own.flatMap((action) => action.flows));
  const flows = rest.length === 0 ? victims : new Set([rest.join(".")]);
  for (const flow of flows) if (!victims.has(flow)) throw unknown(`flow of impostors.${name}`, flow, victims);
  return ({ world }) => world.impostors.count(name, what, flows);
}

/** A node's name may stand first; it has no dot. */
function ofNode(parts: string[], scenario: Scenario): { node?: string; rest: string[] } {
  const isNode = expandNodes(scenario.nodes).some(({ name, template }) => name === parts[0] || template === parts[0]);
  return isNode ? { node: parts[0], rest: parts.slice(1) } : { rest: parts };
}

/** Does the value relate to the limit as it should? NaN never does. */
export function holds({ op, limit }: Expectation, value: number): boolean {
  switch (op) {
    case "<=":
      return value <= limit;
    case "<":
      return value < limit;
    case "==":
      return value === limit;
    case "!=":
      return value < limit || value > limit;
    case ">":
      return value > limit;
    case ">=":
      return value >= limit;
  }
}
