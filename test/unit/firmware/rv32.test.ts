/** The processor of the emulated ESP32-C3 computes what this PC computes, from the same C. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { entryOf } from "../../../host-sim/boards/elf.js";
import { BusFault, Cause, Rv32, type Rv32Bus } from "../../../host-sim/boards/rv32.js";
import { expand } from "../../../host-sim/boards/rv32-compressed.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-rv32-"));
after(() => rmSync(folder, { recursive: true }));

const SOURCE = "test/unit/firmware/native/arithmetic.c";
const SEEDS = [1, 2, 12345, 4294967295];
const MEMORY = 1 << 20;
const BASE = 0x1000;
const RETURN = 0xfffffffe;

class Flat implements Rv32Bus {
  readonly view = new DataView(new ArrayBuffer(MEMORY));
  line = 0;
  fetch(address: number): number {
    return this.view.getUint16(this.at(address), true);
  }
  load(address: number, size: number): number {
    const at = this.at(address);
    if (size === 1) return this.view.getUint8(at);
    return size === 2 ? this.view.getUint16(at, true) : this.view.getUint32(at, true);
  }
  store(address: number, size: number, value: number): void {
    const at = this.at(address);
    if (size === 1) this.view.setUint8(at, value);
    else if (size === 2) this.view.setUint16(at, value, true);
    else this.view.setUint32(at, value, true);
  }
  interrupt(): number {
    return this.line;
  }
  private at(address: number): number {
    if (address >= MEMORY - 4) throw new BusFault(`${address}`);
    return address;
  }
}

/** A processor with these instructions at 0x100. */
function running(...words: number[]): { cpu: Rv32; bus: Flat } {
  const bus = new Flat();
  const cpu = new Rv32(bus);
  for (const [i, word] of words.entries()) bus.view.setUint32(0x100 + 4 * i, word, true);
  cpu.pc = 0x100;
  return { cpu, bus };
}

/** The program from `BASE` on, and where its function begins. */
function compiled(march: string, level: string): { program: Buffer; entry: number } {
  const [elf, binary] = [join(folder, "a.elf"), join(folder, "a.bin")];
  const flags = [`-march=${march}`, "-mabi=ilp32", level, "-ffreestanding", "-nostdlib"];
  const link = [`-Wl,-Ttext=0x${BASE.toString(16)},-earithmetic,--no-relax`, SOURCE, "-lgcc", "-o", elf];
  execFileSync("riscv64-unknown-elf-gcc", [...flags, ...link]);
  execFileSync("riscv64-unknown-elf-objcopy", ["-O", "binary", elf, binary]);
  return { program: readFileSync(binary), entry: entryOf(readFileSync(elf)) };
}

test("arithmetic of the PC and of the model agree, with compressed instructions and without", () => {
  const native = join(folder, "native");
  execFileSync("gcc", ["-O1", "-fwrapv", SOURCE, "-o", native]);
  // A process a seed: its tables begin empty, as the model's memory does.
  const expected = SEEDS.map((seed) => Number(execFileSync(native, [`${seed}`], { encoding: "utf8" })));
  for (const [march, level] of [
    ["rv32imc", "-Os"],
    ["rv32imc", "-O2"],
    ["rv32im", "-O0"],
  ]) {
    const { program, entry } = compiled(march, level);
    const found = SEEDS.map((seed) => {
      const bus = new Flat();
      new Uint8Array(bus.view.buffer).set(program, BASE);
      const cpu = new Rv32(bus);
      cpu.excepted = (cause, pc) => assert.fail(`exception ${cause} at ${pc.toString(16)}`);
      cpu.x[1] = RETURN;
      cpu.x[2] = MEMORY - 64;
      cpu.x[10] = seed;
      for (cpu.pc = entry; cpu.pc !== RETURN; ) cpu.step();
      return cpu.x[10] >>> 0;
    });
    assert.deepEqual(found, expected, `${march} ${level}`);
  }
});

test("division by zero and overflow give what the standard says", () => {
  const division = (f: number, a: number, b: number) => {
    const { cpu } = running(0x02b50533 | (f << 12));
    cpu.x[10] = a;
    cpu.x[11] = b;
    cpu.step();
    return cpu.x[10];
  };
  const least = -(2 ** 31);
  assert.deepEqual(
    [4, 5, 6, 7].map((f) => division(f, 7, 0)),
    [-1, -1, 7, 7],
  );
  assert.deepEqual([division(4, least, -1), division(6, least, -1)], [least, 0]);
});

test("an interrupt is taken at its place in the table, and its return goes on where it was", () => {
  // csrw mtvec, a0; csrsi mstatus, 8; addi a1, a1, 1; at 0x200 + 4 * 18: mret
  const { cpu, bus } = running(0x30551073, 0x30046073, 0x00158593);
  bus.view.setUint32(0x200 + 4 * 18, 0x30200073, true);
  cpu.x[10] = 0x201;
  cpu.step();
  bus.line = 18;
  cpu.step();
  assert.equal(cpu.x[11], 0, "not before they are let through");
  cpu.step();
  assert.deepEqual([cpu.pc, cpu.interruptible], [0x108, true], "taken, and returned from");
  bus.line = 0;
  cpu.step();
  assert.equal(cpu.x[11], 1);
});

test("words that are not aligned, unknown instructions and addresses without anything are exceptions", () => {
  const cases: [number, number, number][] = [
    [0x00052583, 0x302, Cause.LOAD_MISALIGNED],
    [0x00b52023, 0x301, Cause.STORE_MISALIGNED],
    [0x00052583, MEMORY, Cause.LOAD],
    [0xffffffff, 0, Cause.ILLEGAL],
    [0x00100073, 0, Cause.BREAKPOINT],
  ];
  for (const [instruction, a0, cause] of cases) {
    const { cpu } = running(instruction);
    const seen: number[] = [];
    cpu.excepted = (number, pc) => seen.push(number, pc);
    cpu.x[10] = a0;
    cpu.step();
    assert.deepEqual(seen, [cause, 0x100], instruction.toString(16));
  }
  assert.equal(expand(0), 0, "all zeros are no instruction");
});
