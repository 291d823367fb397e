// The binary format of WebAssembly (Core Specification 2.0 §5), as far as images use it: where functions and their instructions lie.
// Offsets count from the beginning of the file, as source maps do.

export enum Section {
  CUSTOM = 0,
  TYPE = 1,
  IMPORT = 2,
  FUNCTION = 3,
  MEMORY = 5,
  GLOBAL = 6,
  EXPORT = 7,
  CODE = 10,
}

/** Instructions that somebody here names. */
export enum Code {
  UNREACHABLE = 0x00,
  NOP = 0x01,
  BLOCK = 0x02,
  LOOP = 0x03,
  IF = 0x04,
  ELSE = 0x05,
  END = 0x0b,
  BR = 0x0c,
  BR_IF = 0x0d,
  BR_TABLE = 0x0e,
  RETURN = 0x0f,
  CALL = 0x10,
  CALL_INDIRECT = 0x11,
  DROP = 0x1a,
  SELECT = 0x1b,
  SELECT_TYPED = 0x1c,
  LOCAL_GET = 0x20,
  LOCAL_TEE = 0x22,
  GLOBAL_GET = 0x23,
  GLOBAL_SET = 0x24,
  TABLE_SET = 0x26,
  LOAD_FIRST = 0x28,
  STORE_FIRST = 0x36,
  STORE_LAST = 0x3e,
  MEMORY_SIZE = 0x3f,
  MEMORY_GROW = 0x40,
  I32_CONST = 0x41,
  I64_CONST = 0x42,
  F32_CONST = 0x43,
  F64_CONST = 0x44,
  I32_EQZ = 0x45,
  I32_EQ = 0x46,
  I32_NE = 0x47,
  I64_EQ = 0x51,
  I64_NE = 0x52,
  I32_SUB = 0x6b,
  REF_NULL = 0xd0,
  REF_FUNC = 0xd2,
  PREFIX = 0xfc,
}

export interface Instruction {
  /** First byte, and the byte behind the last. */
  at: number;
  end: number;
  code: number;
  /** Behind PREFIX. */
  sub: number;
  /** The first immediate, signed where the instruction says so. */
  immediate: bigint;
  /** False behind a branch that is always taken: C compilers and wasm2c leave that out. */
  reachable: boolean;
}

export interface WasmFunction {
  index: number;
  name: string;
  /** The body: from its size on, from its locals on, from its first instruction on, behind its last. */
  sizeAt: number;
  bodyAt: number;
  codeAt: number;
  end: number;
}

/** Value types: 0x7f i32, 0x7e i64, 0x7d f32, 0x7c f64. */
export interface Signature {
  parameters: number[];
  results: number[];
}

export interface SectionPlace {
  id: number;
  /** First byte of the section's number, of its content, and the byte behind it. */
  at: number;
  contentAt: number;
  end: number;
}

/** Reads LEB128 numbers and lengths. */
export class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
  ) {}

  byte(): number {
    if (this.at >= this.bytes.length)
      throw new RangeError(`the module ends at byte ${this.at}, where more was expected`);
    return this.bytes[this.at++];
  }
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
  signed(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return byte & 64 ? value - (1n << (shift + 7n)) : value;
    }
  }
  skip(bytes: number): void {
    this.at += bytes;
  }
  text(): string {
    const length = this.unsigned();
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at)).toString();
  }
}

