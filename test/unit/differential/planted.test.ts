import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Event } from "../../../assembly/abi/event.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { imageFile } from "../../../host-sim/core/image.js";
import { Op, Tape } from "../../bench/tape.js";
import { campaign, type Prepare } from "../../differential/campaign.js";
import { compare, upTo } from "../../differential/compare.js";
import { judgeCoverage, KINDS, REASONS } from "../../differential/coverage.js";
import { NEVER_EVENTS, NEVER_VERDICTS } from "../../differential/never.js";
import { describe as inWords } from "../../differential/report.js";
import { Tally } from "../../differential/stage.js";
import { prepare } from "../../machines/machine.js";
import { records, steps } from "../../machines/transcript.js";

const folder = mkdtempSync(join(tmpdir(), "sixfold-planted-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** V8 under another machine's name, and `spoil` in what it gives. */
function spoiling(spoil: (transcript: Buffer) => Buffer): Prepare {
  return (_, wasm) => {
    const machine = prepare("v8", wasm);
    return { run: async (tape) => spoil(Buffer.from(await machine.run(tape))) };
  };
}

describe("a planted difference", () => {
  test("none is found where there is none", async () => {
    const { findings, compared, tally } = await campaign(
      "router",
      1,
      { pc: 300 },
      spoiling((bytes) => bytes),
    );
    assert.deepEqual(findings, []);
    assert.equal(compared.get("pc")?.frames, tally.frames);
    assert.ok(tally.frames >= 300);
  });

  for (const share of [0.1, 0.5, 0.999]) {
    test(`one flipped bit at ${share * 100} % of what a machine gives is found, at its step`, async () => {
      let step = 0;
      const flip: Prepare = spoiling((bytes) => {
        const target = Math.floor(bytes.length * share);
        for (const record of records(bytes)) {
          if (record.end <= target || record.bytes.length === 0) {
            if (record.kind === 7) step++;
            continue;
          }
          record.bytes[0] ^= 1;
          return bytes;
        }
        throw new Error("there is nothing to flip so late");
      });
      const { findings } = await campaign("home-agent", 1, { rp2040: 200 }, flip);
      assert.equal(findings.length, 1);
      assert.equal(findings[0].difference?.step, step);
      assert.notDeepEqual(findings[0].difference?.expected, findings[0].difference?.got);
    });
  }

  test("a machine that ends early is found, and said where", async () => {
    const { findings } = await campaign(
      "host",
      1,
      { pc: 100 },
      spoiling((bytes) => bytes.subarray(0, 1024)),
    );
    assert.equal(findings.length, 1);
    assert.match(findings[0].difference!.got.at(-1)!, /ends here/);
  });

  test("the report names image, sequence, step, both outputs and their events; its tape shows it again", async () => {
    const spoil = spoiling((bytes) => {
      const event = [...records(bytes)].find(({ kind, bytes: data }) => kind === 2 && data[0] === Event.ADDRESS)!;
      event.bytes[2] ^= 1;
      return bytes;
    });
    const { findings } = await campaign("host", 4, { pc: 100 }, spoil);
    const text = inWords(findings[0], 4);
    assert.match(text, /^pc differs from v8: image host, sequence 0 of seed 4/);
    assert.match(text, /v8 {6}EVENT ADDRESS (TENTATIVE|OPTIMISTIC) at /);
    assert.match(text, /pc {6}EVENT ADDRESS [A-Z]+ at /);
    const again = await prepare("v8", imageFile("host")).run(findings[0].tape);
    assert.equal(steps(again).length, findings[0].difference!.step + 1);
  });
});

describe("an image that is not quite the same", () => {
  /** Copies of an image with one addition made a subtraction each, spread over its code. */
  function mutants(image: string, count: number): string[] {
    const bytes = readFileSync(imageFile(image));
    const files: string[] = [];
    for (let i = 0; i < count; i++) {
      const from = Math.floor(bytes.length * (0.1 + (0.7 * i) / count));
      for (let at = from; at < bytes.length; at++) {
        if (bytes[at] !== 0x6a) continue; // i32.add
        const mutant = Buffer.from(bytes);
        mutant[at] = 0x6b; // i32.sub
        if (!isValid(mutant)) continue;
        const file = join(folder, `${image}-${at}.wasm`);
        writeFileSync(file, mutant);
        files.push(file);
        break;
      }
    }
    return files;
  }

  function isValid(bytes: Buffer): boolean {
    try {
      new WebAssembly.Module(bytes);
      return true;
    } catch {
      return false;
    }
  }

  test("most mutants of the image differ within a thousand frames, and pc finds one that V8 finds", async () => {
    const found: string[] = [];
    for (const file of mutants("router", 10)) {
      const run: Prepare = () => prepare("v8", file);
      const { findings } = await campaign("router", 1, { "qemu-riscv": 1000 }, run);
      if (findings.length > 0) found.push(file);
    }
    assert.ok(found.length >= 5, `${found.length} of 10`);
    const { findings } = await campaign("router", 1, { pc: 1000 }, (name) => prepare(name, found[0]));
    assert.equal(findings.length, 1);
    assert.equal(findings[0].machine, "pc");
  });
});

describe("comparison", () => {
  const tape = new Tape()
    .clock(1)
    .rx(0, Uint8Array.of(1, 2, 3))
    .tick();

  test("cuts a tape behind a step", () => {
    const two = upTo(tape.encode(), 1);
    assert.deepEqual(
      [0, 1].map((i) => two.readUInt32LE([0, 16][i])),
      [Op.CLOCK, Op.RX],
    );
    assert.equal(two.length, 16 + 16 + 4 + 16);
    assert.equal(two.readUInt32LE(36), Op.END);
  });

  test("the same bytes do not differ", () => {
    assert.equal(compare(tape.encode(), Buffer.from("same"), Buffer.from("same")), undefined);
  });
});

describe("coverage", () => {
  function everything(): Tally {
    const tally = new Tally();
    for (const name of REASONS) if (NEVER_VERDICTS.router[name] === undefined) tally.verdicts[Verdict[name]] = 1;
    for (const name of KINDS) if (NEVER_EVENTS.router[name] === undefined) tally.events.set(Event[name], 1);
    tally.frames = 1000;
    return tally;
  }
  const judge = (tally: Tally, whole = true) =>
    judgeCoverage({ image: "router", tally, sequences: 1, compared: new Map(), findings: [] }, whole);

  test("all that can occur and nothing else is right", () => {
    assert.deepEqual(judge(everything()), []);
  });

  test("what does not occur is a failure, for a whole run only", () => {
    const tally = everything();
    tally.verdicts[Verdict.HOP_LIMIT] = 0;
    tally.events.delete(Event.LOST);
    assert.deepEqual(judge(tally), ["router: verdict HOP_LIMIT did not occur", "router: event LOST did not occur"]);
    assert.deepEqual(judge(tally, false), []);
  });

  test("what is said never to occur and does is a failure, with the reason that proved wrong", () => {
    const tally = everything();
    tally.verdicts[Verdict.BU_REFUSED] = 3;
    tally.events.set(Event.MOVED, 1);
    assert.deepEqual(judge(tally, false), [
      "router: verdict BU_REFUSED occurred, though it has no home agent",
      "router: event MOVED occurred, though it has no mobile node",
    ]);
  });

  test("fewer than half accepted is a failure", () => {
    const tally = everything();
    tally.dropped = 501;
    assert.deepEqual(judge(tally), ["router: only 499 of 1000 frames were accepted"]);
  });
});

describe("the command", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", "test/differential/run.ts", ...args], { encoding: "utf8" });

  test("says what it expects and ends with 2", () => {
    for (const [args, message] of [
      [["--frames", "many"], /--frames: a whole number was expected, not "many"/],
      [["--machine", "arm"], /--machine: one of v8, pc, qemu-riscv, rp2040 was expected, not "arm"/],
      [["--image", "map"], /--image: one of host, router, home-agent, terminal, .* was expected/],
      [["--speed"], /--speed/],
    ] as const) {
      const { status, stderr } = run(...args);
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
  });

  test("tells frames, shares and coverage, as JSON too", () => {
    const { status, stdout } = run("--frames", "300", "--machine", "v8", "--image", "host", "--json");
    assert.equal(status, 0);
    const { seed, images, failures } = JSON.parse(stdout);
    assert.equal(seed, 1);
    assert.deepEqual(failures, []);
    assert.ok(images[0].frames >= 300 && images[0].accepted > 0);
    assert.ok(images[0].verdicts.includes("NO_LISTENER"));
  });
});
