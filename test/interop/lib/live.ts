import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DecodedEvent } from "../../../host-sim/trace/events.js";
import type { Namespace } from "./netns.js";
import { type Background, must } from "./process.js";
import type { Bench } from "./suite.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SIXFOLD = [process.execPath, join(ROOT, "scripts/sixfold.mjs")];

/** A node run by the command line itself, `sixfold up CONFIG --json`, with state and sockets in the suite's folder. */
export class Live {
  private constructor(
    readonly name: string,
    readonly process: Background,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Answers when the node is up. `config` is a path within the repository or an absolute one. */
  static async start(bench: Bench, ns: Namespace, name: string, config: string): Promise<Live> {
    const env = { RUNTIME_DIRECTORY: bench.file("run"), STATE_DIRECTORY: bench.file("state") };
    for (const folder of Object.values(env)) mkdirSync(folder, { recursive: true });
    const node = ns.start([...SIXFOLD, "up", join(ROOT, config), "--json"], env);
    bench.atEnd(() => node.stop());
    await node.line(/"event":"ready"/, 15_000);
    return new Live(name, node, env);
  }

  /** `sixfold ctl NAME …`: its standard output. */
  ctl(...words: string[]): Promise<string> {
    const env = Object.entries(this.env).map(([key, value]) => `${key}=${value}`);
    return must(["env", ...env, ...SIXFOLD, "ctl", this.name, ...words]);
  }

  /** Events so far, oldest first. */
  get events(): DecodedEvent[] {
    return this.process.lines.filter((line) => line.includes('"kindName"')).map((line) => JSON.parse(line));
  }

  /** The next event of that kind and meaning, counting from output line `from`. */
  async event(kindName: string, codeName: string, timeoutMs: number, from = 0): Promise<DecodedEvent> {
    const pattern = new RegExp(`"kindName":"${kindName}".*"codeName":"${codeName}"`);
    return JSON.parse(await this.process.line(pattern, timeoutMs, from));
  }
}
