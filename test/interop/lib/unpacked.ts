import { existsSync } from "node:fs";

/** Where scripts/setup-debian unpacks packages whose installation would change the machine. */
const FOLDER = "/usr/local/lib/sixfold";

/** Both places of a file of such a package: unpacked, and where it is when the machine has the package installed. */
export const places = (name: string, file: string): string[] => [`${FOLDER}/${name}${file}`, file];

/** Path of a file of such a package. */
export function unpacked(name: string, file: string): string {
  return places(name, file).find((path) => existsSync(path)) ?? file;
}
