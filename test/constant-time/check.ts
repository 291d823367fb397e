import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BuildError, buildFolder, compileModule, memoryPages, ROOT, run, translate } from "../bench/build.js";
import { conditionLines, conditions, functionLines } from "../proof/conditions.js";
import { SourceMap } from "../proof/source-map.js";
import { Wasm } from "../proof/wasm.js";
import type { Subject } from "./subjects.js";

const RUNTIME = join(ROOT, "firmware/runtime");
const DRIVER = join(ROOT, "test/constant-time/native/driver.c");
/** As boards are built, and as fast code is. */
export const COMPILERS: readonly [compiler: string, optimize: string][] = [
  ["gcc", "-O2"],
  ["gcc", "-Os"],
  ["clang", "-O2"],
  ["clang", "-Os"],
];
/** Debian's valgrind does not read what clang writes of DWARF 5. */
const NATIVE = [
  "-w",
  "-gdwarf-4",
  "-DNDEBUG",
  "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0",
  "-DWASM_RT_USE_STACK_DEPTH_COUNT=0",
];
/** Exit status of driver.c. */
const NOT_USED = 3;

/** Something that depends on a secret and shows in time. */
export interface Leak {
  /** A jump, or an address. */
  kind: "jump" | "address";
  /** The function of the module in which it is, and the line of the generated C. */
  function: string;
  line: number;
  /** The function of the sources; unknown when it is no plain condition. */
  source?: string;
}

/** Compiles the subject's module as images are, and its C with every compiler; gives what memcheck says of each. */
export function check(subject: Subject): Map<string, Leak[]> {
  const folder = buildFolder("constant-time", subject.name.replaceAll(" ", "-"));
  const wasm = join(folder, "image.wasm");
  const uses = (subject.use ?? []).flatMap((use) => ["--use", use]);
  compileModule(`test/constant-time/assembly/${subject.module}.ts`, wasm, 1, [
    "--shrinkLevel",
    "2",
    "--debug",
    "--sourceMap",
    ...uses,
  ]);
  translate(wasm, folder);
  const sources = sourcesOfConditions(wasm, join(folder, "image.c"));
  const found = new Map<string, Leak[]>();
  for (const [compiler, optimize] of COMPILERS) {
    const program = join(folder, `${compiler}${optimize}`);
    const options = [...NATIVE, optimize, `-DRUNTIME_PAGES=${memoryPages(wasm)}`, `-I${folder}`, `-I${RUNTIME}`];
    run(compiler, [...options, join(folder, "image.c"), join(RUNTIME, "runtime.c"), DRIVER, "-o", program]);
    const reported = memcheck(subject, program);
    const told = reported.map((leak) => ({
      ...leak,
      source: leak.kind === "jump" ? sources.get(leak.line) : undefined,
    }));
    found.set(`${compiler} ${optimize}`, told);
  }
  return found;
}

/** By line of the C: the function of the sources whose condition it is. */
function sourcesOfConditions(path: string, source: string): Map<number, string> {
  const wasm = new Wasm(readFileSync(path));
  const map = new SourceMap(`${path}.map`);
  const starts = functionLines(source);
  const found = new Map<number, string>();
  for (const [i, fn] of wasm.functions.entries()) {
    const places = conditions(wasm, map, fn);
    const lines = conditionLines(source, starts[i]);
    if (lines.length !== places.length) throw new Error(`${fn.name}: ${lines.length} conditions, not ${places.length}`);
    for (const [n, line] of lines.entries()) {
      const place = places[n]?.place;
      const name = place && functionAt(place.file, place.line);
      if (name) found.set(line, name);
    }
  }
  return found;
}

/** The function of a source file that a line belongs to. */
function functionAt(file: string, line: number): string | undefined {
  if (file.startsWith("~lib")) return undefined;
  const above = readFileSync(join(ROOT, file), "utf8").split("\n").slice(0, line);
  const starts = above.map((text) => /^(?:export )?function (\w+)/.exec(text)?.[1]);
  return starts.findLast((name) => name !== undefined);
}

function memcheck({ name }: Subject, program: string): Leak[] {
  const report = `${program}.xml`;
  const options = ["-q", "--error-limit=no", "--read-inline-info=yes", "--xml=yes", `--xml-file=${report}`];
  const { status, error, stderr } = spawnSync("valgrind", [...options, program], { encoding: "utf8" });
  if ((error as NodeJS.ErrnoException)?.code === "ENOENT") {
    throw new BuildError("valgrind is not installed: scripts/setup-debian installs it");
  }
  if (status !== 0 && status !== NOT_USED) throw new Error(`${name}: ended with ${status}: ${stderr}`);
  const found = leaks(readFileSync(report, "utf8"));
  if (status === NOT_USED && found.length === 0) {
    throw new Error(`${name}: nothing depends on the secret, neither jumps nor the result: it is not used`);
  }
  return found;
}

/** The errors of valgrind's XML report; their innermost frame says where. */
export function leaks(xml: string): Leak[] {
  const errors = [...xml.matchAll(/<error>([\s\S]*?)<\/error>/g)].map(([, text]) => text);
  return errors.map((text) => {
    const kind = /<kind>(\w+)<\/kind>/.exec(text)?.[1];
    if (kind !== "UninitCondition" && kind !== "UninitValue") throw new Error(`memcheck reports ${kind}: ${text}`);
    const frames = [...text.matchAll(/<fn>(\w+)<\/fn>[\s\S]*?<line>(\d+)<\/line>/g)];
    // Loads and stores are functions of the C, which compare an address with the memory's size. The first frame of the module says
    // whose they are.
    const at = frames.findIndex(([, name]) => name.startsWith("w2c_"));
    const [, name, line] = frames[Math.max(at, 0)];
    const own = at === 0 && kind === "UninitCondition";
    return { kind: own ? "jump" : "address", function: name.replace(/^w2c_/, ""), line: Number(line) };
  });
}
