/** Core images by name: compiled once a process, however many nodes run them. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./root.js";

export const IMAGE_NAMES = [
  "terminal",
  "home-agent",
  "router",
  "host",
  "anycast-client",
  "anycast-server",
  "boundary-router",
] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

const HOSTS: readonly ImageName[] = ["terminal", "host", "anycast-client", "anycast-server"];
const ROUTERS: readonly ImageName[] = ["router", "home-agent", "boundary-router"];

/** Has applications, and learns addresses from routers. */
export function isHost(image: ImageName): boolean {
  return HOSTS.includes(image);
}

/** Forwards packets, and advertises itself to hosts. */
export function isRouter(image: ImageName): boolean {
  return ROUTERS.includes(image);
}

/** `board`: one 64 KiB page. `pc`: larger tables. */
export type Profile = "board" | "pc";

export interface Image {
  /** File name without `.wasm`: `home-agent-pc`. */
  name: string;
  module: WebAssembly.Module;
  /** SHA-256 of the file, hexadecimal. */
  hash: string;
  /** Bytes of the file. */
  size: number;
}

/** The image is not there, is not WebAssembly, or is not self-contained. The message says what to do. */
export class ImageError extends Error {
  override name = "ImageError";
}

const loaded = new Map<string, Image>();

/** Where an image lies, by its file's name without ending. */
export function imageFile(full: string): string {
  return join(ROOT, "build", "images", `${full}.wasm`);
}

/** Loads `build/images/NAME.wasm`, or `NAME-pc.wasm` for the PC profile. Throws `ImageError`. */
export function loadImage(name: string, profile: Profile = "board"): Image {
  const full = profile === "pc" ? `${name}-pc` : name;
  const known = loaded.get(full);
  if (known) return known;
  const file = imageFile(full);
  if (!existsSync(file)) {
    throw new ImageError(`image ${full}: ${file} does not exist; build it with "npm run images"`);
  }
  const bytes = readFileSync(file);
  const image = { name: full, module: compile(full, bytes), hash: sha256(bytes), size: bytes.length };
  loaded.set(full, image);
  return image;
}

function compile(name: string, bytes: Uint8Array): WebAssembly.Module {
  let module: WebAssembly.Module;
  try {
    module = new WebAssembly.Module(bytes);
  } catch (error) {
    throw new ImageError(`image ${name}: ${(error as Error).message}; build it again with "npm run images"`);
  }
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) {
    throw new ImageError(`image ${name} imports ${imports[0].module}.${imports[0].name}; a core imports nothing`);
  }
  return module;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
