import { join } from "node:path";
import { loadBoard } from "../../host-sim/boards/board.js";
import { compile, NATIVE } from "./build.js";
import type { Machine } from "./machine.js";
import { play } from "./process.js";

/** The instructions of an ESP32-C3. */
const CPU = "rv32,a=off,f=off,d=off,h=off,s=off,u=off,pmp=off,mmu=off";
const MACHINE = ["-M", "virt", "-cpu", CPU, "-bios", "none", "-display", "none", "-nodefaults", "-monitor", "none"];
const SEMIHOSTING = ["-semihosting-config", "enable=on,target=native"];
/** One instruction is one nanosecond, and waiting takes no time. */
const COUNTED = ["-icount", "shift=0,sleep=off"];
const STACK = 16384;

/** The board's compiler flags, entry and memory; without its devices. */
export function prepareQemu(wasm: string, costs: boolean): Machine {
  const board = loadBoard("qemu-riscv");
  const program = compile("qemu-riscv", wasm, costs, {
    gcc: `${board.compiler}-gcc`,
    packages: board.packages,
    flags: [...board.flags, ...(board.unaligned === "trap" ? ["-DMEMORY_TRAP_UNALIGNED"] : [])],
    linkFlags: ["-T", join(board.folder, "link.ld"), `-Wl,--defsym=STACK_SIZE=${STACK}`, ...board.linkFlags],
    sources: [join(NATIVE, "qemu-riscv.c"), join(board.folder, "start.S")],
  });
  const args = [...MACHINE, ...SEMIHOSTING, ...(costs ? COUNTED : []), "-kernel", program];
  return { run: (tape) => play("qemu-riscv", "qemu-system-riscv32", args, ["qemu-system-misc"], tape) };
}
