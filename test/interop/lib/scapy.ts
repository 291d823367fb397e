import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Namespace } from "./netns.js";
import { Background } from "./process.js";
import type { Bench } from "./suite.js";

/** Where the scripts are; a guest sees the same path, read only. */
export const SCRIPTS = join(dirname(fileURLToPath(import.meta.url)), "../scapy");

/**
 * A script of `test/interop/scapy` under Debian's Python. It prints one JSON object a line and may read lines from its
 * standard input; what is not JSON (warnings, a traceback) stays in `log`.
 */
export class Scapy {
  #read = 0;
  readonly #actions = new Map<string, (value: string) => Promise<unknown>>();

  private constructor(readonly process: Background) {}

  static start(ns: Namespace | null, script: string, args: readonly string[] = []): Scapy {
    const argv = ["/usr/bin/python3", "-u", join(SCRIPTS, script), ...args];
    const quiet = { PYTHONDONTWRITEBYTECODE: "1", PYTHONWARNINGS: "ignore" };
    return new Scapy(ns ? ns.start(argv, quiet) : Background.start(argv, quiet));
  }

  send(value: unknown): void {
    this.process.write(`${JSON.stringify(value)}\n`);
  }

  /** The next JSON object. Throws when the script ends or says nothing for `timeoutMs`. */
  async next<T = Record<string, unknown>>(timeoutMs = 20_000): Promise<T> {
    const line = await this.process.line(/^\{/, timeoutMs, this.#read);
    this.#read = this.process.lines.indexOf(line, this.#read) + 1;
    return JSON.parse(line) as T;
  }

  /** What to do when a script prints `{"NAME": value}`; it waits, and gets what the action answers. */
  on(name: string, action: (value: string) => Promise<unknown>): void {
    this.#actions.set(name, action);
  }

  /**
   * Passes a script's checks on as checks of the suite. Each comes as `{"check": name, "ok": bool, "detail": text}`,
   * the last line is `{"end": true}`; a script that dies before is itself a failed check.
   */
  async relay(bench: Bench, prefix: string, timeoutMs: number): Promise<void> {
    let begin = performance.now();
    for (;;) {
      let line: { check?: string; ok?: boolean; detail?: string; say?: string; end?: boolean };
      try {
        line = await this.next(timeoutMs);
      } catch (error) {
        bench.report({ name: `${prefix}: script ends`, ok: false, ms: 0, detail: (error as Error).message });
        return;
      }
      if (line.end) return;
      for (const [name, action] of this.#actions) {
        const value = (line as Record<string, unknown>)[name];
        if (value === undefined) continue;
        this.send({ done: name, answer: await action(String(value)) });
      }
      if (line.say !== undefined) bench.say(line.say);
      if (line.check === undefined) continue;
      const ms = Math.round(performance.now() - begin);
      begin = performance.now();
      bench.report({ name: `${prefix}: ${line.check}`, ok: line.ok === true, ms, detail: line.detail });
    }
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}
