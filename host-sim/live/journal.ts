/**
 * What a live node changes on its host is written to a journal before it is done, so that whatever ends the node (SIGKILL
 * and power cuts included), the next start or `sixfold ctl NAME clean` takes it back.
 *
 * One JSON value a line: first the owner, then how to take each step back. Steps are taken back last first, and taking
 * back what never happened, or happened twice, is harmless.
 */
import { execFileSync } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { SetupError } from "./libc.js";
import { restoreResolvConf } from "./resolv-conf.js";

export type Undo =
  /** A command of iproute2 or systemd-resolved. */
  | { kind: "run"; command: "ip" | "resolvectl"; args: string[] }
  /** A file below /proc/sys. */
  | { kind: "sysctl"; path: string; value: string }
  /** Name servers. `file` is the device and inode number, since namespaces mount different files at one path. */
  | { kind: "resolv"; path: string; file: string; before: string; after: string };

interface Owner {
  pid: number;
  /** Start time of the process in clock ticks since boot: tells it from a later one with the same number. */
  started: string;
  netns: string;
}

/**
 * Where journals and control sockets are: what systemd's RuntimeDirectory= gives, else /run/sixfold for root, else the
 * user's runtime directory.
 */
export function runtimeDirectory(): string {
  const { RUNTIME_DIRECTORY: given, XDG_RUNTIME_DIR: own } = process.env;
  const mine = own ? join(own, "sixfold") : join(tmpdir(), `sixfold-${process.getuid?.()}`);
  const path = given ?? (process.getuid?.() === 0 ? "/run/sixfold" : mine);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (statSync(path).uid !== process.getuid?.()) {
    throw new SetupError(
      `${path} belongs to another user: remove it, or name a folder of your own by RUNTIME_DIRECTORY`,
    );
  }
  return path;
}

export const journalPath = (name: string): string => join(runtimeDirectory(), `${name}.journal`);

/** Field 22 of /proc/PID/stat; empty when there is no such process. The name in field 2 may hold anything. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

const networkNamespace = (): string => String(statSync("/proc/self/ns/net").ino);

/** Owner and steps of a journal. A last line that a power cut left incomplete was never acted on. */
function parse(path: string): { owner: Owner | undefined; steps: Undo[] } {
  const lines = readFileSync(path, "utf8").split("\n");
  lines.pop();
  const [owner, ...steps] = lines.map((line) => JSON.parse(line));
  return { owner, steps };
}

/** Takes one step back. Returns why it could not, or nothing. */
function takeBack(step: Undo): string | undefined {
  try {
    switch (step.kind) {
      case "run":
        execFileSync(step.command, step.args, { stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" });
        return;
      case "sysctl": {
        const fd = openSync(step.path, "w");
        writeSync(fd, step.value);
        closeSync(fd);
        return;
      }
      case "resolv":
        return restoreResolvConf(step);
    }
  } catch (error) {
    const { stderr, code, message } = error as { stderr?: string; code?: string; message: string };
    if (code === "ENOENT") return; // the interface is gone and its settings with it, or the command never was here
    if (stderr && /Cannot find device|Cannot assign requested address|No such (process|device)/.test(stderr)) return;
    return `${step.kind === "run" ? `${step.command} ${step.args.join(" ")}` : step.path}: ${stderr?.trim() || message}`;
  }
}

export class Journal {
  private readonly steps: Undo[] = [];

  private constructor(
    readonly path: string,
    private readonly fd: number,
  ) {}

  /**
   * Starts a journal for this process. One that a dead process left there is taken back first; its steps that could not
   * be are handed to `warn`. Throws a SetupError while the owner lives.
   */
  static open(path: string, warn: (sentence: string) => void): Journal {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    Journal.recover(path, warn);
    const fd = openSync(path, "wx", 0o600);
    const journal = new Journal(path, fd);
    const owner: Owner = { pid: process.pid, started: startTime(process.pid), netns: networkNamespace() };
    journal.append(owner);
    return journal;
  }

  /** Takes back what a dead process left. Returns the number of steps, 0 when there was nothing. */
  static recover(path: string, warn: (sentence: string) => void): number {
    let left: { owner: Owner | undefined; steps: Undo[] };
    try {
      left = parse(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
      throw new SetupError(`${path} cannot be read (${(error as Error).message}): look at it, then remove it`);
    }
    const { owner, steps } = left;
    if (owner && owner.started !== "" && startTime(owner.pid) === owner.started) {
      throw new SetupError(`a node of this name is running already (process ${owner.pid}): stop it first`);
    }
    if (owner && steps.length > 0 && owner.netns !== networkNamespace()) {
      throw new SetupError(
        `${path}: an earlier run in another network namespace was not cleaned up; run this command in that namespace, or remove the file if the namespace is gone`,
      );
    }
    undo(steps, warn);
    rmSync(path);
    return steps.length;
  }

  /** Notes how to take back what the caller does next. On disk when this returns. */
  note(step: Undo): void {
    if (this.steps.some((known) => isDeepStrictEqual(known, step))) return;
    this.steps.push(step);
    this.append(step);
  }

  /** Takes everything back and ends the journal. */
  close(warn: (sentence: string) => void): void {
    undo(this.steps, warn);
    closeSync(this.fd);
    rmSync(this.path, { force: true });
  }

  private append(value: Owner | Undo): void {
    writeSync(this.fd, `${JSON.stringify(value)}\n`);
    fsyncSync(this.fd);
  }
}

function undo(steps: Undo[], warn: (sentence: string) => void): void {
  for (const step of [...steps].reverse()) {
    const problem = takeBack(step);
    if (problem) warn(`could not take back: ${problem}`);
  }
}
