// Takes the headers of AssemblyScript's function objects out of an image: 20 bytes before each object are for a garbage collector
// that the stub runtime does not have. About 16 bytes of the file for every function that stands at a door.
//
//     -20 mmInfo (28)   -8 class id   -4 size (8)   0 index in the function table   4 environment

const DATA_COUNT = 12;
const DATA = 11;

/** A copy of a WebAssembly module without those headers. Segments that look otherwise are kept as they are. */
export function stripObjects(wasm) {
  const sections = readSections(wasm);
  const data = sections.find((section) => section.id === DATA);
  if (!data) return wasm;
  const segments = withoutHeaders(readSegments(data.bytes));
  const count = leb(segments.length);
  data.bytes = Buffer.concat([count, ...segments.map(writeSegment)]);
  for (const section of sections) if (section.id === DATA_COUNT) section.bytes = count;
  const written = sections.map(({ id, bytes }) => Buffer.concat([Buffer.of(id), leb(bytes.length), bytes]));
  return Buffer.concat([wasm.subarray(0, 8), ...written]);
}

/** A header is written as two segments, for zeros between them are left out: one byte of mmInfo, then class id, size and index. */
function withoutHeaders(segments) {
  const kept = [];
  for (let i = 0; i < segments.length; i++) {
    const [first, second] = segments.slice(i, i + 2);
    const isObject =
      second?.at === first.at + 12 &&
      first.bytes.length === 1 &&
      first.bytes[0] === 28 &&
      second.bytes.length > 8 &&
      second.bytes.readUInt32LE(4) === 8;
    kept.push(isObject ? { at: second.at + 8, bytes: second.bytes.subarray(8) } : first);
    if (isObject) i++;
  }
  return kept;
}

function readSections(wasm) {
  const reader = new Reader(wasm, 8);
  const sections = [];
  while (reader.at < wasm.length) sections.push({ id: reader.byte(), bytes: reader.take(reader.leb()) });
  return sections;
}

function readSegments(bytes) {
  const reader = new Reader(bytes, 0);
  return Array.from({ length: reader.leb() }, () => {
    const head = [reader.byte(), reader.byte()];
    const at = reader.leb();
    if (head[0] !== 0 || head[1] !== 0x41 || reader.byte() !== 0x0b)
      throw new Error("a data segment of an unknown kind");
    return { at, bytes: reader.take(reader.leb()) };
  });
}
function writeSegment({ at, bytes }) {
  return Buffer.concat([Buffer.of(0, 0x41), signedLeb(at), Buffer.of(0x0b), leb(bytes.length), bytes]);
}

class Reader {
  constructor(bytes, at) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }
  byte() {
    return this.bytes[this.at++];
  }
  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  /** Addresses are written as signed numbers, but they are small and positive. */
  leb() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
}
function leb(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
/** The same with room for a sign. */
function signedLeb(value) {
  const bytes = [];
  for (; value > 63; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}
