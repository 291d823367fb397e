// Who may see whom: the table of ARCHITECTURE.md as data, and a reader of import and #include lines that holds it.
import { posix } from "node:path";

/** A room's own folder is always visible to it; `packages` lists what it may take from npm and Node. */
interface Room {
  sees: string[];
  packages: RegExp;
}
const NOTHING = /^$/;
const NODE = /^node:/;

export const ROOMS: Record<string, Room> = {
  "assembly/abi": { sees: [], packages: NOTHING },
  "assembly/base": { sees: [], packages: NOTHING },
  "assembly/wire": { sees: ["assembly/base"], packages: NOTHING },
  "assembly/crypto": { sees: ["assembly/base"], packages: NOTHING },
  "assembly/tables": { sees: ["assembly/abi", "assembly/base"], packages: NOTHING },
  "assembly/engine": { sees: ["assembly/abi", "assembly/base", "assembly/wire", "assembly/tables"], packages: NOTHING },
  "assembly/roles": {
    sees: ["assembly/abi", "assembly/base", "assembly/wire", "assembly/crypto", "assembly/tables", "assembly/engine"],
    packages: NOTHING,
  },
  "assembly/images": { sees: ["assembly/engine", "assembly/roles"], packages: NOTHING },
  "host-sim/core": { sees: ["assembly/abi"], packages: /^(node:(fs|path|url|crypto)|yaml|ajv(\/.*)?)$/ },
  "host-sim/trace": {
    sees: ["assembly/abi", "host-sim/core/address"],
    packages: /^(node:(crypto|fs|path)|chalk|cli-table3)$/,
  },
  "host-sim/sim": { sees: ["assembly/abi", "host-sim/core"], packages: /^node:(crypto)$/ },
  "host-sim/live": { sees: ["assembly/abi", "host-sim/core"], packages: /^(node:.*|koffi)$/ },
  "host-sim/boards": {
    sees: ["assembly/abi", "host-sim/core", "host-sim/sim", "host-sim/trace"],
    packages: /^(node:.*|esptool-js|rp2040js|serialport|uf2)$/,
  },
  "host-sim/cli": {
    sees: ["assembly/abi", "host-sim/core", "host-sim/sim", "host-sim/live", "host-sim/trace", "host-sim/boards"],
    packages: /^(node:.*|commander|chalk|cli-table3|cli-progress|yaml)$/,
  },
  "host-sim/scenarios": { sees: [], packages: NOTHING },
  firmware: { sees: [], packages: NODE },
  boards: { sees: ["firmware/port"], packages: NODE },
};

/** Room of a file (path relative to the project, forward slashes), or undefined: tests, scripts and documents are free. */
export function roomOf(file: string): string | undefined {
  return Object.keys(ROOMS).find((room) => file.startsWith(`${room}/`));
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s*["']([^"']+)["']/g;
const INCLUDE = /(?:^|\n)\s*#\s*include\s*"([^"]+)"/g;

/** Every line of `text` that reaches where its room may not: `file: must not see target`. */
export function violations(file: string, text: string): string[] {
  const room = roomOf(file);
  if (room === undefined) return [];
  const found: string[] = [];
  const c = /\.[chS]$/.test(file);
  for (const match of text.matchAll(c ? INCLUDE : IMPORT)) {
    const target = match[1] ?? match[2] ?? match[3];
    if (!allowed(room, file, target, c)) found.push(`${file}: must not see ${target}`);
  }
  return found;
}

function allowed(room: string, file: string, target: string, c: boolean): boolean {
  const relative = target.startsWith(".");
  if (!relative && !c) return ROOMS[room].packages.test(target);
  // A header without a path is the file's own, the generated core's or the runtime's; C rooms reach others by a path.
  if (c && !target.includes("/")) return true;
  const path = posix.normalize(posix.join(posix.dirname(file), target));
  if (room === "assembly/roles") return sameRole(file, path) || ROOMS[room].sees.some((seen) => within(path, seen));
  return within(path, room) || ROOMS[room].sees.some((seen) => within(path, seen));
}
function within(path: string, room: string): boolean {
  return path === room || path.startsWith(`${room}/`) || path.replace(/\.(js|ts|h)$/, "") === room;
}
/** Roles never see each other: `assembly/roles/NAME/…` stays inside NAME. */
function sameRole(file: string, path: string): boolean {
  const name = file.split("/")[2];
  return within(path, `assembly/roles/${name}`);
}
