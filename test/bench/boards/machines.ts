import { loadBoard } from "../../../host-sim/boards/board.js";
import { runQemu } from "./qemu.js";
import { type Profile, runRp2040 } from "./rp2040.js";

/** A small processor: how programs are compiled for it, and what runs them. */
export interface Machine {
  name: string;
  /** What a packet's cost is counted in. */
  unit: "cycles" | "instructions";
  /** Prefix of its tools. */
  compiler: string;
  flags: string[];
  /** How boards compile the image for speed (`imageFlags` of board.json), and lwIP beside it. */
  fast: string[];
  /** Folder under native/ with start, link.ld and board.c. */
  folder: string;
  /** Runs a program to its end and gives what it printed. */
  run(elf: string, profile?: Profile): string;
}

const BARE = ["--specs=picolibc.specs", "-nostartfiles", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"];

export const machines: readonly Machine[] = [
  {
    name: "rp2040",
    unit: "cycles",
    compiler: "arm-none-eabi",
    flags: [...BARE, "-mcpu=cortex-m0plus", "-mthumb"],
    fast: loadBoard("rp2040-w5500").imageFlags,
    folder: "rp2040",
    run: runRp2040,
  },
  {
    name: "rv32imc",
    unit: "instructions",
    compiler: "riscv64-unknown-elf",
    flags: [...BARE, "-march=rv32imc", "-mabi=ilp32"],
    fast: loadBoard("esp32c3-w5500").imageFlags,
    folder: "riscv",
    run: (elf) => runQemu(elf),
  },
];
