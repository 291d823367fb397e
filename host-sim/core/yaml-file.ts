/** A YAML file as plain data, with a way back from a path in the data to the line in the file. */
import { readFileSync } from "node:fs";
import { isMap, isPair, isScalar, LineCounter, type Node, type Pair, parseDocument } from "yaml";

export type Path = (string | number)[];

/** What is wrong with a file, where, and what was expected. */
export interface Problem {
  line: number;
  column: number;
  path: Path;
  message: string;
}

/** Problems that a message shows. */
const SHOWN = 20;

/** The file is not what it should be. `message` has a line for each problem: `FILE:LINE:COLUMN: path: what was expected`. */
export class FileError extends Error {
  override name = "FileError";

  constructor(
    readonly file: string,
    readonly problems: Problem[],
  ) {
    const lines = problems.slice(0, SHOWN).map(({ line, column, path, message }) => {
      const where = path.length > 0 ? `${formatPath(path)}: ` : "";
      return `${file}:${line}:${column}: ${where}${message}`;
    });
    if (problems.length > SHOWN) lines.push(`${file}: ${problems.length - SHOWN} more problems`);
    super(lines.join("\n"));
  }
}

/** `nodes.ha.ports.home`, `moves[2].to`. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : text === "" ? part : `${text}.${part}`),
    "",
  );
}

export class YamlFile {
  readonly data: unknown;
  private readonly lines = new LineCounter();
  private readonly document;

  /** Throws `FileError` where the text is not YAML. */
  constructor(
    readonly file: string,
    text: string,
  ) {
    this.document = parseDocument(text, { lineCounter: this.lines, uniqueKeys: true, prettyErrors: false });
    const problems = [...this.document.errors, ...this.document.warnings].map(({ pos, message }) => {
      const { line, col } = this.lines.linePos(pos[0]);
      return { line, column: col, path: [], message };
    });
    if (problems.length > 0) throw new FileError(file, problems);
    this.data = this.document.toJS();
  }

  /** A problem at a path: at the value, or at the key where the value itself is what is unwanted. */
  problem(path: Path, message: string, at: "key" | "value" = "value"): Problem {
    const offset = this.offset(path, at);
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col, path, message };
  }

  /** Where `path` is, or the nearest thing above it that is there. */
  private offset(path: Path, at: "key" | "value"): number {
    let node: unknown = this.document.contents;
    let offset = start(node);
    for (const [i, part] of path.entries()) {
      const pair: Pair | undefined = isMap(node)
        ? node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
        : undefined;
      const last = i === path.length - 1;
      const next: unknown = pair ? pair.value : this.document.getIn(path.slice(0, i + 1), true);
      if (last && at === "key" && pair) return start(pair.key) ?? offset ?? 0;
      offset = start(next) ?? (isPair(pair) ? start(pair.key) : undefined) ?? offset;
      node = next;
    }
    return offset ?? 0;
  }
}

function start(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/** Reads a file. Throws `FileError` where it is missing or not YAML. */
export function readYaml(file: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "no such file" : (error as Error).message;
    throw new FileError(file, [{ line: 1, column: 1, path: [], message: why }]);
  }
  return new YamlFile(file, text);
}
