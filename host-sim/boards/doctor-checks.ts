/** What `sixfold doctor` looks at. Each check answers what is missing, nothing when all is there. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imageFile } from "../core/image.js";
import { ROOT } from "../core/root.js";
import type { Board } from "./board.js";
import type { Missing } from "./doctor.js";
import type { Tool } from "./emulator.js";

export type Check = () => Missing[];

const CAP_NET_ADMIN = 12;
const TUN = "/dev/net/tun";
const SETUP = join(ROOT, "scripts", "setup-debian");
/** A program that needs the C library's headers and nothing else. */
const TRIAL = "#include <stdint.h>\n#include <string.h>\nvoid *trial(void *p) { return memset(p, 0, 4); }\n";

interface Manifest {
  engines: { node: string };
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  scripts: Record<string, string>;
}
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;

/** The same answer for the rest of the process: several purposes ask the same. */
function once(look: Check): Check {
  let answer: Missing[] | undefined;
  return () => (answer ??= look());
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function asRoot(command: string): string {
  return isRoot() ? command : `sudo ${command}`;
}

/** The command for Debian packages. */
function install(packages: string[]): string {
  return asRoot(`apt-get install --no-install-recommends ${packages.join(" ")}`);
}

function answers(tool: string, args: string[]): boolean {
  return spawnSync(tool, args, { stdio: "ignore" }).status === 0;
}

export const node = once(() => {
  const least = Number(/\d+/.exec(manifest.engines.node)?.[0]);
  if (Number(process.versions.node.split(".")[0]) >= least) return [];
  return [{ what: `Node ${least} or newer (this is ${process.versions.node})`, fix: "https://nodejs.org" }];
});

/** Packages of package.json, as npm has put them beside it. */
export const npmPackages = (kind: "dependencies" | "devDependencies") =>
  once(() => {
    const absent = Object.keys(manifest[kind]).filter((name) => !existsSync(join(ROOT, "node_modules", name)));
    return absent.length === 0 ? [] : [{ what: `npm packages ${absent.join(", ")}`, fix: "npm ci" }];
  });

/** A package with compiled parts, which may not be there for this machine. */
export const nativeModule = (name: string) =>
  once(() => {
    try {
      createRequire(import.meta.url)(name);
      return [];
    } catch (error) {
      const reason = (error as Error).message.split("\n")[0];
      return [{ what: `${name} does not load (${reason})`, fix: `npm rebuild ${name}` }];
    }
  });

export const images = once(() => {
  const { targets } = JSON.parse(readFileSync(join(ROOT, "asconfig.json"), "utf8")) as { targets: object };
  const absent = Object.keys(targets).filter((name) => !existsSync(imageFile(name)));
  return absent.length === 0 ? [] : [{ what: `images ${absent.join(", ")}`, fix: "npm run images" }];
});

function linux(): Missing[] {
  return process.platform === "linux"
    ? []
    : [{ what: `Linux (this is ${process.platform})`, fix: "use a Linux machine" }];
}

function tun(): Missing[] {
  if (process.platform !== "linux") return [];
  if (!existsSync(TUN)) return [{ what: TUN, fix: asRoot("modprobe tun") }];
  try {
    accessSync(TUN, constants.R_OK | constants.W_OK);
  } catch {
    return [{ what: `access to ${TUN}`, fix: "sudo sixfold up …" }];
  }
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1] ?? "0";
  if ((BigInt(`0x${effective}`) >> BigInt(CAP_NET_ADMIN)) & 1n) return [];
  return [{ what: "permission for interfaces (CAP_NET_ADMIN)", fix: "sudo sixfold up …" }];
}

export const program = ({ program: name, packages }: Tool) =>
  once(() => (answers(name, ["--version"]) ? [] : [{ what: name, fix: install(packages) }]));

/** `serialport` asks `udevadm` which ports there are. */
export const serial: Check[] = [nativeModule("serialport"), program({ program: "udevadm", packages: ["udev"] })];

/** `ip -V`: it has no `--version`. */
const ip = once(() => (answers("ip", ["-V"]) ? [] : [{ what: "ip", fix: install(["iproute2"]) }]));

export const live: Check[] = [linux, tun, ip, nativeModule("koffi")];

/** Compiles a small file as the board's own files are, and looks for the translator of images. */
export const building = (board: Board) => () => {
  const absent: Missing[] = [];
  if (!answers("wasm2c", ["--version"])) absent.push({ what: "wasm2c", fix: install(["wabt"]) });
  const compiler = board.compiler === undefined ? "gcc" : `${board.compiler}-gcc`;
  const folder = mkdtempSync(join(tmpdir(), "sixfold-doctor-"));
  try {
    const source = join(folder, "trial.c");
    writeFileSync(source, TRIAL);
    const works = answers(compiler, [...board.flags, "-c", source, "-o", join(folder, "trial.o")]);
    if (!works) absent.push({ what: `${compiler} with its C library`, fix: install(board.packages) });
  } finally {
    rmSync(folder, { recursive: true });
  }
  return absent;
};

export const root = (command: string) => () => (isRoot() ? [] : [{ what: "root", fix: `sudo ${command}` }]);

interface Listed {
  purpose: string;
  name: string;
  state: string;
}

let listed: Listed[] | undefined;

/** Debian packages with the purpose that scripts/setup-debian has them for. */
function debian(): Listed[] {
  listed ??= spawnSync("/bin/sh", [SETUP, "--list"], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [purpose, name, state] = line.split(" ");
      return { purpose, name, state };
    });
  return listed;
}

/** The purposes of scripts/setup-debian, save that of the boards: those say themselves what they need. */
export function testPurposes(): string[] {
  return [...new Set(debian().map(({ purpose }) => purpose))].filter((purpose) => purpose !== "boards");
}

/** Its npm script where it is one, else its name: `proof` is several. */
export function testTitle(purpose: string): string {
  return purpose in manifest.scripts ? `npm run ${purpose}` : `tests: ${purpose}`;
}

export const testPackages = (purpose: string) => () => {
  const absent = debian().filter((one) => one.purpose === purpose && one.state !== "installed");
  const names = absent.map(({ name }) => name);
  if (names.length === 0) return [];
  const fix = absent.some(({ state }) => state === "unpack") ? asRoot("scripts/setup-debian") : install(names);
  return [{ what: `Debian packages ${names.join(", ")}`, fix }];
};