export function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
}
export function signedLeb(value: bigint): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    if ((rest === 0n && byte < 64) || (rest === -1n && byte >= 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

/** A module's sections and functions. Imported functions are refused: images have none. */
export class Wasm {
  readonly sections: SectionPlace[] = [];
  readonly functions: WasmFunction[] = [];

  constructor(readonly bytes: Uint8Array) {
    const reader = new Reader(bytes, 8);
    while (reader.at < bytes.length) {
      const at = reader.at;
      const id = reader.byte();
      const size = reader.unsigned();
      this.sections.push({ id, at, contentAt: reader.at, end: reader.at + size });
      reader.skip(size);
    }
    if (this.section(Section.IMPORT)) throw new Error("the module imports something; an image does not");
    const names = this.names();
    const code = this.section(Section.CODE);
    if (!code) throw new Error("the module has no code");
    reader.at = code.contentAt;
    const count = reader.unsigned();
    for (let index = 0; index < count; index++) {
      const sizeAt = reader.at;
      const size = reader.unsigned();
      const bodyAt = reader.at;
      const end = bodyAt + size;
      for (let groups = reader.unsigned(); groups > 0; groups--) {
        reader.unsigned();
        reader.byte();
      }
      this.functions.push({
        index,
        name: names.get(index) ?? `function ${index}`,
        sizeAt,
        bodyAt,
        codeAt: reader.at,
        end,
      });
      reader.at = end;
    }
  }

  section(id: Section): SectionPlace | undefined {
    return this.sections.find((section) => section.id === id);
  }

  /** By function index, from the custom section "name". */
  private names(): Map<number, string> {
    const names = new Map<number, string>();
    for (const { contentAt, end } of this.sections.filter(({ id }) => id === Section.CUSTOM)) {
      const reader = new Reader(this.bytes, contentAt);
      if (reader.text() !== "name") continue;
      while (reader.at < end) {
        const id = reader.byte();
        const next = reader.unsigned() + reader.at;
        if (id === 1) for (let n = reader.unsigned(); n > 0; n--) names.set(reader.unsigned(), reader.text());
        reader.at = next;
      }
    }
    return names;
  }

  /** Parameters and results of each function, from the sections of types and functions. */
  signatures(): Signature[] {
    const types = this.section(Section.TYPE);
    const functions = this.section(Section.FUNCTION);
    if (!types || !functions) throw new Error("the module has no types or functions");
    const reader = new Reader(this.bytes, types.contentAt);
    const known: Signature[] = [];
    for (let n = reader.unsigned(); n > 0; n--) {
      reader.byte();
      const valueTypes = () => Array.from({ length: reader.unsigned() }, () => reader.byte());
      const parameters = valueTypes();
      known.push({ parameters, results: valueTypes() });
    }
    reader.at = functions.contentAt;
    return Array.from({ length: reader.unsigned() }, () => known[reader.unsigned()]);
  }

  /** The instructions of a function in order. */
  instructions({ codeAt, end }: WasmFunction): Instruction[] {
    const reader = new Reader(this.bytes, codeAt);
    const list: Instruction[] = [];
    // Whether the code in each open block is reached, the innermost last; and whether the block itself was.
    const blocks: { outside: boolean }[] = [];
    let reachable = true;
    while (reader.at < end) {
      const instruction = one(reader);
      const { code } = instruction;
      if (code === Code.ELSE || code === Code.END) reachable = blocks.at(-1)?.outside ?? true;
      list.push({ ...instruction, reachable });
      if (code === Code.BLOCK || code === Code.LOOP || code === Code.IF) blocks.push({ outside: reachable });
      else if (code === Code.END) blocks.pop();
      else if (NEVER_RETURNS.has(code)) reachable = false;
    }
    return list;
  }
}

const NEVER_RETURNS: ReadonlySet<number> = new Set([Code.UNREACHABLE, Code.BR, Code.BR_TABLE, Code.RETURN]);

function one(reader: Reader): Omit<Instruction, "reachable"> {
  const at = reader.at;
  const code = reader.byte();
  let sub = 0;
  let immediate = 0n;
  if (code >= Code.BLOCK && code <= Code.IF) immediate = reader.signed();
  else if (code === Code.BR || code === Code.BR_IF || code === Code.CALL) immediate = BigInt(reader.unsigned());
  else if (code === Code.BR_TABLE) {
    immediate = BigInt(reader.unsigned());
    for (let n = 0n; n <= immediate; n++) reader.unsigned();
  } else if (code === Code.CALL_INDIRECT) {
    immediate = BigInt(reader.unsigned());
    reader.unsigned();
  } else if (code === Code.SELECT_TYPED) reader.skip(reader.unsigned());
  else if (code >= Code.LOCAL_GET && code <= Code.TABLE_SET) immediate = BigInt(reader.unsigned());
  else if (code >= Code.LOAD_FIRST && code <= Code.STORE_LAST) {
    reader.unsigned();
    immediate = BigInt(reader.unsigned());
  } else if (code === Code.MEMORY_SIZE || code === Code.MEMORY_GROW || code === Code.REF_NULL) reader.skip(1);
  else if (code === Code.I32_CONST || code === Code.I64_CONST) immediate = reader.signed();
  else if (code === Code.F32_CONST) reader.skip(4);
  else if (code === Code.F64_CONST) reader.skip(8);
  else if (code === Code.REF_FUNC) immediate = BigInt(reader.unsigned());
  else if (code === Code.PREFIX) {
    sub = reader.unsigned();
    for (let n = PREFIXED[sub] ?? 0; n > 0; n--) reader.unsigned();
  } else if (code > 0xd2 && code !== Code.PREFIX)
    throw new Error(`byte ${at}: instruction 0x${code.toString(16)} is not known`);
  return { at, end: reader.at, code, sub, immediate };
}

/** Immediates behind PREFIX and its number: memory.init, data.drop, memory.copy, memory.fill, the table instructions. */
const PREFIXED: Record<number, number> = { 8: 2, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2, 15: 1, 16: 1, 17: 1 };
