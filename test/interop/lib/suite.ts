import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lab } from "./netns.js";
import type { Tool } from "./tools.js";

/** What a file `test/interop/NAME.suite.ts` exports as `suite`. */
export interface Suite {
  /** One line for the list. */
  summary: string;
  needs: readonly Tool[];
  /** Seconds until the run counts as failed and is ended. */
  timeoutS: number;
  run(bench: Bench): Promise<void>;
}

export interface CheckResult {
  name: string;
  ok: boolean;
  /** Milliseconds, wall clock. */
  ms: number;
  /** Why it failed, or a measurement worth printing. */
  detail?: string;
}

/** How the temporary folder of a suite's process begins. */
const folderOf = (pid: number): string => join(tmpdir(), `sixfold-interop-${pid}-`);

/** Removes what a suite's process that was killed could not remove. */
export function sweepFolder(pid: number): void {
  const begin = folderOf(pid);
  for (const name of readdirSync(tmpdir())) {
    const path = join(tmpdir(), name);
    if (path.startsWith(begin)) rmSync(path, { recursive: true, force: true });
  }
}

/** What a suite is given: namespaces, a temporary folder, and a place to say what was found. */
export class Bench {
  readonly lab = new Lab();
  /** A folder of this run, removed at its end. */
  readonly folder = mkdtempSync(folderOf(process.pid));
  readonly #cleanups: (() => Promise<void> | void)[] = [];

  constructor(
    readonly say: (line: string) => void,
    readonly report: (result: CheckResult) => void,
  ) {}

  file(name: string): string {
    return join(this.folder, name);
  }

  /** Runs one check. A failure is recorded and the suite goes on; the answer tells whether it held. */
  async check(name: string, body: () => Promise<string | undefined> | Promise<void>): Promise<boolean> {
    const begin = performance.now();
    const ms = (): number => Math.round(performance.now() - begin);
    try {
      const detail = (await body()) ?? undefined;
      this.report({ name, ok: true, ms: ms(), detail });
      return true;
    } catch (error) {
      this.report({ name, ok: false, ms: ms(), detail: error instanceof Error ? error.message : String(error) });
      return false;
    }
  }

  /** Work for the end of the run, done in reverse order even when the suite throws. */
  atEnd(cleanup: () => Promise<void> | void): void {
    this.#cleanups.push(cleanup);
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await Promise.resolve(cleanup()).catch(() => {});
    await this.lab.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
