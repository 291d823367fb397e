import { readFileSync } from "node:fs";
import { RP2040 } from "rp2040js";
import { BuildError } from "../build.js";
import { type Program, parseElf } from "./elf.js";

const FLASH = 0x10000000;
const RAM = 0x20000000;
const STACK_TOP = RAM + 256 * 1024;
/** Instructions after which a program that does not end is given up. */
const PATIENCE = 400e6;

/** Cycles by function, while something was measured. */
export type Profile = Map<string, number>;

/**
 * Runs a program of boards/native on rp2040js's Cortex-M0+ until its `bkpt` and gives what it printed. A word or half word that is
 * not aligned ends the run: the chip faults there, the emulator does not.
 * @param profile is filled with the cycles between an odd stamp and the next even one
 */
export function runRp2040(elf: string, profile?: Profile): string {
  const program = parseElf(readFileSync(elf));
  const mcu = new RP2040();
  const { core } = mcu;
  load(mcu, program);
  guard(mcu);
  let printed = "";
  mcu.uart[0].onByte = (byte) => {
    printed += String.fromCharCode(byte);
  };
  let ended = false;
  mcu.onBreak = () => {
    ended = true;
  };
  const stamp = program.symbols.find(({ name }) => name === "board_stamp")!.address;
  const counts = new Float64Array(1 << 20);
  let inside = false;
  core.SP = STACK_TOP;
  core.PC = program.entry & ~1;
  for (let left = PATIENCE; !ended; left--) {
    if (left === 0) throw new BuildError(`${elf} did not end`);
    const at = core.PC;
    if (at === stamp) {
      core.registers[0] = core.cycles;
      inside = !inside;
    }
    const before = core.cycles;
    core.executeInstruction();
    if (profile && inside && at >= FLASH) counts[(at - FLASH) >>> 1] += core.cycles - before;
  }
  if (profile) fill(profile, counts, program);
  return printed;
}

function load(mcu: RP2040, { segments }: Program): void {
  for (const { address, bytes } of segments) {
    if (address < RAM) mcu.flash.set(bytes, address - FLASH);
    else mcu.sram.set(bytes, address - RAM);
  }
}

function guard(mcu: RP2040): void {
  const misaligned = (address: number) => {
    throw new Error(`word that is not aligned at 0x${(address >>> 0).toString(16)}, PC 0x${mcu.core.PC.toString(16)}`);
  };
  const { readUint32, readUint16, writeUint32, writeUint16 } = mcu;
  mcu.readUint32 = (address) => (address & 3 ? misaligned(address) : readUint32.call(mcu, address));
  mcu.readUint16 = (address) => (address & 1 ? misaligned(address) : readUint16.call(mcu, address));
  mcu.writeUint32 = (address, value) => (address & 3 ? misaligned(address) : writeUint32.call(mcu, address, value));
  mcu.writeUint16 = (address, value) => (address & 1 ? misaligned(address) : writeUint16.call(mcu, address, value));
}

function fill(profile: Profile, counts: Float64Array, { symbols }: Program): void {
  counts.forEach((cycles, i) => {
    if (cycles === 0) return;
    const address = FLASH + 2 * i;
    const owner = symbols.findLast((symbol) => symbol.address <= address);
    const name = owner?.name ?? "?";
    profile.set(name, (profile.get(name) ?? 0) + cycles);
  });
}
