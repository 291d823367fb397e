import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { DecodedEvent } from "../../../host-sim/trace/events.js";
import type { Namespace } from "./netns.js";
import { type Background, type Outcome, run, until } from "./process.js";
import type { Bench } from "./suite.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SIXFOLD = [process.execPath, join(ROOT, "scripts/sixfold.mjs")];

type Environment = Record<string, string>;

/** A node run by the command line itself, `sixfold up CONFIG --json`, with state and sockets in the suite's folder. */
export class Live {
  private constructor(
    readonly name: string,
    readonly process: Background,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Answers when the node is up. `config` is a path within the repository or an absolute one. */
  static async start(bench: Bench, ns: Namespace, name: string, config: string, more?: Environment): Promise<Live> {
    const live = Live.begin(bench, ns, name, config, more);
    await live.process.line(/"event":"ready"/, 40_000);
    return live;
  }

  /** The same without waiting: for nodes that must not come up. */
  static begin(bench: Bench, ns: Namespace, name: string, config: string, more: Environment = {}): Live {
    const folders = { RUNTIME_DIRECTORY: bench.file("run"), STATE_DIRECTORY: bench.file("state") };
    for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true });
    const env = { ...folders, ...more };
    const node = ns.start([...SIXFOLD, "up", resolve(ROOT, config), "--json"], env);
    bench.atEnd(() => node.stop());
    return new Live(name, node, env);
  }

  /** `sixfold ctl NAME …`, in a network namespace or outside of all. */
  ctl(words: readonly string[], ns?: Namespace): Promise<Outcome> {
    const env = Object.entries(this.env).map(([key, value]) => `${key}=${value}`);
    const argv = ["env", ...env, ...SIXFOLD, "ctl", this.name, ...words];
    return ns ? ns.run(argv) : run(argv);
  }

  async status(): Promise<Record<string, Record<string, unknown>[]>> {
    const { status, stdout, stderr } = await this.ctl(["status", "--json"]);
    if (status !== 0) throw new Error(`ctl ${this.name} status: exit ${status}: ${stderr}`);
    return JSON.parse(stdout);
  }

  /** Ends the node and waits until it has gone. */
  stop(): Promise<void> {
    return this.process.stop();
  }

  /** Events so far, oldest first. */
  get events(): DecodedEvent[] {
    return this.process.lines.filter((line) => line.includes('"kindName"')).map((line) => JSON.parse(line));
  }

  /** The first event that the predicate accepts; throws when none comes in time. */
  async find(what: string, accept: (event: DecodedEvent) => boolean, timeoutMs: number): Promise<DecodedEvent> {
    try {
      return await until(what, () => this.events.find(accept), timeoutMs, 50);
    } catch (error) {
      throw new Error(`${(error as Error).message}; last lines:\n${this.process.lines.slice(-8).join("\n")}`);
    }
  }

  /** The first address of the node that begins so and may be used. */
  async address(begin: string, timeoutMs: number): Promise<string> {
    const usable = ["PREFERRED", "OPTIMISTIC"];
    const isIt = (e: DecodedEvent): boolean =>
      e.kindName === "ADDRESS" && usable.includes(e.codeName) && e.a.startsWith(begin);
    return (await this.find(`address ${begin}…`, isIt, timeoutMs)).a;
  }

  /** The next event of that kind and meaning, counting from output line `from`. */
  async event(kindName: string, codeName: string, timeoutMs: number, from = 0): Promise<DecodedEvent> {
    const pattern = new RegExp(`"kindName":"${kindName}".*"codeName":"${codeName}"`);
    return JSON.parse(await this.process.line(pattern, timeoutMs, from));
  }
}
