import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { translateImage } from "../../host-sim/boards/image-source.js";
import { runTool } from "../../host-sim/boards/tools.js";
import { buildFolder, ROOT } from "../bench/build.js";
import { controlSize } from "./v8.js";

const RUNTIME = join(ROOT, "firmware/runtime");
export const NATIVE = join(ROOT, "test/machines/native");
const TAPE = join(ROOT, "test/bench/native/tape.h");
/** Of every machine. */
const SOURCES = [join(NATIVE, "replay.c"), join(RUNTIME, "runtime.c")];
const OPTIONS = ["-DNDEBUG", "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0", "-DWASM_RT_USE_STACK_DEPTH_COUNT=0"];

/** How a machine's program is made. */
export interface Toolchain {
  gcc: string;
  /** Debian packages that the compiler and its library are in. */
  packages: string[];
  flags: string[];
  linkFlags: string[];
  /** The machine's own files. */
  sources: string[];
}

/** Translates an image and links it with replay.c; gives the program's path. The same inputs are built once. */
export function compile(name: string, wasm: string, costs: boolean, chain: Toolchain): string {
  const { gcc, packages, flags, linkFlags, sources } = chain;
  const files = [...SOURCES, ...sources];
  const hash = createHash("sha256")
    .update(readFileSync(wasm))
    .update(JSON.stringify([chain, costs]));
  const headers = ["core.h", "memory.h", "runtime.h"].map((header) => join(RUNTIME, header));
  const translator = join(ROOT, "host-sim/boards/image-source.ts");
  const scripts = linkFlags.filter((flag) => existsSync(flag));
  const used = [...files, ...headers, ...scripts, translator, join(NATIVE, "machine.h"), TAPE];
  for (const file of used) hash.update(readFileSync(file));
  const folder = buildFolder("machines", name, hash.digest("hex").slice(0, 16));
  const program = join(folder, "replay.elf");
  if (existsSync(program)) return program;
  const { pages, table } = translateImage(wasm, folder);
  const constants = [`-DRUNTIME_PAGES=${pages}`, `-DRUNTIME_TABLE=${table}`, `-DCONTROL_SIZE=${controlSize(pages)}`];
  const includes = [`-I${folder}`, `-I${RUNTIME}`, `-I${NATIVE}`];
  const common = [...flags, "-g", "-ffunction-sections", "-fdata-sections", ...OPTIONS, ...constants, ...includes];
  const image = join(folder, "image.o");
  // Generated code: its warnings say nothing.
  runTool(gcc, [...common, "-w", "-c", join(folder, "image.c"), "-o", image], packages);
  const measure = costs ? ["-DMEASURE"] : [];
  const linked = join(folder, "linked.elf");
  const warnings = ["-Wall", "-Wextra"];
  runTool(
    gcc,
    [...common, ...warnings, ...measure, ...files, image, "-Wl,--gc-sections", ...linkFlags, "-o", linked],
    packages,
  );
  renameSync(linked, program);
  return program;
}
