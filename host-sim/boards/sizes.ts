/** What a linked firmware needs of a board, read from its ELF sections, and whether the board has it. */
import type { Board } from "./board.js";

export interface Sizes {
  /** Bytes of code, constants, configuration, and the first values of data. */
  flash: number;
  /** Bytes of data and memory of the image, stack included. */
  ram: number;
  /** Of `ram`: the image's memory. */
  memory: number;
  /** Of `ram`: what is kept for the stack; 0 = the operating system's. */
  stack: number;
}

const PAGE = 65536;
const SHF_WRITE = 1;
const SHF_ALLOC = 2;
const SHT_NOBITS = 8;

interface Section {
  name: string;
  type: number;
  flags: number;
  size: number;
}

/** Sections of a little-endian ELF file, 32 or 64 bit. */
function sections(elf: Buffer): Section[] {
  const wide = elf[4] === 2;
  const word = (at: number) => (wide ? Number(elf.readBigUInt64LE(at)) : elf.readUInt32LE(at));
  const from = word(wide ? 0x28 : 0x20);
  const [entry, count, names] = [0, 2, 4].map((more) => elf.readUInt16LE((wide ? 0x3a : 0x2e) + more));
  const header = (index: number) => {
    const at = from + index * entry;
    return {
      nameAt: elf.readUInt32LE(at),
      type: elf.readUInt32LE(at + 4),
      flags: word(at + 8),
      offset: word(at + (wide ? 24 : 16)),
      size: word(at + (wide ? 32 : 20)),
    };
  };
  const namesAt = header(names).offset;
  return Array.from({ length: count }, (_, index) => {
    const { nameAt, ...rest } = header(index);
    const begin = namesAt + nameAt;
    return { name: elf.toString("latin1", begin, elf.indexOf(0, begin)), ...rest };
  });
}

export function measure(elf: Buffer, pages: number): Sizes {
  const sizes = { flash: 0, ram: 0, memory: pages * PAGE, stack: 0 };
  for (const { name, type, flags, size } of sections(elf)) {
    if (!(flags & SHF_ALLOC)) continue;
    if (type !== SHT_NOBITS) sizes.flash += size;
    // Code that is copied to RAM is written there, whatever its section says.
    if (flags & SHF_WRITE || type === SHT_NOBITS || name.startsWith(".ram")) sizes.ram += size;
    if (name === ".stack") sizes.stack = size;
  }
  return sizes;
}

/** Why the board cannot hold it, undefined = it can. */
export function tooLarge(board: Board, sizes: Sizes, image: string): string | undefined {
  const over = [
    ["flash", sizes.flash, board.flash.size],
    ["RAM", sizes.ram, board.ram],
  ] as const;
  for (const [what, need, have] of over) {
    if (have === undefined || need <= have) continue;
    return `${image} needs ${need} bytes of ${what}, ${board.name} has ${have}: ${need - have} too many; ${leaveOut(image)}`;
  }
  return undefined;
}

function leaveOut(image: string): string {
  if (image === "terminal") return "leave out mobility and translation (image host)";
  if (image === "home-agent") return "leave out the home agent (image router)";
  return "leave out home addresses, routes or fixed translations of the configuration, or take a larger board";
}
