/** An image as C: what wasm2c makes of it, with the loads and stores of firmware/runtime/memory.h. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runTool, ToolFailed } from "./tools.js";

/** wabt's wasm-rt.h, which cross compilers do not look for. */
const RUNTIME_HEADERS = ["/usr/src/wasm2c/wasm-rt.h", "/usr/include/wasm-rt.h"];
const WABT = ["wabt"];
/** wasm's section numbers. */
const SECTION = { TABLE: 4, MEMORY: 5 };

export interface ImageSource {
  /** 64 KiB pages of its memory. */
  pages: number;
  /** Entries of its function table. */
  table: number;
}

/** Writes image.c, image.h and wasm-rt.h into the folder. */
export function translateImage(wasm: string, folder: string): ImageSource {
  const source = join(folder, "image.c");
  runTool("wasm2c", ["-n", "image", wasm, "-o", source], WABT);
  const text = readFileSync(source, "utf8");
  const patched = patch(text);
  if (patched === text) throw new ToolFailed("wasm2c wrote no loads where they were expected: is it wabt 1.0.32?");
  writeFileSync(source, patched);
  const header = RUNTIME_HEADERS.find((file) => existsSync(file));
  if (header === undefined) throw new ToolFailed(`wasm-rt.h is missing (${RUNTIME_HEADERS.join(", ")}): install wabt`);
  cpSync(header, join(folder, "wasm-rt.h"));
  const bytes = readFileSync(wasm);
  return { pages: firstLimit(bytes, SECTION.MEMORY), table: firstLimit(bytes, SECTION.TABLE) };
}

/** wasm2c's definition of a load or store: its name and types. */
const DEFINITION = /^DEFINE_(LOAD|STORE)\((\w+), (.*)\)\n/gm;
const ACCESS = /\b(\w+)\(&instance->\w+, \(u64\)\((\w+)\)(?: \+ (\d+)u?)?/g;

/** Has the C find memory, table and instance as firmware/runtime/memory.h has them. */
function patch(text: string): string {
  const types = new Map([...text.matchAll(DEFINITION)].map(([, kind, name, list]) => [name, `MEMORY_${kind}(${list}`]));
  const access = (_: string, name: string, address: string, offset = "0") =>
    `${types.get(name)}, ${address}, ${offset}u`;
  return text
    .replace(/^DEFINE_LOAD\(/m, '#include "memory.h"\n$&')
    .replace(DEFINITION, "")
    .replace(ACCESS, access)
    .replace(/\bmemory_copy\(&instance->\w+, &instance->\w+, /g, "runtime_copy(")
    .replace(/instance->\w+\.data\[\w+\]\.module_instance/g, "instance")
    .replace(/^.*\(Z_image_instance_t\* instance(, .*)?\) \{$/gm, "$&\n  instance = &core_instance;");
}

/** The lower limit of the first memory or table, 0 = there is none. */
function firstLimit(bytes: Buffer, section: number): number {
  let at = 8;
  const leb = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const id = bytes[at++];
    const size = leb();
    const next = at + size;
    if (id === section) {
      if (leb() === 0) return 0;
      if (section === SECTION.TABLE) at++;
      at++;
      return leb();
    }
    at = next;
  }
  return 0;
}
