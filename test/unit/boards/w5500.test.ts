import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { broadcast, COMMON, Desk, RX, read, SOCKET, TX, write } from "./w5500-host.js";

const RECV = 0x04;
const SENDOK = 0x10;

test("a chip after power on has the values of the datasheet", () => {
  const { chip } = new Desk();
  assert.equal(read(chip, COMMON, 0x39, 1)[0], 4, "VERSIONR");
  assert.deepEqual([...read(chip, COMMON, 0x19, 3)], [0x07, 0xd0, 8], "RTR, RCR");
  assert.equal(read(chip, COMMON, 0x2e, 1)[0], 0xbf, "PHYCFGR with a link");
  for (let socket = 0; socket < 8; socket++) {
    assert.deepEqual([...read(chip, 4 * socket + SOCKET, 0x1e, 2)], [2, 2], "2 KiB each way");
    assert.equal(read(chip, 4 * socket + SOCKET, 0x20, 2).readUInt16BE(), 2048, "Sn_TX_FSR");
    assert.equal(read(chip, 4 * socket + SOCKET, 0x2c, 1)[0], 0xff, "Sn_IMR");
  }
});

test("what is not selected answers nothing, and a new selection begins a new access", () => {
  const { chip } = new Desk();
  for (const byte of [0, 0x39, 0, 0]) assert.equal(chip.exchange(byte), 0);
  chip.select(true);
  chip.exchange(0x12);
  chip.select(false);
  assert.equal(read(chip, COMMON, 0x39, 1)[0], 4);
});

test("an access of fixed length ends after its bytes", () => {
  const { chip } = new Desk();
  chip.select(true);
  for (const byte of [0x00, 0x09, 0x04 | 2, 0xaa, 0xbb, 0xcc]) chip.exchange(byte);
  chip.select(false);
  assert.deepEqual([...read(chip, COMMON, 0x09, 3)], [0xaa, 0xbb, 0x00]);
});

test("registers that only the chip writes keep what they say", () => {
  const desk = new Desk();
  desk.open();
  write(desk.chip, COMMON, 0x39, [9]);
  write(desk.chip, SOCKET, 0x03, [0x17]);
  desk.setWord(0x26, 77);
  desk.setWord(0x22, 78);
  assert.equal(read(desk.chip, COMMON, 0x39, 1)[0], 4);
  assert.equal(read(desk.chip, SOCKET, 0x03, 1)[0], 0x42);
  assert.equal(desk.word(0x26), 0);
  assert.equal(desk.word(0x22), 0);
});

test("only socket 0 opens in MACRAW mode, and no other mode opens", () => {
  const { chip } = new Desk();
  for (const [socket, mode, status] of [
    [0, 4, 0x42],
    [1, 4, 0],
    [0, 1, 0],
    [0, 2, 0],
  ]) {
    const block = 4 * socket + SOCKET;
    write(chip, block, 0x01, [0x10]);
    write(chip, block, 0x00, [mode]);
    write(chip, block, 0x01, [0x01]);
    assert.equal(read(chip, block, 0x03, 1)[0], status, `socket ${socket}, mode ${mode}`);
    assert.equal(read(chip, block, 0x01, 1)[0], 0, "the command register clears itself");
  }
});

test("a received frame lies behind its length, which counts itself, and raises the interrupt that was let through", () => {
  const desk = new Desk();
  desk.open();
  desk.chip.arrive(broadcast(100));
  assert.equal(desk.interrupt, false, "SIMR lets nothing through");
  assert.equal(read(desk.chip, COMMON, 0x17, 1)[0], 1, "SIR");
  write(desk.chip, COMMON, 0x18, [1]);
  assert.equal(desk.interrupt, true);
  assert.equal(desk.word(0x26), 102);
  assert.deepEqual(desk.take(), broadcast(100));
  assert.equal(desk.word(0x26), 0);
  assert.equal(desk.interrupt, true, "until the bit is cleared");
  write(desk.chip, SOCKET, 0x02, [SENDOK]);
  assert.equal(desk.interrupt, true, "another bit's clearing leaves it");
  write(desk.chip, SOCKET, 0x02, [RECV]);
  assert.equal(desk.interrupt, false);
});

