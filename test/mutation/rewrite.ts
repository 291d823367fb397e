import { Code, Reader, Section, signedLeb, unsignedLeb, type Wasm, type WasmFunction } from "../proof/wasm.js";

/** Bytes in the place of those from `at` to `end`; at = end inserts. */
export interface Edit {
  at: number;
  end: number;
  bytes: number[];
}

/** Exported by every rewritten module: a mutable global that each turn of a loop takes one from; at 0 the module traps. */
export const FUEL = "fuel";
/** Turns that starting the module may take. */
const AT_START = 1_000_000n;
const I32 = 0x7f;
const MUTABLE = 1;
const KIND_GLOBAL = 3;
const EMPTY_BLOCK = 0x40;

/** Makes changed copies of a module. Loops have a budget in all of them, so that one that never ends does end, always at the same turn. */
export class Rewriter {
  private readonly bodies: Uint8Array[];
  private readonly fuel: number;

  constructor(private readonly wasm: Wasm) {
    const globals = wasm.section(Section.GLOBAL);
    this.fuel = globals ? new Reader(wasm.bytes, globals.contentAt).unsigned() : 0;
    this.bodies = wasm.functions.map((fn) => this.body(fn, []));
  }

  build(edits: ReadonlyMap<WasmFunction, Edit[]>): Uint8Array {
    const { wasm } = this;
    const parts: Uint8Array[] = [wasm.bytes.subarray(0, 8)];
    for (const section of wasm.sections) {
      const content = wasm.bytes.subarray(section.contentAt, section.end);
      if (section.id === Section.CUSTOM) continue;
      if (section.id === Section.EXPORT && !wasm.section(Section.GLOBAL)) {
        parts.push(grown(Section.GLOBAL, Uint8Array.of(0), this.fuelGlobal()));
      }
      if (section.id === Section.GLOBAL) parts.push(grown(section.id, content, this.fuelGlobal()));
      else if (section.id === Section.EXPORT) parts.push(grown(section.id, content, this.fuelExport()));
      else if (section.id === Section.CODE) parts.push(this.code(edits));
      else parts.push(wasm.bytes.subarray(section.at, section.end));
    }
    return Buffer.concat(parts);
  }

  private fuelGlobal(): number[] {
    return [I32, MUTABLE, Code.I32_CONST, ...signedLeb(AT_START), Code.END];
  }
  private fuelExport(): number[] {
    return [FUEL.length, ...Buffer.from(FUEL), KIND_GLOBAL, ...unsignedLeb(this.fuel)];
  }

  private code(edits: ReadonlyMap<WasmFunction, Edit[]>): Uint8Array {
    const bodies = this.wasm.functions.map((fn, i) => {
      const own = edits.get(fn);
      return own ? this.body(fn, own) : this.bodies[i];
    });
    const content = Buffer.concat([Uint8Array.from(unsignedLeb(bodies.length)), ...bodies]);
    return Buffer.concat([Uint8Array.from([Section.CODE, ...unsignedLeb(content.length)]), content]);
  }

  /** A function's body with its size, the edits and the loops' budget. */
  private body(fn: WasmFunction, edits: readonly Edit[]): Uint8Array {
    const turns = this.wasm
      .instructions(fn)
      .filter(({ code }) => code === Code.LOOP)
      .map(({ end }) => ({ at: end, end, bytes: this.turn() }));
    // What is inserted before an instruction comes before what replaces it.
    const all = [...turns, ...edits].sort((one, other) => one.at - other.at || one.end - other.end);
    const parts: Uint8Array[] = [];
    let at = fn.bodyAt;
    for (const edit of all) {
      if (edit.at < at) throw new Error(`${fn.name}: two changes overlap at byte ${edit.at}`);
      parts.push(this.wasm.bytes.subarray(at, edit.at), Uint8Array.from(edit.bytes));
      at = edit.end;
    }
    parts.push(this.wasm.bytes.subarray(at, fn.end));
    const body = Buffer.concat(parts);
    return Buffer.concat([Uint8Array.from(unsignedLeb(body.length)), body]);
  }

  /** Traps when nothing is left, else takes one. */
  private turn(): number[] {
    const fuel = unsignedLeb(this.fuel);
    const get = [Code.GLOBAL_GET, ...fuel];
    const check = [...get, Code.I32_EQZ, Code.IF, EMPTY_BLOCK, Code.UNREACHABLE, Code.END];
    return [...check, ...get, Code.I32_CONST, 1, Code.I32_SUB, Code.GLOBAL_SET, ...fuel];
  }
}

/** A section that is a vector, with one element more. */
function grown(id: Section, content: Uint8Array, element: number[]): Uint8Array {
  const reader = new Reader(content);
  const count = reader.unsigned();
  const rest = content.subarray(reader.at);
  const whole = Buffer.concat([Uint8Array.from(unsignedLeb(count + 1)), rest, Uint8Array.from(element)]);
  return Buffer.concat([Uint8Array.from([id, ...unsignedLeb(whole.length)]), whole]);
}
