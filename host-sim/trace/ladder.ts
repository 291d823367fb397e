/**
 * A ladder diagram: nodes side by side, time downwards, an arrow a message. Both pictures (text and SVG) are drawn from the rows that
 * this file makes: everything in order of time, with runs of data packets folded so that the control messages stand out.
 */
import { stepName } from "./steps.js";

export interface LadderMessage {
  timeUs: number;
  from: string;
  to: string;
  text: string;
  /** Step number of the seeds. */
  step?: number;
  kind: "control" | "data" | "lost";
  /** Breaks ties between things of the same microsecond; without it notes come before messages. */
  serial?: number;
}

export interface LadderNote {
  timeUs: number;
  node: string;
  text: string;
  step?: number;
  serial?: number;
}

export interface Ladder {
  title?: string;
  /** Names, from left to right. */
  nodes: string[];
  messages: LadderMessage[];
  notes: LadderNote[];
}

/** Nodes are indices into `Ladder.nodes`. */
export type Row =
  | {
      type: "message";
      timeUs: number;
      from: number;
      to: number;
      text: string;
      step?: number;
      kind: LadderMessage["kind"];
      /** How many equal messages in a row this one stands for. */
      count: number;
    }
  | { type: "note"; timeUs: number; node: number; text: string; step?: number }
  /** Packets left out: they went between the lanes `from` and `to`, in this direction. `timeUs` is that of the last. */
  | { type: "fold"; timeUs: number; from: number; to: number; text: string; kind: "data" | "lost" }
  | { type: "pause"; timeUs: number; durationUs: number };

/** Data packets are folded before a control message from this number on; fewer wait for more of their kind. */
const WORTH_A_LINE = 3;
/** Quiet for so long is shown as a pause. */
const PAUSE_US = 500_000;

type Entry = ({ note: LadderNote } | { message: LadderMessage }) & { timeUs: number; serial: number };

/** Throws `Error` where a message or note names a node that is not in `nodes`. */
export function ladderRows(ladder: Ladder): Row[] {
  const lane = (name: string) => {
    const index = ladder.nodes.indexOf(name);
    if (index < 0) throw new Error(`ladder: ${name} is not one of its nodes (${ladder.nodes.join(", ")})`);
    return index;
  };
  const entries: Entry[] = [
    ...ladder.notes.map((note) => ({ note, timeUs: note.timeUs, serial: note.serial ?? 0 })),
    ...ladder.messages.map((message) => ({ message, timeUs: message.timeUs, serial: message.serial ?? 0 })),
  ];
  entries.sort((a, b) => a.timeUs - b.timeUs || a.serial - b.serial);
  const rows = new Rows();
  for (const entry of entries) {
    if ("note" in entry) {
      const { timeUs, node, text, step } = entry.note;
      rows.add({ type: "note", timeUs, node: lane(node), text, step });
    } else {
      const { timeUs, from, to, text, step, kind } = entry.message;
      if (from === to) rows.add({ type: "note", timeUs, node: lane(from), text, step });
      else rows.message({ type: "message", timeUs, from: lane(from), to: lane(to), text, step, kind, count: 1 });
    }
  }
  rows.flush(1);
  return rows.done;
}

type Message = Extract<Row, { type: "message" }>;

/** Packets of one direction (or lost ones) that wait for their line. */
class Run {
  private readonly hops = new Map<string, number>();
  private steps: number[] = [];
  private lanes: number[] = [];
  private timeUs = 0;

  constructor(
    readonly kind: "data" | "lost",
    private readonly rightwards: boolean,
  ) {}

  /** Packets, not hops: the busiest hop tells. */
  get packets(): number {
    return Math.max(0, ...this.hops.values());
  }

  add(message: Message, hop: string): void {
    this.hops.set(hop, (this.hops.get(hop) ?? 0) + 1);
    if (message.step !== undefined) this.steps.push(message.step);
    this.lanes.push(message.from, message.to);
    this.timeUs = message.timeUs;
  }

  take(): Row {
    const [left, right] = [Math.min(...this.lanes), Math.max(...this.lanes)];
    const [first, last] = [Math.min(...this.steps), Math.max(...this.steps)];
    const plural = this.packets === 1 ? "" : "s";
    const what = this.kind === "lost" ? `more packet${plural} lost` : `data packet${plural}`;
    const steps =
      this.steps.length === 0 ? "" : ` (${first === last ? stepName(first) : `${stepName(first)}-${stepName(last)}`})`;
    const text = `… ${this.packets} ${what}${steps}`;
    const [from, to] = this.rightwards ? [left, right] : [right, left];
    const row: Row = { type: "fold", timeUs: this.timeUs, from, to, text, kind: this.kind };
    this.hops.clear();
    this.steps = [];
    this.lanes = [];
    return row;
  }
}

class Rows {
  readonly done: Row[] = [];
  private readonly seen = new Set<string>();
  private readonly runs = {
    data: { left: new Run("data", false), right: new Run("data", true) },
    lost: { left: new Run("lost", false), right: new Run("lost", true) },
  };
  private lastUs: number | undefined;

  message(message: Message): void {
    if (message.kind === "control") {
      const previous = this.done.at(-1);
      if (previous?.type === "message" && sameMessage(previous, message) && this.flush(WORTH_A_LINE) === 0) {
        previous.count++;
        this.lastUs = message.timeUs;
      } else {
        this.add(message);
      }
      return;
    }
    const hop = `${message.kind} ${message.from} ${message.to} ${message.step}`;
    if (!this.seen.has(hop)) {
      this.seen.add(hop);
      this.add(message, message.kind === "lost" ? WORTH_A_LINE : 1);
      return;
    }
    this.runs[message.kind][message.to > message.from ? "right" : "left"].add(message, hop);
    this.lastUs = message.timeUs;
  }

  /** A row that is shown; first what waits in front of it. */
  add(row: Row, worth = WORTH_A_LINE): void {
    this.flush(worth);
    const quiet = this.lastUs === undefined ? 0 : row.timeUs - this.lastUs;
    if (quiet >= PAUSE_US) this.done.push({ type: "pause", timeUs: row.timeUs, durationUs: quiet });
    this.done.push(row);
    this.lastUs = row.timeUs;
  }

  /** Gives runs of at least `worth` packets their line; lost packets always. Returns how many lines. */
  flush(worth: number): number {
    const runs = [this.runs.data.left, this.runs.data.right, this.runs.lost.left, this.runs.lost.right];
    const due = runs.filter((run) => run.packets >= (run.kind === "lost" ? 1 : worth));
    for (const run of due) {
      // A run that waited in vain for more goes back to where its last packet was.
      const row = run.take();
      let at = this.done.length;
      while (at > 0 && this.done[at - 1].timeUs > row.timeUs) at--;
      this.done.splice(at, 0, row);
    }
    return due.length;
  }
}

function sameMessage(a: Message, b: Message): boolean {
  return a.kind === b.kind && a.from === b.from && a.to === b.to && a.text === b.text && a.step === b.step;
}

/** A span of time as it is written beside a pause. */
export function formatSpan(us: number): string {
  return us < 10_000_000 ? `${(us / 1e6).toFixed(1)} s` : `${Math.round(us / 1e6)} s`;
}