test("the socket's own mask hides its interrupts from SIR and the line", () => {
  const desk = new Desk();
  desk.open();
  write(desk.chip, COMMON, 0x18, [1]);
  write(desk.chip, SOCKET, 0x2c, [SENDOK]);
  desk.chip.arrive(broadcast(100));
  assert.equal(desk.interrupt, false);
  assert.equal(read(desk.chip, SOCKET, 0x02, 1)[0], RECV);
  assert.equal(read(desk.chip, COMMON, 0x17, 1)[0], 0);
});

test("what was read is free again only after RECV", () => {
  const desk = new Desk();
  desk.open();
  desk.chip.arrive(broadcast(60));
  desk.setWord(0x28, 62);
  assert.equal(desk.word(0x26), 62);
  desk.command(0x40);
  assert.equal(desk.word(0x26), 0);
});

test("a short frame is padded as on a cable, a long one never gets in", () => {
  const desk = new Desk();
  desk.open();
  desk.chip.arrive(broadcast(20));
  assert.equal(desk.take().length, 60);
  desk.chip.arrive(broadcast(1514));
  desk.chip.arrive(broadcast(1515));
  assert.equal(desk.take().length, 1514);
  assert.equal(desk.word(0x26), 0);
  assert.equal(desk.chip.sockets[0].lost.oversize, 1);
});

test("frames that find no room are lost whole, those before them stay", () => {
  const desk = new Desk();
  desk.open(2);
  for (let i = 0; i < 5; i++) desk.chip.arrive(broadcast(500, i));
  assert.equal(desk.chip.sockets[0].lost.full, 1);
  for (let i = 0; i < 4; i++) assert.deepEqual(desk.take(), broadcast(500, i));
  assert.equal(desk.word(0x26), 0);
});

