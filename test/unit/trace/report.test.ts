import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AddressState, Event, Registration } from "../../../assembly/abi/event.js";
import { Verdict } from "../../../assembly/abi/verdict.js";
import { parseIp6 } from "../../../host-sim/core/address.js";
import { decodeEvent, EVENT_LENGTH } from "../../../host-sim/trace/events.js";
import { budgetTable, describe, dropTable, eventLine, phasesOf } from "../../../host-sim/trace/report.js";
import { baStatusName } from "../../../host-sim/trace/status.js";
import { STEP_NUMBERS, stepName, stepTitle } from "../../../host-sim/trace/steps.js";

interface Raw {
  kind: number;
  code?: number;
  timeMs?: number;
  a?: string;
  b?: string;
  x?: number;
  y?: number;
}

/** A record as the core writes it. */
function record({ kind, code = 0, timeMs = 0, a = "::", b = "::", x = 0, y = 0 }: Raw): DataView {
  const bytes = new Uint8Array(EVENT_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, kind, true);
  view.setUint16(2, code, true);
  view.setUint32(4, timeMs, true);
  bytes.set(parseIp6(a), 8);
  bytes.set(parseIp6(b), 24);
  view.setUint32(40, x, true);
  view.setUint32(44, y, true);
  return view;
}

const event = (raw: Raw) => decodeEvent(record(raw), 0);

test("a record is read back with its names, at any offset", () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  const kinds = Object.values(Event).filter((kind) => typeof kind === "number");
  fc.assert(
    fc.property(
      fc.constantFrom(...kinds),
      fc.nat(65535),
      u32,
      u32,
      u32,
      fc.nat(40),
      (kind, code, timeMs, x, y, offset) => {
        const raw = record({ kind, code, timeMs, a: "2001:db8::a", b: "2001:db8::b", x, y });
        const bytes = new Uint8Array(offset + EVENT_LENGTH + 8);
        bytes.set(new Uint8Array(raw.buffer), offset + 4);
        const decoded = decodeEvent(new DataView(bytes.buffer, 4), offset);
        const a = kind === Event.APPLICATION && code === 4 ? "32.1.13.184" : "2001:db8::a";
        const { codeName, ...rest } = decoded;
        assert.deepEqual(rest, { kind, kindName: Event[kind], code, timeMs, a, b: "2001:db8::b", x, y });
        assert.equal(typeof codeName, "string");
        assert.ok(!/undefined|NaN/.test(describe(decoded)), describe(decoded));
      },
    ),
  );
  assert.throws(() => decodeEvent(new DataView(new ArrayBuffer(47)), 0), RangeError);
});

test("codes have the names of their kind", () => {
  assert.equal(event({ kind: Event.DROP, code: Verdict.HOP_LIMIT }).codeName, "HOP_LIMIT");
  assert.equal(event({ kind: Event.ADDRESS, code: AddressState.OPTIMISTIC }).codeName, "OPTIMISTIC");
  assert.equal(event({ kind: Event.REGISTRATION, code: Registration.RETURNING }).codeName, "RETURNING");
  assert.equal(event({ kind: Event.BA_RECEIVED, code: 135 }).codeName, "sequence number out of window");
  assert.equal(event({ kind: Event.STEP, code: 501 }).codeName, stepTitle(501));
  assert.equal(event({ kind: 999 }).kindName, "UNKNOWN_999");
});

