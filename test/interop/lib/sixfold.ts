import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { LiveNode } from "../../../host-sim/core/scenario.js";
import type { DecodedEvent } from "../../../host-sim/trace/events.js";
import type { Namespace } from "./netns.js";
import { Background, until } from "./process.js";
import type { Bench } from "./suite.js";

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), "../programs/up.ts");

/**
 * Runs a command with folders of its own for the node's control socket, its records and name servers, so that nothing of this
 * machine is read or changed.
 */
const PRIVATE = `
mount --make-rprivate /
mkdir -p /run/sixfold /var/lib/sixfold
mount --bind "$1/run" /run/sixfold && mount --bind "$1/store" /var/lib/sixfold || exit 1
mount --bind "$1/resolv.conf" "$(readlink -f /etc/resolv.conf)" || exit 1
shift
exec "$@"
`;

/** One of our nodes, live in a namespace. */
export class Sixfold {
  private constructor(
    private readonly process: Background,
    private readonly socket: string,
  ) {}

  /**
   * Starts `sixfold up` with this configuration and waits until it is up. A second start under the same name finds the
   * records that the first one kept, unless `fresh`.
   */
  static async start(bench: Bench, ns: Namespace, name: string, node: LiveNode, fresh = false): Promise<Sixfold> {
    const home = bench.file(fresh ? `${name}-${serial++}` : name);
    for (const folder of ["run", "store"]) mkdirSync(join(home, folder), { recursive: true });
    writeFileSync(join(home, "resolv.conf"), "");
    const file = join(home, `${name}.json`);
    writeFileSync(file, JSON.stringify(node, null, 2));
    const argv = ["sh", "-c", PRIVATE, "sh", home, process.execPath, "--import", "tsx", PROGRAM, file];
    const started = new Sixfold(Background.start(ns.argv(argv)), join(home, "run", `${name}.sock`));
    bench.atEnd(() => started.stop());
    await started.process.line(/^\{"event":"ready"/, 15_000);
    return started;
  }

  /** Events so far that the predicate accepts, oldest first. */
  events(accept: (event: DecodedEvent) => boolean = () => true): DecodedEvent[] {
    const lines = this.process.lines.filter((line) => line.startsWith("{") && line.includes('"kindName"'));
    return lines.map((line) => JSON.parse(line) as DecodedEvent).filter(accept);
  }

  /** The first event that the predicate accepts; throws when none comes in time. */
  async event(what: string, accept: (event: DecodedEvent) => boolean, timeoutMs: number): Promise<DecodedEvent> {
    try {
      return await until(what, () => this.events(accept)[0], timeoutMs, 50);
    } catch (error) {
      throw new Error(`${(error as Error).message}; last lines:\n${this.process.lines.slice(-8).join("\n")}`);
    }
  }

  /** The first address of ours that begins so and is no longer tentative. */
  async address(begin: string, timeoutMs: number): Promise<string> {
    const done = ["PREFERRED", "OPTIMISTIC"];
    const isIt = (e: DecodedEvent): boolean =>
      e.kindName === "ADDRESS" && done.includes(e.codeName) && e.a.startsWith(begin);
    return (await this.event(`address ${begin}…`, isIt, timeoutMs)).a;
  }

  /** The mobile node has registered with its home agent. */
  async registered(timeoutMs: number): Promise<void> {
    const isIt = (e: DecodedEvent): boolean => e.kindName === "REGISTRATION" && e.codeName === "REGISTERED";
    await this.event("registration", isIt, timeoutMs);
  }

  /** What `sixfold ctl` would ask: one request, one reply. */
  async control(request: object): Promise<{ ok: boolean; error?: string; [key: string]: unknown }> {
    const connection = createConnection(this.socket);
    connection.write(`${JSON.stringify(request)}\n`);
    const [line] = (await once(createInterface({ input: connection }), "line")) as [string];
    connection.destroy();
    return JSON.parse(line);
  }

  get running(): boolean {
    return this.process.running;
  }

  async stop(): Promise<void> {
    await this.process.stop("SIGTERM", 2000);
  }
}

let serial = 0;
