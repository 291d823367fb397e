import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "../..");
const RUNTIME = join(ROOT, "firmware/runtime");
const NATIVE = join(ROOT, "test/bench/native");
const PAGE = 65536;

/** A tool of the build is missing or failed; the message says which and what to do. */
export class BuildError extends Error {}

/** What `wasm2c` made of an image, ready to be compiled. */
export interface Translated {
  /** Folder with image.c and image.h. */
  folder: string;
  /** 64 KiB pages of the image's memory. */
  pages: number;
}

/** An image that `npm run images` built, by its name without `.wasm`. */
export function imagePath(name: string): string {
  return join(ROOT, "build/images", `${name}.wasm`);
}

/** A folder under build/, made when it is not there. */
export function buildFolder(...path: string[]): string {
  const folder = join(ROOT, "build", ...path);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Compiles an AssemblyScript module with the options of the images and `more`; gives the path of the .wasm. */
export function compileModule(source: string, output: string, pages: number, more: string[] = []): string {
  const asc = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
  const memory = ["--initialMemory", `${pages}`, "--maximumMemory", `${pages}`];
  const options = ["--runtime", "stub", "-O3", "--noAssert", "--use", "abort=", ...memory, ...more];
  run(process.execPath, [asc, join(ROOT, source), ...options, "-o", output]);
  return output;
}

/** Translates a .wasm to C with the module name that firmware/runtime/core.h expects. */
export function translate(wasm: string, folder: string): Translated {
  mkdirSync(folder, { recursive: true });
  run("wasm2c", ["-n", "image", wasm, "-o", join(folder, "image.c")]);
  return { folder, pages: memoryPages(wasm) };
}

/** The bench's program around an image. */
export function compileImageBench(wasm: string, folder: string): string {
  const { pages } = translate(wasm, folder);
  const program = join(folder, "bench");
  const options = ["-O3", "-DNDEBUG", "-w", `-DRUNTIME_PAGES=${pages}`, `-I${folder}`, `-I${RUNTIME}`, `-I${NATIVE}`];
  const sources = [
    join(folder, "image.c"),
    join(RUNTIME, "runtime.c"),
    join(NATIVE, "core.c"),
    join(NATIVE, "bench.c"),
  ];
  run("gcc", [...options, ...sources, "-lm", "-o", program]);
  return program;
}

/** The bench's program around Debian's lwIP. */
export function compileLwipBench(folder: string): string {
  const program = join(folder, "bench");
  const sources = [join(NATIVE, "lwip.c"), join(NATIVE, "bench.c")];
  run("gcc", ["-O3", "-DNDEBUG", "-I/usr/include/lwip", ...sources, "-llwip", "-o", program]);
  return program;
}

/** Pages of the memory that an image exports. Images have no maximum above what they start with. */
export function memoryPages(wasm: string): number {
  const module = new WebAssembly.Module(readFileSync(wasm));
  const { exports } = new WebAssembly.Instance(module);
  return (exports.memory as WebAssembly.Memory).buffer.byteLength / PAGE;
}

/** Runs a tool of the build; its output is shown only when it fails. */
export function run(tool: string, args: string[]): void {
  try {
    execFileSync(tool, args, { stdio: "pipe" });
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: Buffer };
    if (code === "ENOENT") throw new BuildError(`${tool} is not installed: scripts/setup-debian installs it`);
    throw new BuildError(`${tool} failed:\n${stderr?.toString() ?? error}`);
  }
}
