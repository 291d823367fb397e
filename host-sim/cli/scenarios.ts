/** The scenarios that come with the program, by name. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { loadScenario } from "../core/load.js";
import { ROOT } from "../core/root.js";

const FOLDER = join(ROOT, "host-sim", "scenarios");
const ENDING = ".yaml";

export function scenarioNames(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(ENDING))
    .map((file) => basename(file, ENDING))
    .sort();
}

export function scenarioList(): { name: string; title: string }[] {
  return scenarioNames().map((name) => ({ name, title: loadScenario(join(FOLDER, name + ENDING)).title ?? "" }));
}

/** The file of a scenario: of that name, or the file itself; undefined when there is neither. */
export function scenarioFile(nameOrFile: string): string | undefined {
  if (scenarioNames().includes(nameOrFile)) return join(FOLDER, nameOrFile + ENDING);
  return existsSync(nameOrFile) ? nameOrFile : undefined;
}

/** Without folder and ending. */
export function scenarioName(file: string): string {
  return basename(file).replace(/\.ya?ml$/, "");
}
