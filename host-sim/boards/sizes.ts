/** What a linked firmware needs of a board, read from its ELF sections, and whether the board has it. */
import type { Board } from "./board.js";
import { sectionsOf } from "./elf.js";

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

export function measure(elf: Buffer, pages: number): Sizes {
  const sizes = { flash: 0, ram: 0, memory: pages * PAGE, stack: 0 };
  for (const { name, size, bytes, writable } of sectionsOf(elf)) {
    const stored = bytes.length > 0;
    if (stored) sizes.flash += size;
    // Code that is copied to RAM is written there, whatever its section says.
    if (writable || !stored || name.startsWith(".ram")) sizes.ram += size;
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
