/** What of a linked program the build reads itself: its sections and its entry. Little-endian ELF, 32 or 64 bit. */

const SHF_WRITE = 1;
const SHF_ALLOC = 2;
const SHT_NOBITS = 8;

/** A section that takes room on the board. */
export interface Section {
  name: string;
  address: number;
  size: number;
  /** What the file has of it: nothing where it only takes room. */
  bytes: Buffer;
  writable: boolean;
}

/** Where the program begins. */
export function entryOf(elf: Buffer): number {
  return word(elf, 0x18);
}

export function sectionsOf(elf: Buffer): Section[] {
  const wide = isWide(elf);
  const from = word(elf, wide ? 0x28 : 0x20);
  const [entry, count, names] = [0, 2, 4].map((more) => elf.readUInt16LE((wide ? 0x3a : 0x2e) + more));
  const header = (index: number) => {
    const at = from + index * entry;
    const offset = word(elf, at + (wide ? 24 : 16));
    const size = word(elf, at + (wide ? 32 : 20));
    const type = elf.readUInt32LE(at + 4);
    return {
      nameAt: elf.readUInt32LE(at),
      flags: word(elf, at + 8),
      address: word(elf, at + (wide ? 16 : 12)),
      offset,
      size,
      bytes: type === SHT_NOBITS ? Buffer.alloc(0) : elf.subarray(offset, offset + size),
    };
  };
  const namesAt = header(names).offset;
  return Array.from({ length: count }, (_, index) => header(index))
    .filter(({ flags }) => flags & SHF_ALLOC)
    .map(({ nameAt, flags, address, size, bytes }) => {
      const begin = namesAt + nameAt;
      const name = elf.toString("latin1", begin, elf.indexOf(0, begin));
      return { name, address, size, bytes, writable: (flags & SHF_WRITE) !== 0 };
    });
}

function isWide(elf: Buffer): boolean {
  return elf[4] === 2;
}

function word(elf: Buffer, at: number): number {
  return isWide(elf) ? Number(elf.readBigUInt64LE(at)) : elf.readUInt32LE(at);
}