test("frames of any sizes come out of the ring as they went in, however often it wraps", () => {
  const step = fc.oneof(
    fc.record({ arrive: fc.integer({ min: 60, max: 1514 }) }),
    fc.record({ take: fc.integer({ min: 1, max: 4 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(2, 4, 8, 16), (steps, kib) => {
      const desk = new Desk();
      desk.open(kib);
      const model: Buffer[] = [];
      const size = () => model.reduce((sum, frame) => sum + frame.length + 2, 0);
      for (const [i, one] of steps.entries()) {
        if ("arrive" in one) {
          const frame = broadcast(one.arrive, i);
          if (size() + frame.length + 2 <= kib * 1024) model.push(frame);
          desk.chip.arrive(frame);
        } else for (let n = 0; n < one.take && model.length > 0; n++) assert.deepEqual(desk.take(), model.shift());
        assert.equal(desk.word(0x26), size());
      }
    }),
    { numRuns: 60 },
  );
});

test("frames of any sizes go out as they were written, however often the ring wraps", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 60, max: 1514 }), { maxLength: 60 }),
      fc.constantFrom(2, 16),
      (sizes, kib) => {
        const desk = new Desk();
        desk.open(kib);
        for (const [i, size] of sizes.entries()) {
          assert.equal(desk.word(0x20), kib * 1024, "all of the buffer is free");
          desk.send(broadcast(size, i));
          assert.equal(desk.word(0x20), kib * 1024 - size, "the frame is on its way");
          desk.pass(1);
        }
        assert.deepEqual(
          desk.sent,
          sizes.map((size, i) => broadcast(size, i)),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test("a frame takes its time on the cable, then SENDOK comes", () => {
  const desk = new Desk();
  desk.open();
  write(desk.chip, COMMON, 0x18, [1]);
  desk.send(broadcast(1250));
  desk.pass(0.1);
  assert.equal(desk.sent.length, 0);
  assert.equal(desk.interrupt, false);
  desk.pass(0.01);
  assert.equal(desk.sent.length, 1);
  assert.equal(read(desk.chip, SOCKET, 0x02, 1)[0], SENDOK);
  assert.equal(desk.interrupt, true);
});

test("a driver that does not wait for SENDOK gets two frames in one", () => {
  const desk = new Desk();
  desk.open();
  for (let i = 0; i < 3; i++) desk.send(broadcast(100, i));
  desk.pass(1);
  assert.deepEqual(
    desk.sent.map(({ length }) => length),
    [100, 200],
  );
});

test("filters: own address, blocked broadcasts, multicasts and IPv6", () => {
  const own = [2, 0, 0, 0, 0, 1];
  const to = (mac: number[], type = 0x0800) => {
    const frame = broadcast(60);
    frame.set(mac);
    frame.writeUInt16BE(type, 12);
    return frame;
  };
  const frames = {
    own: to(own),
    other: to([2, 0, 0, 0, 0, 2]),
    multicast: to([0x33, 0x33, 0, 0, 0, 1]),
    broadcast: to([255, 255, 255, 255, 255, 255]),
    ip6: to(own, 0x86dd),
  };
  const expected = {
    0: ["own", "other", "multicast", "broadcast", "ip6"],
    128: ["own", "multicast", "broadcast", "ip6"],
    64: ["own", "other", "multicast", "ip6"],
    32: ["own", "other", "broadcast", "ip6"],
    16: ["own", "other", "multicast", "broadcast"],
  };
  for (const [mode, names] of Object.entries(expected)) {
    const desk = new Desk();
    write(desk.chip, COMMON, 0x09, own);
    desk.open(16, Number(mode));
    for (const [name, frame] of Object.entries(frames)) {
      desk.chip.arrive(frame);
      assert.equal(desk.word(0x26) > 0, names.includes(name), `mode ${mode}, ${name}`);
      if (desk.word(0x26) > 0) desk.take();
    }
  }
});

test("without a carrier nothing comes or goes, and the link bit says so", () => {
  const desk = new Desk();
  desk.open();
  desk.chip.carrier(false);
  assert.equal(read(desk.chip, COMMON, 0x2e, 1)[0] & 1, 0);
  desk.chip.arrive(broadcast(60));
  desk.send(broadcast(60));
  desk.pass(1);
  assert.equal(desk.word(0x26), 0);
  assert.equal(desk.sent.length, 0);
  desk.chip.carrier(true);
  desk.pass(1);
  assert.equal(read(desk.chip, COMMON, 0x2e, 1)[0] & 1, 0, "a link takes a moment");
  desk.pass(30);
  assert.equal(read(desk.chip, COMMON, 0x2e, 1)[0] & 1, 1);
});

test("RSTn must be low for 500 us, and the chip is deaf for 1 ms behind it", () => {
  const desk = new Desk();
  const version = () => read(desk.chip, COMMON, 0x39, 1)[0];
  desk.open();
  desk.chip.resetPin(true);
  assert.equal(version(), 0);
  desk.pass(0.2);
  desk.chip.resetPin(false);
  assert.equal(read(desk.chip, SOCKET, 0x03, 1)[0], 0x42, "too short: nothing was reset");
  desk.chip.resetPin(true);
  desk.pass(0.5);
  desk.chip.resetPin(false);
  assert.equal(version(), 0);
  desk.pass(1);
  assert.equal(version(), 4);
  assert.equal(read(desk.chip, SOCKET, 0x03, 1)[0], 0);
});

test("a frame that was being sent when the chip was reset is gone", () => {
  const desk = new Desk();
  desk.open();
  desk.send(broadcast(1000));
  write(desk.chip, COMMON, 0x00, [0x80]);
  desk.open();
  desk.pass(1);
  assert.equal(desk.sent.length, 0);
  assert.equal(read(desk.chip, SOCKET, 0x02, 1)[0], 0);
});

test("buffers are as large as they were made, and addresses in them wrap", () => {
  const desk = new Desk();
  desk.open(2);
  write(desk.chip, TX, 2047, [1, 2]);
  assert.deepEqual([...read(desk.chip, TX, 0, 1), ...read(desk.chip, TX, 4095, 1)], [2, 1]);
  assert.equal(read(desk.chip, RX, 0, 1).length, 1);
});
