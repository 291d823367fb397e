/** What the runners need of a linked program: 32-bit ELF, little-endian. */
export interface Program {
  entry: number;
  /** Bytes and where they go; what a segment has beyond its bytes is zero. */
  segments: { address: number; bytes: Buffer; size: number; writable: boolean }[];
  /** Functions and labels by address, ascending. */
  symbols: { name: string; address: number; size: number }[];
}

const PT_LOAD = 1;
const PF_WRITE = 2;
const SHT_SYMTAB = 2;
const STT_FUNC = 2;

export function parseElf(elf: Buffer): Program {
  const entry = elf.readUInt32LE(0x18);
  const segments = table(elf, 0x1c, 0x2a)
    .filter((at) => elf.readUInt32LE(at) === PT_LOAD)
    .map((at) => {
      const offset = elf.readUInt32LE(at + 4);
      const stored = elf.readUInt32LE(at + 16);
      return {
        address: elf.readUInt32LE(at + 8),
        bytes: elf.subarray(offset, offset + stored),
        size: elf.readUInt32LE(at + 20),
        writable: (elf.readUInt32LE(at + 24) & PF_WRITE) !== 0,
      };
    });
  const sections = table(elf, 0x20, 0x2e);
  const symbols = sections
    .filter((at) => elf.readUInt32LE(at + 4) === SHT_SYMTAB)
    .flatMap((at) => {
      const names = elf.readUInt32LE(sections[elf.readUInt32LE(at + 24)] + 16);
      return functions(elf, elf.readUInt32LE(at + 16), elf.readUInt32LE(at + 20), names);
    });
  return { entry, segments, symbols: symbols.sort((a, b) => a.address - b.address) };
}

/** Offsets of a table's rows; the header has the table's offset at `from`, a row's size and their number at `rows`. */
function table(elf: Buffer, from: number, rows: number): number[] {
  const offset = elf.readUInt32LE(from);
  const size = elf.readUInt16LE(rows);
  return Array.from({ length: elf.readUInt16LE(rows + 2) }, (_, i) => offset + i * size);
}

function functions(elf: Buffer, offset: number, size: number, names: number): Program["symbols"] {
  const found: Program["symbols"] = [];
  for (let at = offset; at < offset + size; at += 16) {
    if ((elf[at + 12] & 15) !== STT_FUNC) continue;
    const name = names + elf.readUInt32LE(at);
    // The lowest bit says that it is Thumb.
    const address = elf.readUInt32LE(at + 4) & ~1;
    found.push({
      name: elf.toString("latin1", name, elf.indexOf(0, name)),
      address: address >>> 0,
      size: elf.readUInt32LE(at + 8),
    });
  }
  return found;
}
