/** The ladder as SVG: one file without outside fonts, styles or scripts, on a background of its own. */

import { formatSpan, type Ladder, ladderRows, type Row } from "./ladder.js";
import { stepName } from "./steps.js";

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const COLOURS = {
  paper: "#ffffff",
  ink: "#1f2937",
  faint: "#64748b",
  lane: "#cbd5e1",
  box: "#f1f5f9",
  control: "#1d4ed8",
  data: "#0f766e",
  lost: "#b91c1c",
  note: "#fef9c3",
  noteEdge: "#ca8a04",
  dataFold: "#ecfdf5",
  lostFold: "#fef2f2",
};
/** Pixels. */
const GUTTER = 84;
/** Between lanes; more where few nodes would leave no room for the legend. */
const SPACING = 190;
const LEGEND_WIDTH = 580;
const MARGIN = 20;
const HEIGHTS = { message: 42, note: 32, fold: 34, pause: 30 };
const BOX = { height: 32, gap: 18 };
const LEGEND = 44;
const STEP_RADIUS = 13;
/** About the width of a character at 12 pixels: labels must not leave the picture. */
const CHARACTER = 6.3;

export function ladderSvg(ladder: Ladder): string {
  return new Drawing(ladder).toString();
}

class Drawing {
  private readonly parts: string[] = [];
  private readonly lanes: number[];
  private readonly width: number;
  private readonly spacing: number;
  private lastTime = "";

  constructor(private readonly ladder: Ladder) {
    const count = Math.max(1, ladder.nodes.length);
    this.spacing = Math.max(SPACING, Math.round(LEGEND_WIDTH / count));
    this.lanes = ladder.nodes.map((_, i) => MARGIN + GUTTER + this.spacing * (i + 0.5));
    this.width = 2 * MARGIN + GUTTER + this.spacing * count;
  }