test("lines say what happened", () => {
  const lines: [Raw, string][] = [
    [
      { kind: Event.STEP, code: 506, timeMs: 1234, a: "2001:db8:1::2", b: "2001:db8:7::1" },
      "     1.234 s  mn          step 506: IP-in-IP tunnel set (2001:db8:1::2 > 2001:db8:7::1)",
    ],
    [
      { kind: Event.BU_SENT, timeMs: 61000, a: "2001:db8:7::1000", b: "2001:db8:1::2", x: 7, y: 15 },
      "    61.000 s  mn          Binding Update sent: 2001:db8:7::1000 is at 2001:db8:1::2, sequence 7, lifetime 60 s",
    ],
    [
      { kind: Event.TRANSLATION, code: 1, a: "2000:0:0:7::1000", x: 0x0a00a8c0, y: 1 },
      "     0.000 s  mn          translation made: 2000:0:0:7::1000 = 192.168.0.10 (our own)",
    ],
    [
      { kind: Event.APPLICATION, code: 4, a: "c0a8:a::", x: 24, y: 1280 },
      "     0.000 s  mn          application port has 192.168.0.10/24, MTU 1280",
    ],
    [{ kind: Event.APPLICATION, code: 6 }, "     0.000 s  mn          application port loses its IPv6 address"],
    [
      { kind: Event.BU_REFUSED, code: 135, a: "2001:db8::1", b: "2001:db8::2", x: 3 },
      "     0.000 s  mn          Binding Update for 2001:db8::1 at 2001:db8::2 refused: status 135 (sequence number out of window), sequence 3",
    ],
  ];
  for (const [raw, expected] of lines) assert.equal(eventLine("mn", event(raw)), expected);
});

test("every step of embodiments 1 to 4 and of verified anycast has a title", () => {
  const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const routines = [
    60,
    61,
    62,
    63,
    64,
    66,
    67,
    ...range(70, 77),
    ...range(81, 85),
    ...range(91, 94),
    ...range(100, 112),
  ];
  const sequences = [...range(501, 517), 521, 522, ...range(531, 545), ...range(551, 558)];
  const anycast = [...range(101, 105), ...range(201, 205), 207, 208, ...range(301, 303), ...range(401, 408)];
  const verified = [...anycast, ...range(410, 415)].map((n) => 2000 + n);
  const expected = [...routines, ...range(120, 131), ...sequences, ...verified];
  assert.deepEqual(STEP_NUMBERS, expected);
  for (const step of expected) assert.ok(stepTitle(step).length > 5, String(step));
  assert.equal(stepTitle(65), "");
  assert.deepEqual([501, 2101, 2415].map(stepName), ["501", "S101", "S415"]);
});

test("status values below 128 are accepted, all others refused", () => {
  assert.equal(baStatusName(0), "accepted");
  for (let status = 0; status < 256; status++) {
    assert.equal(baStatusName(status).startsWith("accepted"), status < 128, String(status));
  }
});

test("phases are differences of event times within one stay", () => {
  const events = [
    event({ kind: Event.MOVED, code: 1, timeMs: 900 }),
    event({ kind: Event.BU_SENT, timeMs: 910 }),
    event({ kind: Event.MOVED, code: 1, timeMs: 1250 }),
    event({ kind: Event.BU_SENT, timeMs: 1255 }),
    event({ kind: Event.BA_RECEIVED, code: 130, timeMs: 1300 }),
    event({ kind: Event.BU_SENT, timeMs: 1400 }),
    event({ kind: Event.BA_RECEIVED, code: 0, timeMs: 1455 }),
    event({ kind: Event.MOVED, code: 2, timeMs: 2100 }),
  ];
  assert.deepEqual(phasesOf(events, 1000), { detect: 250, dad: 5, register: 200 });
  assert.deepEqual(phasesOf(events, 1000, 1450), { detect: 250, dad: 5, register: null });
  assert.deepEqual(phasesOf(events, 2000), { detect: 100, dad: null, register: null });
  assert.deepEqual(phasesOf(events, 3000), { detect: null, dad: null, register: null });
});

test("tables align", () => {
  const phases = { detect: 1.25, dad: 0, register: 40 };
  assert.equal(
    budgetTable([
      { node: "mn", from: "home", to: "visited-a", gapMs: 82, lost: 4, phases },
      {
        node: "terminal-2",
        from: "visited-a",
        to: "b",
        gapMs: null,
        lost: 1200,
        phases: { ...phases, register: null },
      },
    ]),
    `node        move              detect  address  register  gap ms  lost
─────────────────────────────────────────────────────────────────────
mn          home → visited-a     1.3      0.0      40.0    82.0     4
terminal-2  visited-a → b        1.3      0.0     never   never  1200`,
  );
  assert.equal(
    dropTable({ HOP_LIMIT: 2, NO_ROUTE: 12 }),
    `dropped because  packets
────────────────────────
NO_ROUTE              12
HOP_LIMIT              2`,
  );
});
