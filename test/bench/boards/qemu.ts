import { execFileSync } from "node:child_process";
import { BuildError } from "../build.js";

const CPU = "rv32,a=off,f=off,d=off,h=off,s=off,u=off,pmp=off,mmu=off";

/** Runs a program of boards/native on QEMU's riscv32 machine and gives what it printed; its counter counts instructions. */
export function runQemu(elf: string): string {
  const machine = ["-M", "virt", "-cpu", CPU, "-bios", "none", "-icount", "shift=0", "-accel", "tcg"];
  const console = ["-nographic", "-nodefaults", "-monitor", "none", "-serial", "stdio"];
  try {
    return execFileSync("qemu-system-riscv32", [...machine, ...console, "-kernel", elf], {
      encoding: "utf8",
      timeout: 60000,
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === "ENOENT")
      throw new BuildError("qemu-system-riscv32 is not installed: scripts/setup-debian installs it");
    throw new BuildError(`${elf} on QEMU: ${stderr?.trim() || (error as Error).message}`);
  }
}