  toString(): string {
    const rows = ladderRows(this.ladder);
    const top = MARGIN + (this.ladder.title ? 34 : 0);
    const first = top + BOX.height + BOX.gap;
    const last = rows.reduce((y, row) => y + HEIGHTS[row.type], first) + BOX.gap;
    const height = last + BOX.height + LEGEND + MARGIN;
    if (this.ladder.title) this.text(MARGIN, MARGIN + 16, this.ladder.title, { size: 17, weight: 600 });
    for (const x of this.lanes) {
      this.parts.push(
        `<line x1="${x}" y1="${top + BOX.height}" x2="${x}" y2="${last}" stroke="${COLOURS.lane}" stroke-width="1.5"/>`,
      );
    }
    this.boxes(top);
    this.boxes(last);
    let y = first;
    for (const row of rows) {
      this.row(row, y + HEIGHTS[row.type] / 2);
      y += HEIGHTS[row.type];
    }
    this.legend(last + BOX.height + LEGEND / 2 + 4);
    const title = escapeXml(this.ladder.title ?? "ladder diagram");
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${height}" viewBox="0 0 ${this.width} ${height}" role="img" aria-label="${title}" font-family="${FONT}" font-size="12" style="color-scheme: light">
<title>${title}</title>
<rect width="${this.width}" height="${height}" rx="10" fill="${COLOURS.paper}"/>
${this.parts.join("\n")}
</svg>
`;
  }

  private boxes(y: number): void {
    for (const [i, x] of this.lanes.entries()) {
      const name = this.clip(this.ladder.nodes[i], this.spacing - 30);
      const width = Math.max(64, name.length * 7.5 + 28);
      this.parts.push(
        `<rect x="${n(x - width / 2)}" y="${y}" width="${n(width)}" height="${BOX.height}" rx="8" fill="${COLOURS.box}" stroke="${COLOURS.lane}"/>`,
      );
      this.text(x, y + 21, name, { size: 13, weight: 600, anchor: "middle" });
    }
  }

  private row(row: Row, y: number): void {
    if (row.type !== "pause") this.time(row.timeUs, row.type === "message" ? y + 12 : y + 4);
    if (row.type === "message") this.message(row, y + 8);
    else if (row.type === "note") this.note(row, y);
    else if (row.type === "fold") this.fold(row, y);
    else this.pause(row, y);
  }

  private message(row: Extract<Row, { type: "message" }>, y: number): void {
    const [from, to] = [this.lanes[row.from], this.lanes[row.to]];
    const direction = Math.sign(to - from);
    const colour = COLOURS[row.kind];
    const lost = row.kind === "lost";
    const end = lost ? from + (to - from) * 0.72 : to - direction * 2;
    const dash = row.kind === "data" ? ' stroke-dasharray="7 4"' : lost ? ' stroke-dasharray="2 4"' : "";
    this.parts.push(
      `<g><title>${escapeXml(`${(row.timeUs / 1e6).toFixed(6)} s: ${row.text}`)}</title>`,
      `<line x1="${from}" y1="${y}" x2="${n(lost ? end : end - direction * 7)}" y2="${y}" stroke="${colour}" stroke-width="1.8"${dash}/>`,
      lost ? cross(end, y) : `<path d="M${n(end)} ${y}l${-direction * 10} -5v10z" fill="${colour}"/>`,
      `<circle cx="${from}" cy="${y}" r="2.6" fill="${colour}"/>`,
    );
    if (row.step !== undefined) this.step(from + direction * (STEP_RADIUS + 9), y, row.step, colour);
    const label = row.count > 1 ? `${row.text} ×${row.count}` : row.text;
    // A label that would touch the step's circle goes above it.
    const crowded = row.step !== undefined && label.length * CHARACTER > Math.abs(to - from) - 4 * STEP_RADIUS - 24;
    this.label((from + to) / 2 + (row.step === undefined ? 0 : direction * 8), y - (crowded ? 17 : 8), label, colour);
    this.parts.push("</g>");
  }

  private note(row: Extract<Row, { type: "note" }>, y: number): void {
    const x = this.lanes[row.node];
    const room = this.width - 2 * MARGIN - GUTTER;
    const shown = this.clip(row.text, room - 60);
    const step = row.step === undefined ? 0 : 2 * STEP_RADIUS;
    const width = shown.length * CHARACTER + 20 + step;
    const left = this.within(x - 18, width);
    const style = `fill="${COLOURS.note}" stroke="${COLOURS.noteEdge}" stroke-opacity="0.55"`;
    this.parts.push(`<g><title>${escapeXml(row.text)}</title>`);
    this.parts.push(`<rect x="${n(left)}" y="${y - 12}" width="${n(width)}" height="24" rx="12" ${style}/>`);
    // A box that had to move away from its lane points at it.
    if (left !== x - 18) this.parts.push(`<path d="M${n(x - 5)} ${y - 12}l5 -5l5 5" ${style}/>`);
    if (row.step !== undefined) this.step(left + STEP_RADIUS - 1, y, row.step, COLOURS.noteEdge);
    this.text(left + 10 + step, y + 4, shown, { fill: COLOURS.ink });
    this.parts.push("</g>");
  }

  private fold(row: Extract<Row, { type: "fold" }>, y: number): void {
    const [left, right] = [Math.min(row.from, row.to), Math.max(row.from, row.to)].map((node) => this.lanes[node]);
    const colour = COLOURS[row.kind];
    const point = 11;
    const tip = row.to > row.from ? right : left;
    const tail = row.to > row.from ? left : right;
    const neck = tip - Math.sign(tip - tail) * point;
    this.parts.push(
      `<path d="M${tail} ${y - 11}H${neck}L${tip} ${y}L${neck} ${y + 11}H${tail}z" fill="${row.kind === "lost" ? COLOURS.lostFold : COLOURS.dataFold}" stroke="${colour}" stroke-opacity="0.45"/>`,
    );
    this.label((left + right) / 2, y + 4, row.text, colour, false);
  }

  private pause(row: Extract<Row, { type: "pause" }>, y: number): void {
    for (const x of this.lanes) {
      this.parts.push(
        `<line x1="${x}" y1="${y - 8}" x2="${x}" y2="${y + 8}" stroke="${COLOURS.paper}" stroke-width="4"/>`,
      );
      for (const dot of [-5, 0, 5])
        this.parts.push(`<circle cx="${x}" cy="${y + dot}" r="1.4" fill="${COLOURS.faint}"/>`);
    }
    this.text(MARGIN + GUTTER - 14, y + 4, formatSpan(row.durationUs), {
      fill: COLOURS.faint,
      anchor: "end",
      italic: true,
    });
    this.lastTime = "";
  }

  /** A step number in a circle, as in the figures of the seeds. */
  private step(x: number, y: number, step: number, colour: string): void {
    this.parts.push(`<circle cx="${n(x)}" cy="${y}" r="${STEP_RADIUS}" fill="${colour}"/>`);
    this.text(x, y + 3.6, stepName(step), {
      size: step < 1000 ? 10.5 : 9.5,
      weight: 600,
      fill: COLOURS.paper,
      anchor: "middle",
    });
  }

  /** Centred text that stays inside the picture and keeps lanes away from its letters. */
  private label(x: number, y: number, text: string, fill: string, halo = true): void {
    const shown = this.clip(text, this.width - 2 * MARGIN - GUTTER);
    const width = shown.length * CHARACTER;
    const left = this.within(x - width / 2, width);
    this.text(left + width / 2, y, shown, { fill, anchor: "middle", halo });
  }

  /** The left edge moved so far that `width` fits between the times and the right margin. */
  private within(left: number, width: number): number {
    return Math.max(MARGIN + GUTTER, Math.min(left, this.width - MARGIN - width));
  }

  private time(timeUs: number, y: number): void {
    const time = `${(timeUs / 1e6).toFixed(3)} s`;
    if (time !== this.lastTime)
      this.text(MARGIN + GUTTER - 14, y, time, { size: 11, fill: COLOURS.faint, anchor: "end" });
    this.lastTime = time;
  }

  private legend(y: number): void {
    let x = MARGIN + GUTTER;
    const entry = (width: number, mark: string, text: string) => {
      this.parts.push(mark);
      this.text(x + width + 8, y + 4, text, { size: 11.5, fill: COLOURS.faint });
      x += width + 8 + text.length * 6 + 26;
    };
    const line = (colour: string, dash: string) =>
      `<line x1="${n(x)}" y1="${y}" x2="${n(x + 34)}" y2="${y}" stroke="${colour}" stroke-width="1.8"${dash && ` stroke-dasharray="${dash}"`}/>`;
    const arrow = (colour: string) => `<path d="M${n(x + 38)} ${y}l-9 -4.5v9z" fill="${colour}"/>`;
    entry(38, line(COLOURS.control, "") + arrow(COLOURS.control), "control");
    entry(38, line(COLOURS.data, "7 4") + arrow(COLOURS.data), "data");
    entry(42, line(COLOURS.lost, "2 4") + cross(x + 36, y), "lost");
    this.step(x + STEP_RADIUS, y, 501, COLOURS.control);
    entry(2 * STEP_RADIUS, "", "step of the seeds");
    entry(
      30,
      `<rect x="${n(x)}" y="${y - 8}" width="30" height="16" rx="8" fill="${COLOURS.note}" stroke="${COLOURS.noteEdge}" stroke-opacity="0.55"/>`,
      "inside a node",
    );
  }

  private clip(text: string, width: number): string {
    const room = Math.floor(width / CHARACTER);
    return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
  }

  private text(x: number, y: number, text: string, style: TextStyle = {}): void {
    const attributes = [
      `x="${n(x)}"`,
      `y="${n(y)}"`,
      `fill="${style.fill ?? COLOURS.ink}"`,
      style.size && `font-size="${style.size}"`,
      style.weight && `font-weight="${style.weight}"`,
      style.anchor && `text-anchor="${style.anchor}"`,
      style.italic && 'font-style="italic"',
      style.halo && `stroke="${COLOURS.paper}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"`,
    ];
    this.parts.push(`<text ${attributes.filter(Boolean).join(" ")}>${escapeXml(text)}</text>`);
  }
}

interface TextStyle {
  size?: number;
  weight?: number;
  fill?: string;
  anchor?: "middle" | "end";
  italic?: boolean;
  halo?: boolean;
}

function cross(x: number, y: number): string {
  const arm = 5;
  return `<path d="M${n(x - arm)} ${y - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}" stroke="${COLOURS.lost}" stroke-width="2.4" stroke-linecap="round"/>`;
}

/** A number with at most one decimal: short files, the same everywhere. */
function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Text for XML; control characters, which XML cannot hold, become "?". */
function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replace(/\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, "?");
}
