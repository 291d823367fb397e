import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Ladder, type LadderMessage, ladderRows } from "../../../host-sim/trace/ladder.js";
import { ladderSvg } from "../../../host-sim/trace/ladder-svg.js";
import { ladderText } from "../../../host-sim/trace/ladder-text.js";

const NODES = ["app", "mn", "router", "ha", "cn"];

/** One packet from the correspondent to the application: three hops. */
function downlink(timeUs: number): LadderMessage[] {
  return [
    { timeUs, from: "cn", to: "ha", text: `UDP ${timeUs}`, step: 508, kind: "data" },
    { timeUs: timeUs + 10, from: "ha", to: "mn", text: "tunnel", step: 509, kind: "data" },
    { timeUs: timeUs + 20, from: "mn", to: "app", text: "IPv4 UDP", step: 512, kind: "data" },
  ];
}

const roam: Ladder = {
  title: "roam",
  nodes: NODES,
  messages: [
    { timeUs: 8000, from: "mn", to: "ha", text: "BU seq 7 lifetime 60 s A H", step: 501, kind: "control" },
    {
      timeUs: 1_028_000,
      from: "ha",
      to: "mn",
      text: "BA status 0 seq 7 lifetime 60 s, with a text too long for it",
      step: 502,
      kind: "control",
    },
    ...Array.from({ length: 38 }, (_, i) => downlink(1_100_000 + 1000 * i)).flat(),
    { timeUs: 1_200_000, from: "ha", to: "mn", text: "tunnel", kind: "lost" },
    { timeUs: 1_201_000, from: "ha", to: "mn", text: "tunnel", kind: "lost" },
    { timeUs: 1_300_000, from: "router", to: "mn", text: "RA", kind: "control" },
    { timeUs: 1_400_000, from: "router", to: "mn", text: "RA", kind: "control" },
  ],
  notes: [{ timeUs: 1_028_000, node: "mn", text: "tunnel set", step: 506, serial: 1 }],
};

test("the text of a handover", () => {
  assert.equal(
    ladderText(roam),
    `roam

                ┌─────┐            ┌────┐          ┌────────┐          ┌────┐            ┌────┐
                │ app │            │ mn │          │ router │          │ ha │            │ cn │
                └──┬──┘            └─┬──┘          └───┬────┘          └─┬──┘            └─┬──┘
   0.008 s         │                 │ [501] BU seq 7 lifetime 60 s A H  │                 │
                   │                 ├──────────────────────────────────►│                 │
   ⋮ 1.0 s         ┊                 ┊                 ┊                 ┊                 ┊
   1.028 s         │  [502] BA status 0 seq 7 lifetime 60 s, with a text too long for it   │
                   │                 │◄──────────────────────────────────┤                 │
                   │                 ◆ [506] tunnel set                  │                 │
   1.100 s         │                 │                 │                  [508] UDP 1100000
                   │                 │                 │                 │◄╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤
                   │                 │◄╌╌╌╌╌╌╌╌╌ [509] tunnel ╌╌╌╌╌╌╌╌╌╌╌┤                 │
                   │ [512] IPv4 UDP  │                 │                 │                 │
                   │◄╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌┤                 │                 │                 │
   1.137 s         │◄╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌ … 37 data packets (508-512) ╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌│
   1.200 s         │                 │              tunnel               │                 │
                   │                 │        ✕┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┤                 │
   1.201 s         │                 │✕┈┈┈┈┈ … 1 more packet lost ┈┈┈┈┈┈┈│                 │
   1.300 s         │                 │◄──── RA ×2 ─────┤                 │                 │
                ┌──┴──┐            ┌─┴──┐          ┌───┴────┐          ┌─┴──┐            ┌─┴──┐
                │ app │            │ mn │          │ router │          │ ha │            │ cn │
                └─────┘            └────┘          └────────┘          └────┘            └────┘
`,
  );
});

test("data packets are folded, counted as packets, and control stands out", () => {
  const rows = ladderRows(roam);
  const folds = rows.flatMap((row) => (row.type === "fold" ? [row.text] : []));
  assert.deepEqual(folds, ["… 37 data packets (508-512)", "… 1 more packet lost"]);
  const shown = rows.flatMap((row) => (row.type === "message" ? [`${row.kind} ${row.step} ×${row.count}`] : []));
  assert.deepEqual(shown, [
    "control 501 ×1",
    "control 502 ×1",
    "data 508 ×1",
    "data 509 ×1",
    "data 512 ×1",
    "lost undefined ×1",
    "control undefined ×2",
  ]);
});

test("the two directions are folded apart", () => {
  const up = (timeUs: number): LadderMessage => ({ timeUs, from: "mn", to: "ha", text: "t", step: 516, kind: "data" });
  const messages = [0, 1, 2, 3, 4].flatMap((i) => [...downlink(100 * i), up(100 * i + 50)]);
  const folds = ladderRows({ nodes: NODES, messages, notes: [] }).filter((row) => row.type === "fold");
  assert.deepEqual(
    folds.map(({ text, from, to }) => [text, from, to]),
    [
      ["… 4 data packets (508-512)", 4, 0],
      ["… 4 data packets (516)", 1, 3],
    ],
  );
});

