import assert from "node:assert/strict";
import { test } from "node:test";
import { AddressState } from "../../../assembly/abi/event.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { type DecodedEvent, Event } from "../../../host-sim/trace/events.js";
import { LinkType, PcapngWriter, readPcapng } from "../../../host-sim/trace/pcapng.js";
import { type Frame, Recorder } from "../../../host-sim/trace/recorder.js";
import { fixtures } from "./fixtures.js";

const COA = "2001:db8:1::2";
const HA = "2001:db8:7::1";
const HOA = "2001:db8:7::1000";
const CN = "2001:db8:8::1001";

const NODES = ["app", "mn", "router", "ha", "cn"];

function fixture(name: string): Uint8Array {
  const found = fixtures.find((candidate) => candidate.name === name);
  assert.ok(found, name);
  return new Uint8Array(Buffer.from(found.hex, "hex"));
}

/** An Ethernet frame with IPv6 headers one in the other, from the outside in, and nothing inside. */
function nested(...headers: [source: string, destination: string][]): Uint8Array {
  const bytes = new Uint8Array(14 + 40 * headers.length);
  bytes.set([0x86, 0xdd], 12);
  for (const [i, [source, destination]] of headers.entries()) {
    const at = 14 + 40 * i;
    const next = i === headers.length - 1 ? 59 : 41;
    bytes.set([0x60, 0, 0, 0, 0, 40 * (headers.length - 1 - i), next, 64], at);
    bytes.set(parseIp6(source), at + 8);
    bytes.set(parseIp6(destination), at + 24);
  }
  return bytes;
}

/** A terminal on a visited link, registered at its home agent, watched from the start. */
class Run {
  timeUs = 0;
  readonly chunks: Uint8Array[] = [];
  readonly recorder = new Recorder(NODES, new PcapngWriter((chunk) => this.chunks.push(chunk)));

  event(node: string, kind: Event, rest: Partial<DecodedEvent>): void {
    const blank = { kindName: "", code: 0, codeName: "", timeMs: 0, a: "::", b: "::", x: 0, y: 0 };
    this.recorder.event(node, this.timeUs++, { kind, ...blank, ...rest });
  }

  frame(from: string, to: string, bytes: Uint8Array, rest: Partial<Frame> = {}): void {
    const link = [from, to].sort().join("-");
    const linktype = LinkType.ETHERNET;
    this.recorder.frame({ timeUs: this.timeUs++, link, from, receivers: [to], bytes, linktype, ...rest });
  }

  own(node: string, address: string): void {
    this.event(node, Event.ADDRESS, { code: AddressState.PREFERRED, a: address });
  }

  register(): void {
    this.own("mn", COA);
    this.own("ha", HA);
    this.own("cn", CN);
    this.frame("mn", "router", fixture("BU with HAO and alternate CoA"));
    this.frame("router", "ha", fixture("BU with HAO and alternate CoA"));
    this.event("ha", Event.BINDING, { code: 0, codeName: "made", a: HOA, b: COA, x: 7, y: 15 });
    this.frame("ha", "router", fixture("BA with RH2 and refresh advice"));
    this.frame("router", "mn", fixture("BA with RH2 and refresh advice"));
    this.event("mn", Event.BA_RECEIVED, { code: 0, a: HA, b: COA, x: 7, y: 15 });
    this.event("mn", Event.STEP, { code: 506, codeName: "IP-in-IP tunnel set", a: COA, b: HA });
  }

  arrows(): (string | number | undefined)[][] {
    return this.recorder.ladder().messages.map(({ from, to, step, kind, text }) => [from, to, step, kind, text]);
  }

  comments(): (string | undefined)[] {
    return readPcapng(new Uint8Array(Buffer.concat(this.chunks)), "memory").packets.map(({ comment }) => comment);
  }
}

test("a registration is two arrows between its ends, whatever forwards it", () => {
  const run = new Run();
  run.register();
  assert.deepEqual(run.arrows(), [
    ["mn", "ha", 501, "control", `BU seq 7 lifetime 60 s A H alt-CoA ${COA}`],
    ["ha", "mn", 502, "control", "BA status 0 seq 7 lifetime 60 s K refresh 40 s"],
  ]);
  assert.deepEqual(
    run.recorder.ladder().notes.map(({ node, step, text }) => [node, step, text]),
    [
      ["ha", undefined, `binding made: ${HOA} at ${COA}, sequence 7, lifetime 60 s`],
      ["mn", 506, "IP-in-IP tunnel set"],
    ],
  );
});

