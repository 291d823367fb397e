import { readFileSync } from "node:fs";

/** A place in a source file; lines and columns count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

const DIGITS = new Map(
  [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].map((digit, value) => [digit, value]),
);

/** A source map of revision 3 whose columns are the bytes of a module. */
export class SourceMap {
  private readonly offsets: number[] = [];
  private readonly places: (Place | null)[] = [];

  constructor(path: string) {
    const { sources, mappings } = JSON.parse(readFileSync(path, "utf8")) as { sources: string[]; mappings: string };
    let offset = 0;
    let source = 0;
    let line = 0;
    let column = 0;
    for (const segment of mappings.split(",")) {
      const numbers = quantities(segment);
      offset += numbers[0];
      this.offsets.push(offset);
      if (numbers.length < 4) {
        this.places.push(null);
        continue;
      }
      source += numbers[1];
      line += numbers[2];
      column += numbers[3];
      this.places.push({ file: sources[source], line: line + 1, column: column + 1 });
    }
  }

  /** What the byte at `offset` was made from; null when the compiler does not say. Nothing before `from` counts. */
  at(offset: number, from: number): Place | null {
    let low = 0;
    let high = this.offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.offsets[middle] <= offset) low = middle + 1;
      else high = middle;
    }
    return low > 0 && this.offsets[low - 1] >= from ? this.places[low - 1] : null;
  }
}

/** The signed numbers of a segment: base 64, five bits a digit, the lowest bit is the sign. */
function quantities(segment: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let shift = 0;
  for (const character of segment) {
    const digit = DIGITS.get(character);
    if (digit === undefined) throw new Error(`"${character}" does not belong into a source map`);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}
