import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { translateImage } from "../../../host-sim/boards/image-source.js";
import { abiHeader } from "../../../host-sim/boards/names.js";
import { BuildError, buildFolder, imagePath, ROOT, run } from "../build.js";
import type { Case, Tape } from "../tape.js";
import { encodeCases } from "../tape.js";
import type { Machine } from "./machines.js";

const NATIVE = join(ROOT, "test/bench/boards/native");
const RUNTIME = join(ROOT, "firmware/runtime");
const LWIP = join(ROOT, "build/bench/lwip-source");

/** What is compiled: an image of build/images, or lwIP. */
export type Subject = { image: string } | "lwip";

/** Compiles a subject with the bench's program for a machine; gives the objects to link, which depend on no tape. */
export function compileSubject(machine: Machine, level: string, subject: Subject): string[] {
  const name = subject === "lwip" ? "lwip" : subject.image;
  const folder = buildFolder("bench/boards", machine.name, level, name);
  const optimize = level === "O2" ? machine.fast : [`-${level}`];
  const flags = [...machine.flags, ...optimize, "-g", "-DNDEBUG", "-w", `-I${NATIVE}`, ...includes(subject, folder)];
  const board = readdirSync(join(NATIVE, machine.folder)).filter((file) => /\.[cS]$/.test(file));
  const sources = [
    join(NATIVE, "main.c"),
    ...board.map((file) => join(NATIVE, machine.folder, file)),
    ...own(subject, folder),
  ];
  return sources.map((source) => {
    const object = join(folder, `${source.replace(/^.*\//, "").replace(/\.\w+$/, "")}.o`);
    run(`${machine.compiler}-gcc`, [...flags, "-c", source, "-o", object]);
    return object;
  });
}

/** Flags that the subject needs; an image is translated here. */
function includes(subject: Subject, folder: string): string[] {
  if (subject === "lwip") {
    writeFileSync(join(folder, "abi.h"), abiHeader());
    return [`-I${join(NATIVE, "lwip")}`, `-I${join(lwipSource(), "include")}`, `-I${folder}`];
  }
  return translated(imagePath(subject.image), folder);
}

/** Translates an image and gives the flags that it is compiled with. */
function translated(wasm: string, folder: string): string[] {
  const { pages, table } = translateImage(wasm, folder);
  const runtime = ["-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0", "-DWASM_RT_USE_STACK_DEPTH_COUNT=0"];
  return [...runtime, `-DRUNTIME_PAGES=${pages}`, `-DRUNTIME_TABLE=${table}`, `-I${folder}`, `-I${RUNTIME}`];
}

function own(subject: Subject, folder: string): string[] {
  if (subject !== "lwip") return [join(NATIVE, "core.c"), join(RUNTIME, "runtime.c"), join(folder, "image.c")];
  const source = lwipSource();
  const parts = ["core", "core/ipv6"].flatMap((part) =>
    readdirSync(join(source, part))
      .filter((file) => file.endsWith(".c"))
      .map((file) => join(source, part, file)),
  );
  return [join(NATIVE, "lwip.c"), ...parts, join(source, "netif/ethernet.c")];
}

/** Links a subject with a tape and cases; gives the program. */
export function link(
  machine: Machine,
  objects: string[],
  folder: string,
  tape: Tape,
  cases: readonly Case[][],
): string {
  const data = join(folder, "tape.S");
  writeFileSync(join(folder, "setup.bin"), tape.encode());
  writeFileSync(join(folder, "cases.bin"), sized(cases));
  const blob = (name: string, file: string) =>
    `  .section .rodata.${name}\n  .balign 4\n  .globl ${name}\n${name}:\n  .incbin "${join(folder, file)}"\n`;
  writeFileSync(data, blob("tape_setup", "setup.bin") + blob("tape_cases", "cases.bin"));
  const elf = join(folder, "bench.elf");
  const script = ["-T", join(NATIVE, machine.folder, "link.ld")];
  run(`${machine.compiler}-gcc`, [...machine.flags, ...objects, data, ...script, "-o", elf]);
  return elf;
}

/** Links a module with a program of native/ that calls its exports. */
export function linkModule(machine: Machine, level: string, wasm: string, program: string, folder: string): string {
  const elf = join(folder, "bench.elf");
  const board = readdirSync(join(NATIVE, machine.folder)).filter((file) => /\.[cS]$/.test(file));
  const sources = [
    ...board.map((file) => join(NATIVE, machine.folder, file)),
    ...[join(NATIVE, program), join(RUNTIME, "runtime.c")],
  ];
  const optimize = level === "O2" ? machine.fast : [`-${level}`];
  const flags = [...machine.flags, ...optimize, "-DNDEBUG", "-w", `-I${NATIVE}`, ...translated(wasm, folder)];
  const script = ["-T", join(NATIVE, machine.folder, "link.ld")];
  run(`${machine.compiler}-gcc`, [...flags, ...sources, join(folder, "image.c"), ...script, "-o", elf]);
  return elf;
}

/** What tape and cases take of a linked program. */
export function tapeBytes(folder: string): number {
  return ["setup.bin", "cases.bin"].reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/** The number of sizes, how many words each size's cases begin behind the first word, the cases. */
function sized(cases: readonly Case[][]): Buffer {
  const parts = cases.map(encodeCases);
  const head = Buffer.alloc(4 * (1 + parts.length));
  head.writeUInt32LE(parts.length, 0);
  let at = head.length;
  parts.forEach((part, i) => {
    head.writeUInt32LE(at / 4, 4 + 4 * i);
    at += part.length;
  });
  return Buffer.concat([head, ...parts]);
}

/** Folder of lwIP's sources, fetched when they are not there yet. */
function lwipSource(): string {
  if (!existsSync(join(LWIP, "VERSION"))) run(join(ROOT, "scripts/fetch-lwip"), [LWIP]);
  return join(LWIP, "src");
}

/** Debian's version of the lwIP that was compiled. */
export function lwipVersion(): string {
  const file = join(LWIP, "VERSION");
  if (!existsSync(file)) throw new BuildError("lwIP's sources are missing: scripts/fetch-lwip build/bench/lwip-source");
  return readFileSync(file, "utf8").trim();
}
