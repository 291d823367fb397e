import { Code, type Instruction, type Signature, signedLeb, type Wasm } from "../proof/wasm.js";
import type { Edit } from "./rewrite.js";

/** One small wrong thing that somebody could have written. */
export interface Change {
  /** In words: `< becomes <=`. */
  name: string;
  edit: Edit;
}

/** Instructions by what they do; for 32 bits, those for 64 bits follow. */
const OPERATIONS: readonly [name: string, i32: number, i64: number][] = [
  ["==", 0x46, 0x51],
  ["!=", 0x47, 0x52],
  ["<", 0x48, 0x53],
  ["< unsigned", 0x49, 0x54],
  [">", 0x4a, 0x55],
  ["> unsigned", 0x4b, 0x56],
  ["<=", 0x4c, 0x57],
  ["<= unsigned", 0x4d, 0x58],
  [">=", 0x4e, 0x59],
  [">= unsigned", 0x4f, 0x5a],
  ["+", 0x6a, 0x7c],
  ["-", 0x6b, 0x7d],
  ["*", 0x6c, 0x7e],
  ["/", 0x6d, 0x7f],
  ["/ unsigned", 0x6e, 0x80],
  ["%", 0x6f, 0x81],
  ["% unsigned", 0x70, 0x82],
  ["&", 0x71, 0x83],
  ["|", 0x72, 0x84],
  ["^", 0x73, 0x85],
  ["<<", 0x74, 0x86],
  [">>", 0x75, 0x87],
  [">>>", 0x76, 0x88],
  ["rotl", 0x77, 0x89],
  ["rotr", 0x78, 0x8a],
];

/** A limit that is off by one, a test turned round, an operation taken for its neighbour. */
const SWAPS: readonly [from: string, to: string][] = [
  ["==", "!="],
  ["!=", "=="],
  ["<", "<="],
  ["< unsigned", "<= unsigned"],
  ["<=", "<"],
  ["<= unsigned", "< unsigned"],
  [">", ">="],
  ["> unsigned", ">= unsigned"],
  [">=", ">"],
  [">= unsigned", "> unsigned"],
  ["+", "-"],
  ["-", "+"],
  ["*", "+"],
  ["/", "*"],
  ["/ unsigned", "*"],
  ["%", "/"],
  ["% unsigned", "/ unsigned"],
  ["&", "|"],
  ["|", "&"],
  ["^", "|"],
  ["<<", ">>>"],
  [">>", "<<"],
  [">>>", "<<"],
  ["rotl", "rotr"],
];

const swapOf = new Map<number, { name: string; to: number }>();
for (const [from, to] of SWAPS) {
  const one = OPERATIONS.find(([name]) => name === from)!;
  const other = OPERATIONS.find(([name]) => name === to)!;
  for (const i of [1, 2] as const) swapOf.set(one[i], { name: `${from} becomes ${to}`, to: other[i] });
}

/** Tests whose swap is the same as turning the branch behind them round. */
const EQUALITIES: ReadonlySet<number> = new Set([Code.I32_EQ, Code.I32_NE, Code.I64_EQ, Code.I64_NE]);
const I64 = 0x7e;

/** What an instruction of a module may become. */
export class Operators {
  private readonly signatures: Signature[];

  constructor(wasm: Wasm) {
    this.signatures = wasm.signatures();
  }

  /**
   * @param before the instruction in front of it
   * @param isAddress whether a constant is where something lies in the memory: nobody writes those
   */
  changes(instruction: Instruction, before: Instruction | undefined, isAddress: boolean): Change[] {
    const { at, end, code, immediate } = instruction;
    const replace = (name: string, bytes: number[]): Change => ({ name, edit: { at, end, bytes } });
    const swap = swapOf.get(code);
    if (swap) return [replace(swap.name, [swap.to])];
    if (code === Code.IF || code === Code.BR_IF || code === Code.SELECT) {
      if (before && EQUALITIES.has(before.code)) return [];
      return [{ name: "the condition is turned round", edit: { at, end: at, bytes: [Code.I32_EQZ] } }];
    }
    if ((code === Code.I32_CONST || code === Code.I64_CONST) && !isAddress) {
      return [1n, -1n].map((step) =>
        replace(`${immediate} becomes ${immediate + step}`, [code, ...signedLeb(immediate + step)]),
      );
    }
    if (code >= Code.STORE_FIRST && code <= Code.STORE_LAST) {
      return [replace("nothing is stored", [Code.DROP, Code.DROP])];
    }
    if (code === Code.GLOBAL_SET) return [replace("the variable is not set", [Code.DROP])];
    if (code === Code.CALL) return this.withoutCall(Number(immediate), replace);
    return [];
  }

  private withoutCall(callee: number, replace: (name: string, bytes: number[]) => Change): Change[] {
    const { parameters, results } = this.signatures[callee];
    const zero = results.flatMap((type) => [type === I64 ? Code.I64_CONST : Code.I32_CONST, 0]);
    const what = results.length > 0 ? "the call answers 0" : "the call is left out";
    return [replace(what, [...parameters.map(() => Code.DROP), ...zero])];
  }
}
