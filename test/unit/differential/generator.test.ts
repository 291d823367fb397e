import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { loadImage } from "../../../host-sim/core/image.js";
import { Randomness } from "../../../host-sim/sim/rng.js";
import { imagePath } from "../../bench/build.js";
import { concat, ether, icmp6, ip4, ip6, mobility, Protocol, portMac, udp } from "../../bench/frames.js";
import { fixChecksums } from "../../differential/checksums.js";
import { IMAGES } from "../../differential/images.js";
import { mutate } from "../../differential/mutate.js";
import { play } from "../../differential/sequence.js";
import { Stage } from "../../differential/stage.js";
import * as world from "../../differential/world.js";
import { prepare } from "../../machines/machine.js";

describe("sequences", () => {
  for (const image of IMAGES) {
    test(`${image}: a seed and a number say all of a sequence, whatever was played before`, () => {
      const { module } = loadImage(image);
      const once = new Stage(module);
      for (const number of [0, 1, 2]) {
        once.cut();
        play(once, image, 7, number);
      }
      const alone = new Stage(module);
      play(alone, image, 7, 2);
      assert.ok(alone.tally.frames > 30);
      assert.ok(once.tape.bytes().equals(alone.tape.bytes()));
      assert.ok(once.transcript.equals(alone.transcript));
      const other = new Stage(module);
      play(other, image, 8, 2);
      assert.ok(!other.tape.bytes().equals(alone.tape.bytes()));
    });
  }

  test("the tape alone brings the image to the same answers", async () => {
    const stage = new Stage(loadImage("home-agent").module);
    for (const number of [0, 1, 2, 3]) play(stage, "home-agent", 3, number);
    stage.tape.record(0);
    const transcript = await prepare("v8", imagePath("home-agent")).run(Buffer.from(stage.tape.bytes()));
    assert.ok(transcript.equals(stage.transcript));
  });
});

describe("checksums", () => {
  const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
  const bytes = fc.uint8Array({ maxLength: 200 });

  /** The builders of test/bench/frames.ts write checksums of their own; with others in their place they come back. */
  function comesBack(frame: Uint8Array, fields: number[], link: boolean): void {
    const spoilt = Uint8Array.from(frame);
    for (const at of fields) spoilt.fill(0x5a, at, at + 2);
    fixChecksums(spoilt, link);
    assert.deepEqual(spoilt, frame);
  }

  test("of ICMPv6, UDP and mobility headers are put right, behind options and in tunnels too", () => {
    fc.assert(
      fc.property(address, address, bytes, (a, b, data) => {
        const echo = icmp6(a, b, 128, 0, data);
        comesBack(ether(portMac(0), portMac(1), ip6(a, b, Protocol.ICMP6, echo)), [56], true);
        comesBack(ip6(a, b, Protocol.MH, mobility(a, b, 5, data)), [44], false);
        const options = concat(Uint8Array.of(Protocol.ICMP6, 0, 1, 4, 0, 0, 0, 0), echo);
        comesBack(ip6(a, b, Protocol.OPTIONS, options), [50], false);
        comesBack(ip6(b, a, Protocol.IP6, ip6(a, b, Protocol.ICMP6, echo)), [82], false);
      }),
    );
  });

  test("of an update count the home address, of an acknowledgement too", () => {
    const { home, agent, correspondent } = world;
    const option = concat(Uint8Array.of(Protocol.MH, 2, 1, 2, 0, 0, 0xc9, 16), home);
    const update = mobility(home, agent, 5, new Uint8Array(10));
    comesBack(ip6(correspondent, agent, Protocol.OPTIONS, concat(option, update)), [68], false);
    const routing = concat(Uint8Array.of(Protocol.MH, 2, 2, 1, 0, 0, 0, 0), home);
    const acknowledgement = mobility(agent, home, 6, new Uint8Array(10));
    comesBack(ip6(agent, correspondent, Protocol.ROUTING, concat(routing, acknowledgement)), [68], false);
  });

  test("of IPv4 and what it carries are put right", () => {
    const [from, to] = [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2)];
    const datagram = udp(from, to, [4000, 53], Uint8Array.of(1, 2, 3));
    comesBack(ip4(from, to, Protocol.UDP, datagram), [10, 26], false);
  });
});

describe("mutations", () => {
  const frame = ether(portMac(0), portMac(1), ip6(world.home, world.agent, Protocol.ICMP6, new Uint8Array(40)));

  test("leave the frame itself alone, follow their stream, and fit a step of the tape", () => {
    fc.assert(
      fc.property(fc.integer(), fc.uint8Array({ maxLength: 1600 }), (seed, any) => {
        for (const given of [frame, any]) {
          const before = Uint8Array.from(given);
          const changed = mutate({ port: 0, frame: given }, new Randomness(seed).stream("mutations"));
          assert.deepEqual(given, before);
          assert.ok(changed.frame.length <= 1710);
          const again = mutate({ port: 0, frame: given }, new Randomness(seed).stream("mutations"));
          assert.deepEqual(changed, again);
        }
      }),
    );
  });

  test("change something, nearly always", () => {
    const { stream } = { stream: new Randomness(1).stream("change") };
    const changed = Array.from({ length: 500 }, () => mutate({ port: 0, frame }, stream).frame);
    const same = changed.filter((bytes) => world.equal(bytes, frame)).length;
    assert.ok(same < 50, `${same} of 500 were not changed`);
    assert.ok(new Set(changed.map((bytes) => Buffer.from(bytes).toString("hex"))).size > 300);
  });
});
