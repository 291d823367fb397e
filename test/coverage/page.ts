import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../bench/build.js";
import { type FileCoverage, percent, type Share, type Summary } from "./summary.js";

const STYLE = `body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}td,th{padding:2px 10px;text-align:right}
td:first-child,th:first-child{text-align:left}tr.room{font-weight:bold;background:#eee}pre{font:12px monospace;line-height:1.4}
.part{background:#fff1c2}.none{background:#ffd7d5}i{color:#888;font-style:normal;user-select:none}`;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function row(name: string, share: Share, kind = ""): string {
  const cells = [
    `${share.functionsRun}/${share.functions}`,
    `${share.branchesTaken}/${share.branches}`,
    percent(share.branchesTaken, share.branches),
  ];
  return `<tr class="${kind}"><td>${name}</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

/** One HTML page without anything from outside: the table, then every source with its missing branches marked. */
export function page(summary: Summary): string {
  const rows = [...summary.rooms].flatMap(([room, share]) => [
    row(room, share, "room"),
    ...summary.files
      .filter(({ file }) => file.startsWith(`${room}/`) || file === room)
      .map((file) => row(`<a href="#${file.file}">${file.file}</a>`, file)),
  ]);
  const head = "<tr><th>source</th><th>functions</th><th>branches</th><th>taken</th></tr>";
  const table = `<table>${head}${rows.join("\n")}${row("all", summary.total, "room")}</table>`;
  const legend = "<p>Yellow: a condition of the line was only true or only false. Red: one was never evaluated.</p>";
  return `<!doctype html><meta charset="utf-8"><title>Coverage of assembly/</title><style>${STYLE}</style>
<h1>Branch coverage of assembly/</h1>${table}${legend}${summary.files.map(source).join("\n")}`;
}

function source(file: FileCoverage): string {
  const lines = readFileSync(join(ROOT, file.file), "utf8").trimEnd().split("\n");
  const marked = lines.map((text, i) => {
    const here = file.conditions.filter(({ line }) => line === i + 1);
    const missing = here.filter(({ yes, no }) => yes === 0 || no === 0);
    const kind = missing.some(({ yes, no }) => yes === 0 && no === 0) ? "none" : missing.length > 0 ? "part" : "";
    const why = missing
      .map(({ column, yes, no }) => `column ${column}: ${yes} times true, ${no} times false`)
      .join("; ");
    const number = `<i>${String(i + 1).padStart(4)} </i>`;
    return kind === ""
      ? number + escaped(text)
      : `${number}<span class="${kind}" title="${why}">${escaped(text)}</span>`;
  });
  const idle = [
    ...file.notRun.map((name) => `${name} never ran`),
    ...file.notCompiled.map((n) => `${n} is in no image`),
  ];
  const note = idle.length > 0 ? `<p>${escaped(idle.join("; "))}</p>` : "";
  return `<h2 id="${file.file}">${file.file}</h2>${note}<pre>${marked.join("\n")}</pre>`;
}
