/**
 * Calls into many instances through one. A call from JavaScript into an instance goes over objects that belong to that instance and
 * that function; with thousands of instances none of them is in a cache when its turn comes. Here one small WebAssembly module
 * has a function for each that a core exports, and it calls the core's own through a table: the way in is the same for all cores, and a core's
 * part of it is one row of the table.
 */

/** What is called, with how many numbers, and whether it answers with one: an image's exports (ARCHITECTURE.md, "ABI"). */
const CALLS = {
  configure: [1, true],
  rxBuffer: [1, true],
  rx: [2, false],
  tick: [0, true],
  takeTx: [0, true],
  txDone: [1, false],
  takeEvent: [0, true],
  takeStore: [0, true],
  stored: [1, false],
} as const satisfies Record<string, readonly [parameters: number, answers: boolean]>;

export type Call = keyof typeof CALLS;

/** The calls, each with the core's row as its first parameter. Answers are signed. */
interface Calls {
  table: WebAssembly.Table;
  configure(row: number, length: number): number;
  rxBuffer(row: number, port: number): number;
  rx(row: number, port: number, length: number): void;
  tick(row: number): number;
  takeTx(row: number): number;
  txDone(row: number, pointer: number): void;
  takeEvent(row: number): number;
  takeStore(row: number): number;
  stored(row: number, generation: number): void;
}

const NAMES = Object.keys(CALLS) as Call[];
/** Rows by which the table grows. */
const GROWTH = 64;

/** The calls into every core of this process. */
export const calls = new WebAssembly.Instance(new WebAssembly.Module(encode())).exports as unknown as Calls;

const free: number[] = [];
/** Gives rows back when their core is collected: the table would keep the instance. */
const collected = new FinalizationRegistry<number>((row) => {
  for (let i = 0; i < NAMES.length; i++) calls.table.set(row + i, null);
  free.push(row);
});

/** A row for an instance, for as long as `owner` lives. */
export function connect(exports: Record<Call, unknown>, owner: object): number {
  if (free.length === 0) {
    const first = calls.table.grow(GROWTH * NAMES.length);
    for (let i = GROWTH - 1; i >= 0; i--) free.push(first + i * NAMES.length);
  }
  const row = free.pop()!;
  for (const [i, name] of NAMES.entries()) calls.table.set(row + i, exports[name]);
  collected.register(owner, row);
  return row;
}

/** The module: function n calls the table's entry at its first parameter + n with the parameters that follow. */
function encode(): Uint8Array {
  const I32 = 0x7f;
  const [LOCAL_GET, I32_CONST, I32_ADD, CALL_INDIRECT, END] = [0x20, 0x41, 0x6a, 0x11, 0x0b];
  const vector = (items: number[][]) => [items.length, ...items.flat()];
  const section = (id: number, body: number[]) => [id, ...unsigned(body.length), ...body];
  const type = (parameters: number, answers: boolean) => [
    0x60,
    ...vector(Array(parameters).fill([I32])),
    ...vector(answers ? [[I32]] : []),
  ];
  const name = (text: string) => [text.length, ...Buffer.from(text)];
  const shapes = Object.values(CALLS);
  const bodies = shapes.map(([parameters], n) => {
    const pass = Array.from({ length: parameters }, (_, i) => [LOCAL_GET, i + 1]).flat();
    const code = [0, ...pass, LOCAL_GET, 0, I32_CONST, n, I32_ADD, CALL_INDIRECT, 2 * n, 0, END];
    return [code.length, ...code];
  });
  const types = shapes.flatMap(([parameters, answers]) => [type(parameters, answers), type(parameters + 1, answers)]);
  const exported = NAMES.map((text, n) => [...name(text), 0, n]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(3, vector(shapes.map((_, n) => [2 * n + 1]))),
    ...section(4, vector([[0x70, 0, 0]])),
    ...section(7, vector([[...name("table"), 1, 0], ...exported])),
    ...section(10, vector(bodies)),
  ]);
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
