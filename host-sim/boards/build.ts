/** A firmware: an image through wasm2c, the main loop, a board's port and a configuration, compiled and linked for the board. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Image, imageFile, loadImage } from "../core/image.js";
import { ROOT } from "../core/root.js";
import type { Board, Form } from "./board.js";
import { completeBoot2 } from "./boot2.js";
import { entryOf, sectionsOf } from "./elf.js";
import { espBody, finishEspImage, segmentsOf } from "./esp-image.js";
import { MAGIC, seal } from "./firmware.js";
import { type ImageSource, translateImage } from "./image-source.js";
import { abiHeader } from "./names.js";
import { measure, type Sizes, tooLarge } from "./sizes.js";
import { runTool } from "./tools.js";
import { uf2 } from "./uf2.js";

const FIRMWARE = join(ROOT, "firmware");
const DRIVERS = join(FIRMWARE, "drivers");
const WARNINGS = ["-Wall", "-Wextra"];

export interface Built {
  /** The file that is flashed, as the board wants it. */
  bytes: Buffer;
  /** The linked program, with its symbols. */
  elf: string;
  hash: string;
  sizes: Sizes;
}

/** The firmware does not fit the board. */
export class DoesNotFit extends Error {
  override name = "DoesNotFit";
}

/**
 * Builds into build/boards/BOARD/IMAGE. Throws `DoesNotFit`, `ImageError`, `MissingTool` or `ToolFailed`.
 * @param messages configuration, from `boardConfiguration`
 * @param form one of the board's
 */
export function buildFirmware(board: Board, imageName: string, messages: Uint8Array, form = board.output): Built {
  const image = loadImage(imageName);
  const folder = join(ROOT, "build", "boards", board.name, imageName);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "abi.h"), abiHeader());
  writeFileSync(join(folder, "configuration.c"), configurationSource(board, image, messages));
  const compiler = new Compiler(board, folder);
  const source = compiler.image(image);
  const elf = compiler.link(source);
  const sizes = measure(readFileSync(elf), source.pages);
  const problem = tooLarge(board, sizes, imageName);
  if (problem) throw new DoesNotFit(problem);
  return { bytes: output(board, folder, elf, form), elf, hash: image.hash, sizes };
}

class Compiler {
  private readonly gcc: string;
  private readonly flags: string[];

  constructor(
    private readonly board: Board,
    private readonly folder: string,
  ) {
    this.gcc = board.compiler === undefined ? "gcc" : `${board.compiler}-gcc`;
    const { block, blocks, unit } = board.flash.records;
    this.flags = [
      ...board.flags,
      "-g",
      "-ffunction-sections",
      "-fdata-sections",
      "-DNDEBUG",
      "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0",
      "-DWASM_RT_USE_STACK_DEPTH_COUNT=0",
      ...(board.unaligned === "trap" ? ["-DMEMORY_TRAP_UNALIGNED"] : []),
      ...(board.stack === undefined ? [] : ["-DBARE_METAL"]),
      `-DBOARD_NAME="${board.name}"`,
      `-DFLASH_BLOCK=${block}`,
      `-DFLASH_BLOCKS=${blocks}`,
      `-DFLASH_UNIT=${unit}`,
      ...[folder, join(FIRMWARE, "runtime"), DRIVERS, FIRMWARE].map((path) => `-I${path}`),
    ];
  }

  /** Translates and compiles the image, unless that has been done with the same image, header and flags. */
  image(image: Image): ImageSource {
    const note = join(this.folder, "image.json");
    const key = createHash("sha256")
      .update(image.hash)
      .update(readFileSync(join(FIRMWARE, "runtime/memory.h")))
      .update(readFileSync(join(FIRMWARE, "runtime/runtime.h")))
      .update([...this.flags, ...this.board.imageFlags].join("\0"))
      .digest("hex");
    const object = join(this.folder, "image.o");
    if (existsSync(note) && existsSync(object)) {
      const known = JSON.parse(readFileSync(note, "utf8")) as ImageSource & { key: string };
      if (known.key === key) return known;
    }
    const source = translateImage(imageFile(image.name), this.folder);
    // Generated code: its warnings say nothing.
    this.compile([...constants(source), ...this.board.imageFlags, "-w", join(this.folder, "image.c"), "-o", object]);
    writeFileSync(note, JSON.stringify({ ...source, key }));
    return source;
  }

  /** Compiles the rest and links all; gives the program's path. */
  link(source: ImageSource): string {
    const { board, folder } = this;
    const files = [
      ...sourcesIn(FIRMWARE),
      ...sourcesIn(join(FIRMWARE, "runtime")),
      ...(board.drivers ?? []).map((name) => join(DRIVERS, name)),
      ...sourcesIn(board.folder),
      join(folder, "configuration.c"),
    ];
    const elf = join(folder, "firmware.elf");
    const script = join(board.folder, "link.ld");
    const layout = existsSync(script) ? ["-T", script] : [];
    const stack = board.stack === undefined ? [] : [`-Wl,--defsym=STACK_SIZE=${board.stack}`];
    const link = ["-Wl,--gc-sections", ...layout, ...stack, ...board.linkFlags];
    const objects = [...files, join(folder, "image.o")];
    this.run([...this.flags, ...constants(source), ...WARNINGS, ...objects, ...link, "-o", elf]);
    return elf;
  }

  private compile(args: string[]): void {
    this.run([...this.flags, "-c", ...args]);
  }

  private run(args: string[]): void {
    runTool(this.gcc, args, this.board.packages);
  }
}

function constants({ pages, table }: ImageSource): string[] {
  return [`-DRUNTIME_PAGES=${pages}`, `-DRUNTIME_TABLE=${table}`];
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.[cS]$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

/** firmware/configuration.h as data. */
function configurationSource(board: Board, image: Image, messages: Uint8Array): string {
  const hash = [...Buffer.from(image.hash, "hex")].join(", ");
  return `/* Generated. */
#include "configuration.h"

const struct manifest manifest __attribute__((section(".manifest"), used, aligned(4))) = {
    "${MAGIC}", 0, 0, "${board.name}", "${image.name}", {${hash}}, ${messages.length},
    {${[...messages].join(", ")}}};
`;
}

function output(board: Board, folder: string, elf: string, form: Form): Buffer {
  if (form === "elf") return sealed(readFileSync(elf));
  if (form === "esp") return espImage(board, readFileSync(elf));
  const binary = join(folder, "firmware.bin");
  runTool(`${board.compiler}-objcopy`, ["-O", "binary", elf, binary], board.packages);
  const bytes = readFileSync(binary);
  if (board.boot2) completeBoot2(bytes);
  sealed(bytes);
  return form === "uf2" ? uf2(bytes, board.address ?? 0, board.uf2Family ?? 0) : bytes;
}

/** Everything that is stored, save what only the boot ROM looks at when there is no image. */
function espImage(board: Board, elf: Buffer): Buffer {
  const stored = sectionsOf(elf).filter(({ name, bytes }) => bytes.length > 0 && name !== ".direct_boot");
  return finishEspImage(sealed(espBody(segmentsOf(stored), entryOf(elf), board.esp!.chipId)));
}

function sealed(bytes: Buffer): Buffer {
  seal(bytes);
  return bytes;
}
