/** Where the project's files are, from sources and from build/js alike. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

function findRoot(): string {
  let at = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(at, "package.json"))) {
    const up = dirname(at);
    if (up === at) throw new Error("no package.json above the program: the installation is incomplete");
    at = up;
  }
  return at;
}

/** The folder of package.json. */
export const ROOT = findRoot();
