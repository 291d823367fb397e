import assert from "node:assert/strict";
import { test } from "node:test";
import { FLASH_BYTES } from "../../../host-sim/boards/nor-flash.js";
import { HardwareFault } from "../../../host-sim/boards/rp2040-fault.js";
import { Rp2040Machine } from "../../../host-sim/boards/rp2040-machine.js";
import { Thumb } from "./thumb.js";

/** Where the second stage runs, and RAM that tests look at. */
const ENTRY = 0x20041f00;
const SEEN = 0x20000100;
const VECTORS = 0x20000000;
const VTOR = 0xe000ed08;
const ENABLE_INTERRUPT = 0xe000e100;
const RESETS_CLEAR = 0x4000f000;
const CLK_REF = 0x40008030;
const PSM_WDSEL = 0x40010008;
const WATCHDOG = 0x40058000;
const TIMER = 0x40054000;
const ROSC_RANDOM = 0x4006001c;

function machine(program: Thumb, entropy = 7): Rp2040Machine {
  const flash = new Uint8Array(FLASH_BYTES).fill(0xff);
  flash.set(program.bytes());
  const one = new Rp2040Machine({
    flash,
    entropy: new Uint8Array(32).fill(entropy),
    line() {},
    frame() {},
    packet() {},
  });
  one.boot();
  return one;
}

const seen = (one: Rp2040Machine, index = 0) => Buffer.from(one.ram).readUInt32LE(0x100 + 4 * index);
const run = (one: Rp2040Machine, ms = 1) => one.run(one.nanos + ms * 1e6);
const handler = (program: Thumb) => (ENTRY + program.length) | 1;

test("an unaligned word or half word is a HardFault, with its address on the stack", () => {
  for (const read of [(p: Thumb) => p.load(0, 1), (p: Thumb) => p.loadHalf(0, 1), (p: Thumb) => p.store(0, 1)]) {
    const build = (at: number) => {
      const program = new Thumb()
        .put(VTOR, VECTORS)
        .put(VECTORS + 12, at)
        .set(1, 0x20000201);
      const faulting = ENTRY + program.length;
      read(program).stop();
      const entry = handler(program);
      program.loadStacked(0, 24).set(1, SEEN).store(0, 1).stop();
      return { program, faulting, entry };
    };
    const { program, faulting } = build(build(0).entry);
    const one = machine(program);
    run(one);
    assert.equal(one.faults.length, 1);
    assert.equal(seen(one), faulting);
  }
});

test("a fault in the fault's handler locks the processor up, and the run ends", () => {
  const build = (at: number) => {
    const program = new Thumb()
      .put(VTOR, VECTORS)
      .put(VECTORS + 12, at)
      .set(1, 0x20000201)
      .load(0, 1);
    const entry = handler(program);
    return { program: program.load(0, 1), entry };
  };
  const one = machine(build(build(0).entry).program);
  assert.throws(() => run(one), /locks up: read of a word at 0x20000201/);
});

test("what the chip would not do ends the run, and says where", () => {
  const cases: [what: RegExp, program: Thumb][] = [
    [/reads flash while it is not mapped into memory at 0x10000100/, new Thumb().copy(0x10000100, SEEN)],
    [/writes to memory that is only read at 0x10000100/, new Thumb().put(0x10000100, 1)],
    [/writes to memory that is only read at 0x00000000/, new Thumb().put(0, 1)],
    [/a peripheral that is held in reset at 0x40034018/, new Thumb().copy(0x40034018, SEEN)],
    [/the timer, which counts no microseconds/, new Thumb().put(RESETS_CLEAR, 1 << 21).copy(TIMER + 0x28, SEEN)],
    [/BKPT or UDF 5/, new Thumb().half(0xbe05)],
  ];
  for (const [what, program] of cases) {
    const one = machine(program.stop());
    assert.throws(
      () => run(one),
      (error) => error instanceof HardwareFault && what.test(error.message),
      String(what),
    );
  }
});

test("RAM is not zero after power on", () => {
  assert.notEqual(seen(machine(new Thumb().stop())), 0);
});

/** Tells REASON and a scratch register of each start, then goes on with `rest`. */
function counting(rest: (program: Thumb) => Thumb): Thumb {
  const program = new Thumb().copy(WATCHDOG + 8, SEEN).copy(WATCHDOG + 0xc, SEEN + 4);
  return rest(program.put(WATCHDOG + 0xc, 0x1234).put(PSM_WDSEL, 0x1fffc)).stop();
}

test("the watchdog resets the board after its time, and says why; scratch registers and RAM survive", () => {
  // 2000 counts, two a microsecond.
  const one = machine(counting((program) => program.put(WATCHDOG + 4, 2000).put(WATCHDOG, 2 ** 30)));
  run(one, 0.9);
  assert.deepEqual([one.resets, seen(one, 0), seen(one, 1)], [0, 0, 0]);
  run(one, 0.3);
  assert.deepEqual([one.resets, seen(one, 0), seen(one, 1)], [1, 1, 0x1234]);
  assert.ok(one.nanos >= 1.2e6, "the board's time goes on");
});

test("a reset that the firmware asks for has another reason", () => {
  const one = machine(counting((program) => program.put(WATCHDOG, 2 ** 31)));
  run(one, 0.05);
  assert.equal(one.resets > 0, true);
  assert.equal(seen(one, 0), 2);
});

test("a watchdog that PSM does not let reset anything is an error", () => {
  const one = machine(new Thumb().put(WATCHDOG, 2 ** 31).stop());
  assert.throws(() => run(one), /PSM's WDSEL does not let it reset/);
});

test("a wait with interrupts masked ends with a pending one, which is taken only when they are unmasked", () => {
  const build = (at: number) => {
    const program = new Thumb()
      .put(VTOR, VECTORS)
      .put(VECTORS + 64, at)
      .put(SEEN, 0);
    program
      .put(CLK_REF, 2)
      .put(WATCHDOG + 0x2c, 12 | 512)
      .put(RESETS_CLEAR, 1 << 21);
    program
      .put(TIMER + 0x38, 1)
      .put(TIMER + 0x10, 500)
      .put(ENABLE_INTERRUPT, 1);
    program
      .mask(true)
      .wait()
      .copy(SEEN, SEEN + 4)
      .mask(false)
      .half(0x46c0)
      .stop();
    const entry = handler(program);
    return {
      program: program
        .put(TIMER + 0x34, 1)
        .put(SEEN, 1)
        .stop(),
      entry,
    };
  };
  const one = machine(build(build(0).entry).program);
  run(one, 0.4);
  assert.equal(seen(one, 1), 0xa5a5a5a5, "it waits");
  run(one, 0.3);
  assert.equal(seen(one, 1), 0, "nothing was taken before");
  assert.equal(seen(one, 0), 1, "and then it was");
});

test("random bits follow from the entropy that the board is given", () => {
  const program = () => {
    const bits = new Thumb();
    for (let i = 0; i < 10; i++) bits.copy(ROSC_RANDOM, SEEN + 4 * i);
    return bits.stop();
  };
  const read = (entropy: number) => {
    const one = machine(program(), entropy);
    run(one);
    return Array.from({ length: 10 }, (_, i) => seen(one, i));
  };
  assert.deepEqual(read(7), read(7));
  assert.equal(
    [read(1), read(2), read(3), read(4)].every((bits) => bits.every((bit) => bit === 0 || bit === 1)),
    true,
  );
  assert.ok(new Set([1, 2, 3, 4].map((entropy) => read(entropy).join())).size > 2);
});
