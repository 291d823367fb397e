import { be, concat } from "../bench/frames.js";
import type { SubjectName } from "./build.js";
import type { setups } from "./setups.js";

/** A target that calls one parser (assembly/NAME.ts, native/parse.c). */
export interface Parser {
  name: string;
  subject: SubjectName;
  /** State of the image, of setups.ts; none for parsers that need no engine. */
  setup?: keyof typeof setups;
  /** Macros of native/parse.c: which export, and how the input gets there. */
  defines: string[];
  about: string;
  longest: number;
  inputs: Record<string, Uint8Array>;
}

/** An input: the parser's choices, then bytes. `kind` is their high byte. */
export function input(how: number, kind: number, ...bytes: Uint8Array[]): Uint8Array {
  return concat(be(8, how, kind), ...bytes);
}
export const parser = (
  name: string,
  subject: SubjectName,
  entry: string,
  about: string,
  longest: number,
  inputs: Record<string, Uint8Array>,
  setup?: keyof typeof setups,
  ...defines: string[]
): Parser => ({ name, subject, setup, defines: [`-DPARSER=${entry}`, ...defines], about, longest, inputs });
