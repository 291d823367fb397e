import { Event } from "../../assembly/abi/event.js";
import { Verdict } from "../../assembly/abi/verdict.js";
import type { Outcome } from "./campaign.js";
import { NEVER_EVENTS, NEVER_VERDICTS, NOT_PLAYED } from "./never.js";

/** Reasons to drop a packet, by name. What is below `DROPS` moves a packet on and is not counted by an image. */
export const REASONS: readonly (keyof typeof Verdict)[] = numbers(Verdict)
  .filter((verdict) => verdict >= Verdict.DROPS && verdict < Verdict.COUNT)
  .map((verdict) => Verdict[verdict] as keyof typeof Verdict);
export const KINDS: readonly (keyof typeof Event)[] = numbers(Event).map((kind) => Event[kind] as keyof typeof Event);

function numbers(names: object): number[] {
  return Object.values(names).filter((value): value is number => typeof value === "number");
}

/** What of an image occurred, by name. */
export function seen({ tally }: Pick<Outcome, "tally">): { verdicts: string[]; events: string[] } {
  return {
    verdicts: REASONS.filter((name) => tally.verdicts[Verdict[name]] > 0),
    events: KINDS.filter((name) => tally.events.has(Event[name])),
  };
}

/**
 * What is wrong with what occurred: a verdict or event that the image is said never to give and gave; where `whole` is true also one
 * that is not said so and did not occur, and fewer than half of the frames accepted.
 */
export function judgeCoverage(outcome: Outcome, whole: boolean): string[] {
  const { image, tally } = outcome;
  const { verdicts, events } = seen(outcome);
  const failures: string[] = [];
  const check = (all: readonly string[], given: string[], never: Partial<Record<string, string>>, what: string) => {
    for (const name of all) {
      const occurred = given.includes(name);
      const reason = never[name];
      const played = !(NOT_PLAYED[image] as readonly string[]).includes(name);
      if (occurred && !played) failures.push(`${image}: ${what} ${name} occurred, though no scene is said to play it`);
      if (occurred && reason !== undefined) failures.push(`${image}: ${what} ${name} occurred, though ${reason}`);
      if (!occurred && reason === undefined && played && whole)
        failures.push(`${image}: ${what} ${name} did not occur`);
    }
  };
  check(REASONS, verdicts, NEVER_VERDICTS[image], "verdict");
  check(KINDS, events, NEVER_EVENTS[image], "event");
  if (whole && tally.accepted * 2 < tally.frames) {
    failures.push(`${image}: only ${tally.accepted} of ${tally.frames} frames were accepted`);
  }
  return failures;
}
