import assert from "node:assert/strict";
import { test } from "node:test";
import { Core } from "../../../host-sim/core/core.js";
import { loadImage } from "../../../host-sim/core/image.js";
import { Op } from "../../bench/tape.js";
import { IMAGES } from "../../differential/images.js";
import { play } from "../../differential/sequence.js";
import { Stage } from "../../differential/stage.js";
import { RecordKind, records, steps, TranscriptWriter } from "../../machines/transcript.js";

// The differential suite calls images in V8 by their bare exports, for it hands in what host-sim/core refuses to. This holds that
// the simulator's own way to an image gives the same.

/** A tape through `Core`, up to the first message that is refused or cut short; the transcript, and how many steps it has. */
function throughCore(image: (typeof IMAGES)[number], tape: Buffer, expected: Buffer): Buffer {
  const { module } = loadImage(image);
  const results = steps(expected).map((step) => step.records);
  const writer = new TranscriptWriter();
  let core = new Core(module);
  let number = 0;
  for (let at = 0; at < tape.length; number++) {
    const [op, a, b, length] = [0, 4, 8, 12].map((offset) => tape.readUInt32LE(at + offset));
    const bytes = tape.subarray(at + 16, at + 16 + length);
    at += 16 + ((length + 3) & ~3);
    if (op === Op.CLOCK) core.setClock(a + b * 2 ** 32);
    else if (op === Op.RESTART) core = new Core(module);
    else if (op === Op.TICK) writer.record(RecordKind.DEADLINE, core.tick());
    else if (op === Op.DRAIN) drain(core, writer);
    else if (op === Op.CONFIGURE) {
      // Core asks for the padding of the last message too.
      if ((results[number][0].a | 0) < 0 || bytes.length % 4 !== 0) break;
      const reply = core.configure(bytes);
      writer.record(RecordKind.REPLY, reply.length, 0, reply);
    } else if (op === Op.RX) {
      // Core tells the frame's own length; a longer one stands for what lies behind the buffer.
      const frame = b > 0 ? Buffer.concat([bytes, Buffer.alloc(b - length)]) : bytes;
      if (!core.rx(a, frame)) writer.record(RecordKind.NO_BUFFER, a);
    }
    writer.record(RecordKind.STEP, op);
  }
  return writer.bytes();
}

function drain(core: Core, writer: TranscriptWriter): void {
  core.drain((port, frame, step) => writer.record(RecordKind.FRAME, port, step, frame));
  core.events((view, at) => writer.record(RecordKind.EVENT, 0, 0, new Uint8Array(view.buffer, at, 48)));
  core.stores((id, data, generation) => {
    writer.record(RecordKind.STORE, id, generation, data);
    core.stored(generation);
  });
}

for (const image of IMAGES) {
  test(`${image} gives through host-sim/core what it gives by its exports`, () => {
    const stage = new Stage(loadImage(image).module);
    let compared = 0;
    for (let number = 0; number < 12; number++) {
      stage.cut();
      play(stage, image, 5, number);
      const expected = stage.transcript;
      const got = throughCore(image, stage.tape.bytes(), expected);
      assert.ok(got.equals(expected.subarray(0, got.length)), `sequence ${number}`);
      for (const { kind } of records(got)) if (kind === RecordKind.FRAME) compared++;
    }
    assert.ok(compared > 200, `${compared} frames`);
  });
}
