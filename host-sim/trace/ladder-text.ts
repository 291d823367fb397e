/** The ladder as text: box-drawing characters, 100 columns for five nodes. */

import { formatSpan, type Ladder, ladderRows, type Row } from "./ladder.js";
import { stepName } from "./steps.js";

/** Columns of the time at the left. */
const TIME = 12;
/** Columns between lanes: not less than a short message, not more than the eye follows. */
const SPACING = { narrow: 19, wide: 34 };
/** Columns for five nodes and fewer; more nodes get more. */
const WIDTH = 100;
const EDGE = 7;

/** Lines end without spaces; the text ends with a newline. */
export function ladderText(ladder: Ladder): string {
  const page = new Page(ladder.nodes);
  if (ladder.title) page.lines.push(ladder.title, "");
  page.boxes("┬");
  for (const row of ladderRows(ladder)) page.row(row);
  page.boxes("┴");
  return `${page.lines.join("\n")}\n`;
}

class Page {
  readonly lines: string[] = [];
  private readonly lanes: number[];
  private readonly width: number;
  private readonly spacing: number;
  private lastTime = "";

  constructor(private readonly nodes: string[]) {
    const gaps = Math.max(1, nodes.length - 1);
    const room = Math.floor((WIDTH - TIME - 2 * EDGE) / gaps);
    this.spacing = Math.min(SPACING.wide, Math.max(SPACING.narrow - 1, room));
    this.lanes = nodes.map((_, i) => TIME + EDGE + i * this.spacing);
    this.width = Math.max(WIDTH, (this.lanes.at(-1) ?? 0) + EDGE);
  }

  /** The names, with the end of each lane at the inner side. */
  boxes(joint: "┬" | "┴"): void {
    const [edge, name, lane] = [this.blank(false), this.blank(false), this.blank(false)];
    for (const [i, x] of this.lanes.entries()) {
      const text = clip(this.nodes[i], this.spacing - 4);
      const left = Math.min(x - 1 - Math.ceil(text.length / 2), this.width - text.length - 4);
      const right = left + text.length + 3;
      put(name, left, `│ ${text} │`);
      put(edge, left, `┌${"─".repeat(right - left - 1)}┐`);
      put(lane, left, `└${"─".repeat(right - left - 1)}┘`);
      put(joint === "┬" ? lane : edge, x, joint);
    }
    this.lines.push(...[edge, name, lane].map(text));
  }

  row(row: Row): void {
    if (row.type === "message") this.message(row);
    else if (row.type === "note") this.note(row);
    else if (row.type === "fold") this.fold(row);
    else this.pause(row);
  }

  private pause(row: Extract<Row, { type: "pause" }>): void {
    const line = this.blank(true, "┊");
    put(line, 0, `⋮ ${formatSpan(row.durationUs)}`.padStart(TIME - 2));
    this.lines.push(text(line));
  }

  private message(row: Extract<Row, { type: "message" }>): void {
    const label = `${row.step === undefined ? "" : `[${stepName(row.step)}] `}${row.text}${row.count > 1 ? ` ×${row.count}` : ""}`;
    const shaft = row.kind === "control" ? "─" : row.kind === "data" ? "╌" : "┈";
    const [a, b] = [this.lanes[row.from], this.lanes[row.to]];
    const arrow = this.blank(true);
    const [left, right] = [Math.min(a, b), Math.max(a, b)];
    if (row.kind === "lost") {
      // A lost packet stops on its way.
      const stop = Math.round(a + (b - a) * 0.75);
      put(arrow, Math.min(a, stop) + 1, shaft.repeat(Math.abs(stop - a) - 1));
      put(arrow, stop, "✕");
      put(arrow, a, b > a ? "├" : "┤");
    } else {
      put(arrow, left + 1, shaft.repeat(right - left - 1));
      put(arrow, a, b > a ? "├" : "┤");
      put(arrow, b > a ? b - 1 : b + 1, b > a ? "►" : "◄");
    }
    if (label.length <= right - left - 7 && row.kind !== "lost") {
      put(arrow, left + Math.floor((right - left - label.length - 1) / 2), ` ${label} `);
    } else {
      this.lines.push(this.labelled(label, (left + right) / 2, row.timeUs));
    }
    this.time(arrow, row.timeUs);
    this.lines.push(text(arrow));
  }

  /** A line of lanes with `label` around the column `middle`. */
  private labelled(label: string, middle: number, timeUs: number): string {
    const line = this.blank(true);
    const shown = clip(label, this.width - TIME - 2);
    const at = Math.round(middle - shown.length / 2);
    put(line, Math.max(TIME, Math.min(at - 1, this.width - shown.length - 2)), ` ${shown} `);
    this.time(line, timeUs);
    return text(line);
  }

  /** Beside its lane, at the right unless only the left has room; wrapped where neither has. */
  private note(row: Extract<Row, { type: "note" }>): void {
    const x = this.lanes[row.node];
    const label = `${row.step === undefined ? "" : `[${stepName(row.step)}] `}${row.text}`;
    const [before, after] = [x - TIME - 3, this.width - x - 3];
    const atLeft = label.length > after && before > after;
    for (const [i, piece] of wrap(label, atLeft ? before : after).entries()) {
      const line = this.blank(true);
      const mark = i === 0 ? "◆" : "│";
      if (atLeft) put(line, x - 2 - piece.length, ` ${piece} ${mark}`);
      else put(line, x, `${mark} ${piece} `);
      this.time(line, row.timeUs);
      this.lines.push(text(line));
    }
  }

  private fold(row: Extract<Row, { type: "fold" }>): void {
    const line = this.blank(true);
    const [left, right] = [Math.min(row.from, row.to), Math.max(row.from, row.to)].map((node) => this.lanes[node]);
    const shaft = row.kind === "data" ? "╌" : "┈";
    put(line, left + 1, shaft.repeat(right - left - 1));
    const rightwards = row.to > row.from;
    put(line, rightwards ? right - 1 : left + 1, row.kind === "lost" ? "✕" : rightwards ? "►" : "◄");
    const at = Math.round((left + right - row.text.length) / 2) - 1;
    put(line, Math.max(TIME, Math.min(at, this.width - row.text.length - 2)), ` ${row.text} `);
    this.time(line, row.timeUs);
    this.lines.push(text(line));
  }

  /** Seconds at the left of a line, once for each time. */
  private time(line: string[], timeUs: number): void {
    const seconds = `${(timeUs / 1e6).toFixed(3)} s`.padStart(TIME - 2);
    if (seconds !== this.lastTime) put(line, 0, seconds);
    this.lastTime = seconds;
  }

  private blank(withLanes: boolean, lane = "│"): string[] {
    const line = new Array<string>(this.width).fill(" ");
    if (withLanes) for (const x of this.lanes) line[x] = lane;
    return line;
  }
}

function put(line: string[], at: number, characters: string): void {
  for (const [i, character] of [...characters].entries()) {
    if (at + i >= 0 && at + i < line.length) line[at + i] = character;
  }
}

function clip(label: string, room: number): string {
  return label.length <= room ? label : `${label.slice(0, Math.max(0, room - 1))}…`;
}

/** Breaks at spaces into pieces of at most `room` characters. */
function wrap(label: string, room: number): string[] {
  const pieces: string[] = [];
  for (const word of label.split(" ")) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) pieces[pieces.length - 1] = `${last} ${word}`;
    else pieces.push(clip(word, room));
  }
  return pieces;
}

function text(line: string[]): string {
  return line.join("").trimEnd();
}
