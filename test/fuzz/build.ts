import { execFile } from "node:child_process";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { BuildError, buildFolder, ROOT } from "../bench/build.js";
import { type Change, instrument } from "./instrument.js";
import { translateUnderTest } from "./translate.js";

const RUNTIME = join(ROOT, "firmware/runtime");
const NATIVE = join(ROOT, "test/fuzz/native");
/** The memory's numbers are pointers made of an integer: what a compiler may assume about them is not asked. */
const SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize=alignment,null,pointer-overflow"];
const OPTIONS = ["-O1", "-gline-tables-only", "-fno-omit-frame-pointer", "-fno-sanitize-recover=undefined"];
/** Parts of the harness that all targets share. */
const COMMON = ["under_test.c", "node.c", "frames.c", "checksums.c"];
/** For linkFuzzer: comparisons with constants are not remembered, which spares a third of the time where the seeds hold them. */
export const WITHOUT_CONSTANTS = `-Wl,${[1, 2, 4, 8].map((size) => `--wrap=__sanitizer_cov_trace_const_cmp${size}`).join()}`;
/** Where the linear memory lies in the address space; below what AddressSanitizer uses itself. */
const MEMORY_AT = "0x200000000000";
/** Where asc puts the first datum: what lies below is closed, null pointers point there (but for the bells of instrument.ts). */
const FIRST_DATUM = 4096 + 64;
/** A board's image has one page; the second is for the gaps. */
const PAGES = 2;

/** Modules to be fuzzed: the images with entries to their parsers, and parsers that need no engine; some take any ICV and authenticator. */
export const SUBJECTS = [
  ...["host", "host-unsealed", "router", "home-agent", "home-agent-unsealed", "terminal"],
  ...["boundary-router-unsealed", "wire", "ipsec"],
] as const;
export type SubjectName = (typeof SUBJECTS)[number];

/** A module under test, compiled to an object file. */
export interface Subject {
  /** The WebAssembly: what a setup is recorded on. */
  wasm: string;
  flags: string[];
  /** It and the parts of the harness that all targets share. */
  objects: string[];
}

/** Runs a tool of the build; its output is shown only when it fails. */
export async function tool(name: string, args: string[]): Promise<void> {
  try {
    await promisify(execFile)(name, args, { maxBuffer: 1 << 26 });
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: string };
    if (code === "ENOENT") throw new BuildError(`${name} is not installed: scripts/setup-debian installs it`);
    throw new BuildError(`${name} failed:\n${stderr ?? error}`);
  }
}

/** Every ICV and every authenticator is good, so that inputs reach what is behind it. */
const UNSEALED: Change = { replace: [["return difference == 0;", "return difference >= 0;"]] };

const compiled = new Map<string, Promise<Subject>>();

/** Compiles test/fuzz/assembly/NAME.ts with all that it imports; once, however often it is asked for. */
export function compileSubject(name: SubjectName): Promise<Subject> {
  let subject = compiled.get(name);
  if (!subject) {
    const image = name.replace("-unsealed", "");
    const change: Record<string, Change> = image === name ? {} : { "crypto/equal.ts": UNSEALED };
    const source = instrument(name, ["assembly", "test/fuzz/assembly"], `test/fuzz/assembly/${image}.ts`, change);
    subject = compile(name, source, []);
    compiled.set(name, subject);
  }
  return subject;
}

/** Compiles the self-test's module with one planted error. */
export function compilePlanted(bug: number): Promise<Subject> {
  const name = `planted-${bug}`;
  const source = instrument(name, ["test/fuzz/assembly"], "test/fuzz/assembly/planted.ts");
  return compile(name, source, ["--use", `BUG=${bug}`]);
}

/** Compiles the host with an error planted in its engine. */
export function compileBroken(name: string, planted: Record<string, Change>): Promise<Subject> {
  const source = instrument(name, ["assembly", "test/fuzz/assembly"], "test/fuzz/assembly/host.ts", planted);
  return compile(name, source, []);
}

async function compile(name: string, source: string, more: string[]): Promise<Subject> {
  const folder = buildFolder("fuzz", name);
  const wasm = join(folder, "image.wasm");
  const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
  const memory = ["--initialMemory", `${PAGES}`, "--maximumMemory", `${PAGES}`, "--memoryBase", `${FIRST_DATUM}`];
  const options = ["--runtime", "stub", "-O3", "--noAssert", "--debug", "--use", "abort=", ...memory, ...more];
  await tool(process.execPath, [asc, join(ROOT, source), ...options, "-o", wasm]);
  await tool("wasm2c", ["-n", "image", wasm, "-o", join(folder, "image.c")]);
  translateUnderTest(join(folder, "image.c"));
  const constants = { FIRST_DATUM, RUNTIME_PAGES: PAGES, RUNTIME_AT: MEMORY_AT, WASM_RT_MEMCHECK_SIGNAL_HANDLER: 1 };
  const defines = Object.entries(constants).map(([key, value]) => `-D${key}=${value}`);
  const flags = [...OPTIONS, ...SANITIZERS, ...defines, `-I${folder}`, `-I${RUNTIME}`, `-I${NATIVE}`];
  const object = ["-w", "-fsanitize=fuzzer-no-link", "-c", join(folder, "image.c"), "-o", join(folder, "image.o")];
  await tool("clang", [...flags, ...object]);
  await tool("clang", ["-O2", "-fno-builtin", "-c", join(NATIVE, "raw.c"), "-o", join(folder, "raw.o")]);
  const objects = ["image.o", "raw.o"].map((file) => join(folder, file));
  for (const source of [join(RUNTIME, "runtime.c"), ...COMMON.map((file) => join(NATIVE, file))]) {
    const compiled = join(folder, `${basename(source, ".c")}.o`);
    await tool("clang", [...flags, "-Wall", "-Wextra", "-c", source, "-o", compiled]);
    objects.push(compiled);
  }
  return { wasm, flags, objects };
}

/** Links libFuzzer, a subject and a harness of native/; gives the program's path. */
export async function linkFuzzer(subject: Subject, name: string, harness: string[], options: string[] = []) {
  const program = join(dirname(subject.wasm), name);
  const sources = harness.map((file) => join(NATIVE, file));
  const link = ["-Wall", "-Wextra", ...options, "-fsanitize=fuzzer", ...sources, ...subject.objects, "-o", program];
  await tool("clang", [...subject.flags, ...link]);
  return program;
}

/** Links libFuzzer and plain C, given by its path in the repository; coverage is counted in all of it. */
export async function linkNative(name: string, sources: string[], defines: string[] = []): Promise<string> {
  const program = join(buildFolder("fuzz", "native"), name);
  const flags = [...OPTIONS, "-fsanitize=fuzzer,address,undefined", "-Wall", "-Wextra", ...defines];
  const include = ["firmware", "firmware/drivers", "test/fuzz/native/c"].map((folder) => `-I${join(ROOT, folder)}`);
  await tool("clang", [...flags, ...include, ...sources.map((file) => join(ROOT, file)), "-o", program]);
  return program;
}