test("every link's frames are in the capture, with their step", () => {
  const run = new Run();
  run.register();
  const bu = "step 501: Binding Update to the home agent";
  const ba = "step 502: Binding Acknowledgement from the home agent";
  assert.deepEqual(run.comments(), [bu, bu, ba, ba]);
  const { interfaces } = readPcapng(new Uint8Array(Buffer.concat(run.chunks)), "memory");
  assert.deepEqual(
    interfaces.map(({ name }) => name),
    ["mn-router", "ha-router"],
  );
});

test("data has the steps 508 to 517 while a binding stands, and none after it", () => {
  const run = new Run();
  const round = () => {
    run.frame("cn", "ha", nested([CN, HOA]));
    run.frame("ha", "router", nested([HA, COA], [CN, HOA]));
    run.frame("router", "mn", nested([HA, COA], [CN, HOA]));
    const raw = { linktype: LinkType.RAW, port: "application" as const };
    run.frame("mn", "app", fixture("ICMPv4 echo"), raw);
    run.frame("app", "mn", fixture("ICMPv4 echo"), raw);
    run.frame("mn", "router", nested([COA, HA], [HOA, CN]));
    run.frame("router", "ha", nested([COA, HA], [HOA, CN]));
    run.frame("ha", "cn", nested([HOA, CN]));
  };
  run.register();
  const before = run.arrows().length;
  round();
  assert.deepEqual(
    run
      .arrows()
      .slice(before)
      .map((arrow) => arrow.slice(0, 4)),
    [
      ["cn", "ha", 508, "data"],
      ["ha", "mn", 509, "data"],
      ["mn", "app", 512, "data"],
      ["app", "mn", 513, "data"],
      ["mn", "ha", 516, "data"],
      ["ha", "cn", 517, "data"],
    ],
  );
  run.event("ha", Event.BINDING, { code: 2, codeName: "removed", a: HOA });
  run.event("mn", Event.BA_RECEIVED, { code: 0, a: HA, y: 0 });
  const steps = run.arrows().length;
  round();
  assert.ok(
    run
      .arrows()
      .slice(steps)
      .every(([, , step]) => step === undefined),
  );
});

test("a lost packet is an arrow that does not arrive, from where it was lost", () => {
  const run = new Run();
  run.register();
  run.frame("router", "mn", nested([HA, COA], [CN, HOA]), { lost: true });
  assert.deepEqual(run.arrows().at(-1)?.slice(0, 4), ["router", "mn", 509, "lost"]);
  assert.equal(run.comments().at(-1), "step 509: home agent intercepts and tunnels to the care-of address, lost");
});

test("an advertisement is drawn once until the link changes; neighbour discovery never", () => {
  const run = new Run();
  const ra = fixture("RA with every option of ours");
  run.frame("router", "mn", ra);
  run.frame("router", "mn", ra);
  run.frame("mn", "router", fixture("NS"));
  assert.equal(run.arrows().length, 1);
  run.event("mn", Event.LINK, { x: 1 });
  run.frame("router", "mn", ra);
  assert.deepEqual(
    run.arrows().map(([from, to, , kind]) => [from, to, kind]),
    [
      ["router", "mn", "control"],
      ["router", "mn", "control"],
    ],
  );
});

test("the mirror port is captured as step 504 and stays out of the ladder", () => {
  const run = new Run();
  run.register();
  const arrows = run.arrows().length;
  run.frame("mn", "mn", fixture("BA in format S3"), { link: "mn:mirror", linktype: LinkType.RAW, port: "mirror" });
  assert.equal(run.arrows().length, arrows);
  assert.equal(run.comments().at(-1), "step 504: program number put in front of the acknowledgement");
});

test("a board tells of its address after it has sent from it: the message is drawn once, where it was", () => {
  const run = new Run();
  run.own("ha", HA);
  const sentUs = run.timeUs;
  run.frame("mn", "router", fixture("BU with HAO and alternate CoA"));
  run.frame("router", "ha", fixture("BU with HAO and alternate CoA"));
  assert.deepEqual(run.arrows(), []);
  run.own("mn", COA);
  run.own("mn", COA);
  assert.deepEqual(
    run.arrows().map(([from, to, step]) => [from, to, step]),
    [["mn", "ha", 501]],
  );
  assert.equal(run.recorder.ladder().messages[0].timeUs, sentUs);
});