test("a few data packets between control messages wait for more of their kind", () => {
  const control = (timeUs: number): LadderMessage => ({
    timeUs,
    from: "mn",
    to: "ha",
    text: `BU ${timeUs}`,
    kind: "control",
  });
  const messages = [0, 1, 2, 3].flatMap((i) => [...downlink(1000 * i), control(1000 * i + 500)]);
  const types = ladderRows({ nodes: NODES, messages, notes: [] })
    .map((row) => row.type)
    .join(" ");
  assert.equal(types, "message message message message message message fold message");
});

test("serial numbers order what happens in one microsecond", () => {
  const rows = ladderRows({
    nodes: NODES,
    messages: [{ timeUs: 5, from: "app", to: "mn", text: "m", kind: "control", serial: 1 }],
    notes: [
      { timeUs: 5, node: "mn", text: "after", serial: 2 },
      { timeUs: 5, node: "mn", text: "before", serial: 0 },
    ],
  });
  assert.deepEqual(
    rows.map((row) => (row.type === "note" || row.type === "message" ? row.text : "")),
    ["before", "m", "after"],
  );
});

test("a node that is not there is named", () => {
  const message: LadderMessage = { timeUs: 0, from: "mn", to: "nobody", text: "", kind: "control" };
  assert.throws(
    () => ladderText({ nodes: NODES, messages: [message], notes: [] }),
    /nobody is not one of its nodes \(app, mn,/,
  );
});

const anyText = fc.oneof(fc.string({ unit: "grapheme-ascii" }), fc.string({ unit: "binary", maxLength: 30 }));
const plainText = fc.stringMatching(/^[ -~]{0,150}$/);
const ladders = (text: fc.Arbitrary<string>): fc.Arbitrary<Ladder> =>
  fc.integer({ min: 1, max: 5 }).chain((count) => {
    const nodes = NODES.slice(0, count);
    const node = fc.constantFrom(...nodes);
    const timeUs = fc.nat(10_000_000);
    const step = fc.option(fc.integer({ min: 60, max: 517 }), { nil: undefined });
    const kind = fc.constantFrom("control" as const, "data" as const, "lost" as const);
    return fc.record({
      nodes: fc.constant(nodes),
      messages: fc.array(fc.record({ timeUs, from: node, to: node, text, step, kind }), { maxLength: 40 }),
      notes: fc.array(fc.record({ timeUs, node, text, step }), { maxLength: 8 }),
    });
  });

test("text for five nodes or fewer fits 100 columns", () => {
  fc.assert(
    fc.property(ladders(plainText), (ladder) => {
      for (const line of ladderText(ladder).split("\n"))
        assert.ok([...line].length <= 100 && line === line.trimEnd(), line);
    }),
  );
});

test("no packet is lost in folding, and time never goes back", () => {
  fc.assert(
    fc.property(ladders(plainText), (ladder) => {
      const rows = ladderRows(ladder);
      const times = rows.map((row) => row.timeUs);
      assert.deepEqual(
        times,
        [...times].sort((a, b) => a - b),
      );
      const inside = (kind: string) => ladder.messages.filter((m) => m.kind === kind && m.from !== m.to).length;
      const drawn = rows.reduce(
        (sum, row) => sum + (row.type === "message" && row.kind === "control" ? row.count : 0),
        0,
      );
      assert.equal(drawn, inside("control"));
      const folded = rows.some((row) => row.type === "fold");
      const arrows = rows.filter((row) => row.type === "message" && row.kind !== "control").length;
      assert.equal(folded, arrows < inside("data") + inside("lost"));
    }),
  );
});

test("the SVG is well-formed XML whatever the texts are, and draws no lane outside", () => {
  fc.assert(
    fc.property(ladders(anyText), (ladder) => {
      const svg = ladderSvg(ladder);
      checkXml(svg);
      assert.ok(!/NaN|undefined|Infinity/.test(svg.replace(/<text[^>]*>[^<]*|<title>[^<]*/g, "")), svg);
      const width = Number(/ width="([\d.]+)"/.exec(svg)?.[1]);
      for (const [, x] of svg.matchAll(/<(?:line|circle)[^>]* c?x1?="([-\d.]+)"/g))
        assert.ok(Number(x) >= 0 && Number(x) <= width);
    }),
  );
});

test("the SVG shows steps in circles and needs nothing from outside", () => {
  const svg = ladderSvg(roam);
  for (const step of [501, 502, 506, 508, 509, 512])
    assert.match(svg, new RegExp(`<circle [^>]*/>\n<text [^>]*>${step}</text>`));
  assert.match(svg, /… 37 data packets \(508-512\)/);
  assert.deepEqual([...svg.matchAll(/(?:href|src|url)\b/g)], []);
});

/** Tags nest, attributes are quoted, entities are known, and no character is one that XML forbids. */
function checkXml(text: string): void {
  const open: string[] = [];
  const rest = text.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z][a-zA-Z0-9:-]*="[^"<]*")*)(\/?)>/g,
    (_, closing, name, __, empty) => {
      if (closing) assert.equal(open.pop(), name);
      else if (!empty) open.push(name);
      return "";
    },
  );
  assert.deepEqual(open, []);
  assert.ok(!/[<>]/.test(rest), rest);
  assert.ok(!/&(?!amp;|lt;|gt;|quot;)/.test(text));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  assert.ok(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u.test(text));
}
