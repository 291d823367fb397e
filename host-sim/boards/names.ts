/** The ABI's numbers as C has them: `abi.h`, made from the enumerations of assembly/abi. */
import { Event } from "../../assembly/abi/event.js";
import { Message, Refusal } from "../../assembly/abi/message.js";
import { Verdict } from "../../assembly/abi/verdict.js";

type Numbers = Record<string, string | number>;

/** The version that firmware/node.c speaks. */
const ABI_VERSION = 1;

export function abiHeader(): string {
  return [
    "/* Generated from assembly/abi. */",
    "#ifndef SIXFOLD_ABI_H",
    "#define SIXFOLD_ABI_H",
    `enum { ABI_VERSION = ${ABI_VERSION} };`,
    numbers("MESSAGE", Message),
    ...named("EVENT", Event),
    ...named("VERDICT", Verdict),
    ...named("REFUSAL", Refusal),
    "#endif",
    "",
  ].join("\n");
}

function entries(of: Numbers): [name: string, value: number][] {
  return Object.entries(of).filter((entry): entry is [string, number] => typeof entry[1] === "number");
}

function numbers(prefix: string, of: Numbers): string {
  const lines = entries(of).map(([name, value]) => `  ${prefix}_${name} = ${value},`);
  return `enum {\n${lines.join("\n")}\n};`;
}

/** An enumeration and `PREFIX_NAMES[PREFIX_COUNT]`; a number that has none is "?". */
function named(prefix: string, of: Numbers): string[] {
  const known = entries(of).filter(([name]) => name !== "COUNT");
  const count = Math.max(...known.map(([, value]) => value)) + 1;
  const names = Array.from({ length: count }, (_, value) => JSON.stringify(of[value] ?? "?"));
  return [
    numbers(prefix, { ...Object.fromEntries(known), COUNT: count }),
    `static const char *const ${prefix}_NAMES[${prefix}_COUNT] = {\n  ${names.join(",\n  ")},\n};`,
  ];
}
