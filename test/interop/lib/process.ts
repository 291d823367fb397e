import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";

export interface Outcome {
  /** Exit status; -1 when a signal ended the process (a timeout, for instance). */
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Milliseconds until the process is killed. */
  timeoutMs?: number;
  /** Text for standard input. */
  input?: string;
}

/** Runs a command to its end. Never throws for a failing command: the caller judges the status. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = spawn(argv[0], argv.slice(1), { stdio: "pipe" });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  // A command that ends without reading its input breaks the pipe: its status tells, not the pipe.
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 30_000);
  try {
    const [status] = (await once(child, "close")) as [number | null];
    return {
      status: status ?? -1,
      stdout: Buffer.concat(out).toString(),
      stderr: Buffer.concat(err).toString(),
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a command that has to succeed; its standard output. Throws with its last words when it fails. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const outcome = await run(argv, options);
  if (outcome.status !== 0) {
    const words = (outcome.stderr || outcome.stdout).trim().split("\n").slice(-6).join("\n");
    throw new Error(`${argv.join(" ").slice(0, 200)}: exit ${outcome.status}: ${words}`);
  }
  return outcome.stdout;
}

/** A process in the background whose output can be awaited line by line. */
export class Background {
  readonly lines: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: string;
  readonly #watchers = new Set<() => void>();
  readonly #closed: Promise<void>;
  #open = true;

  private constructor(argv: readonly string[], env?: NodeJS.ProcessEnv) {
    this.#name = argv.join(" ");
    this.#child = spawn(argv[0], argv.slice(1), { stdio: "pipe", env: env ? { ...process.env, ...env } : undefined });
    this.#child.stdin.on("error", () => {});
    const collect = (chunk: string, rest: { text: string }): void => {
      const parts = (rest.text + chunk).split("\n");
      rest.text = parts.pop() ?? "";
      this.lines.push(...parts);
      for (const watcher of this.#watchers) watcher();
    };
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const rest = { text: "" };
      stream.setEncoding("utf8").on("data", (chunk: string) => collect(chunk, rest));
    }
    this.#closed = once(this.#child, "close").then(() => {
      this.#open = false;
      for (const watcher of this.#watchers) watcher();
    });
    this.#closed.catch((error: Error) => {
      this.#open = false;
      this.lines.push(error.message);
      for (const watcher of this.#watchers) watcher();
    });
  }

  static start(argv: readonly string[], env?: NodeJS.ProcessEnv): Background {
    return new Background(argv, env);
  }

  get running(): boolean {
    return this.#open;
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Exit status once it has ended by itself, else null. */
  get status(): number | null {
    return this.#child.exitCode;
  }

  write(text: string): void {
    this.#child.stdin.write(text);
  }

  /**
   * The first line, from index `from` on, that matches. Throws when the process ends or `timeoutMs` pass without one;
   * the message carries the last lines seen.
   */
  async line(pattern: RegExp, timeoutMs: number, from = 0): Promise<string> {
    let next = from;
    return new Promise<string>((resolve, reject) => {
      const fail = (why: string): void => {
        end();
        reject(new Error(`${this.#name}: ${why} ${pattern}; last lines:\n${this.lines.slice(-12).join("\n")}`));
      };
      const look = (): void => {
        for (; next < this.lines.length; next++) {
          if (!pattern.test(this.lines[next])) continue;
          end();
          resolve(this.lines[next]);
          return;
        }
        if (!this.#open) fail("ended without");
      };
      const timer = setTimeout(() => fail(`nothing for ${timeoutMs} ms matched`), timeoutMs);
      const end = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Waits for the end by itself; the exit status (-1 for a signal). Kills after `timeoutMs` and throws. */
  async ended(timeoutMs: number): Promise<number> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), timeoutMs);
    await this.#closed.catch(() => {});
    clearTimeout(timer);
    return this.#child.exitCode ?? -1;
  }

  /** Asks the process to end, and insists after `graceMs`. */
  async stop(signal: NodeJS.Signals = "SIGTERM", graceMs = 3000): Promise<void> {
    if (!this.#open) return;
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    await this.#closed.catch(() => {});
    clearTimeout(timer);
  }
}

/** Asks `probe` until it answers something truthy; throws with `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  probe: () => Promise<T> | T,
  timeoutMs: number,
  everyMs = 100,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() >= deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
