import { MACHINES, type MachineName } from "../machines/machine.js";
import type { Compared, Finding, Outcome } from "./campaign.js";
import { together } from "./campaign.js";
import { KINDS, REASONS, seen } from "./coverage.js";
import { NEVER_EVENTS, NEVER_VERDICTS } from "./never.js";

/** An image for people, with what differs. */
export function asText(outcome: Outcome, seed: number): string {
  return [summary(outcome), ...outcome.findings.map((finding) => describe(finding, seed))].join("\n");
}

/** The end of a run: all images together. */
export function closing(seed: number, outcomes: readonly Outcome[], failures: readonly string[]): string {
  const all = together(outcomes);
  const share = percent(all.accepted, all.frames);
  const lines = [`all: ${all.frames} frames in V8, ${share} accepted; ${machineFrames(outcomes)}`, ...failures];
  const failed = failures.length + outcomes.reduce((sum, { findings }) => sum + findings.length, 0);
  const checks = outcomes.reduce((sum, outcome) => sum + took(outcome).length + 1, 0);
  lines.push(`differential, seed ${seed}: ${Math.max(0, checks - failed)} passed, ${failed} failed`);
  return lines.join("\n");
}

function summary(outcome: Outcome): string {
  const { image, tally, sequences } = outcome;
  const { verdicts, events } = seen(outcome);
  const possible = (all: readonly string[], never: Partial<Record<string, string>>) =>
    all.filter((name) => never[name] === undefined).length;
  const verdictsOf = possible(REASONS, NEVER_VERDICTS[image]);
  const eventsOf = possible(KINDS, NEVER_EVENTS[image]);
  const differing = outcome.findings.map(({ machine }) => machine);
  const machines = took(outcome)
    .filter(([name]) => !differing.includes(name))
    .map(([name, { frames, steps }]) => `${name} ${frames} frames (${steps} calls) the same`);
  return [
    `${image}: ${tally.frames} frames in ${sequences} sequences, ${percent(tally.accepted, tally.frames)} accepted,`,
    `${verdicts.length} of ${verdictsOf} verdicts, ${events.length} of ${eventsOf} events, ${tally.refusals.size} refusals;`,
    machines.join(", "),
  ].join(" ");
}

/** The machines that took part. */
function took({ compared }: Outcome): [MachineName, Compared][] {
  return [...compared].filter(([, { frames }]) => frames > 0);
}

function machineFrames(outcomes: readonly Outcome[]): string {
  return MACHINES.filter((name) => outcomes.some(({ compared }) => compared.has(name)))
    .map((name) => `${name} ${outcomes.reduce((sum, { compared }) => sum + (compared.get(name)?.frames ?? 0), 0)}`)
    .join(", ");
}

/** A difference: where, what each machine gave, and how to see it again. */
export function describe({ machine, image, sequence, stopped, difference }: Finding, seed: number): string {
  const lines = [`${machine} differs from v8: image ${image}, sequence ${sequence} of seed ${seed}`];
  if (stopped !== undefined) lines.push(`  ${machine} stopped: ${stopped}`);
  if (difference === undefined) return lines.join("\n");
  const { step, call, expected, got } = difference;
  lines.push(`  step ${step} of ${image}-${machine}.tape: ${call}`);
  for (const line of expected) lines.push(`    v8      ${line}`);
  for (const line of got) lines.push(`    ${machine.padEnd(7)} ${line}`);
  return lines.join("\n");
}

export function asJson(seed: number, outcomes: readonly Outcome[], failures: readonly string[]): string {
  const images = outcomes.map((outcome) => ({
    image: outcome.image,
    sequences: outcome.sequences,
    frames: outcome.tally.frames,
    accepted: outcome.tally.accepted,
    refused: outcome.tally.refused,
    calls: outcome.tally.calls,
    ...seen(outcome),
    machines: Object.fromEntries(outcome.compared),
    findings: outcome.findings.map((finding) => describe(finding, seed)),
  }));
  return JSON.stringify({ seed, images, failures }, null, 2);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "none" : `${((100 * part) / whole).toFixed(1)} %`;
}
