import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../bench/build.js";
import { type Equivalent, equivalents } from "./equivalents.js";
import type { Mutant } from "./mutants.js";
import type { Verdict } from "./oracle.js";

export interface Judged {
  mutant: Mutant;
  verdict: Verdict | "equivalent";
}

/** How many changes of a room came out how. */
export interface Score {
  killed: number;
  survived: number;
  unreached: number;
  equivalent: number;
}

/** `wire`, of assembly/wire/ip6.ts. */
export function roomOf({ place }: Mutant): string {
  return place.file.split("/")[1];
}

export function scores(judged: readonly Judged[]): Map<string, Score> {
  const rooms = new Map<string, Score>();
  for (const { mutant, verdict } of judged) {
    for (const room of [roomOf(mutant), "all"]) {
      const score = rooms.get(room) ?? { killed: 0, survived: 0, unreached: 0, equivalent: 0 };
      score[verdict]++;
      rooms.set(room, score);
    }
  }
  return new Map(
    [...rooms].sort(([one], [other]) => Number(one === "all") - Number(other === "all") || one.localeCompare(other)),
  );
}

/** Killed of those that could be, as a share; unreached ones could be. */
export function share({ killed, survived, unreached }: Score): number {
  const all = killed + survived + unreached;
  return all === 0 ? 1 : killed / all;
}

const texts = new Map<string, string[]>();

/** The source line of a change, trimmed. */
export function lineOf({ place }: Mutant): string {
  const lines = texts.get(place.file) ?? readFileSync(join(ROOT, place.file), "utf8").split("\n");
  texts.set(place.file, lines);
  return lines[place.line - 1].trim();
}

export function equivalentTo(mutant: Mutant): Equivalent | undefined {
  return equivalents.find(
    ({ file, line, change }) => file === mutant.place.file && change === mutant.change && line === lineOf(mutant),
  );
}

/** Entries of the list that fit no change any more: the sources moved on. */
export function stale(mutants: readonly Mutant[]): Equivalent[] {
  const used = new Set(mutants.map(equivalentTo));
  return equivalents.filter((entry) => !used.has(entry));
}

export function table(judged: readonly Judged[]): string {
  const head = ["room", "killed", "survived", "unreached", "equivalent", "score"];
  const rows = [...scores(judged)].map(([room, score]) => {
    const { killed, survived, unreached, equivalent } = score;
    return [room, killed, survived, unreached, equivalent, `${(100 * share(score)).toFixed(1)} %`];
  });
  return [head, ...rows]
    .map(([name, ...cells]) => `${name}`.padEnd(10) + cells.map((c) => `${c}`.padStart(12)).join(""))
    .join("\n");
}

/** The change in a line, with its source line below. */
export function describe({ mutant, verdict }: Judged): string {
  const { file, line, column } = mutant.place;
  return `${verdict}: ${file}:${line}:${column} ${mutant.change}\n    ${lineOf(mutant)}`;
}
