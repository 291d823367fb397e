import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LiveNode } from "../../../host-sim/core/scenario.js";
import type { DecodedEvent } from "../../../host-sim/trace/events.js";
import type { Namespace } from "./netns.js";
import { Background } from "./process.js";
import type { Bench } from "./suite.js";

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), "../programs/node.ts");

let serial = 0;

/** One of our nodes, live in a namespace. */
export class Sixfold {
  private constructor(private readonly process: Background) {}

  static async start(bench: Bench, ns: Namespace, name: string, node: LiveNode): Promise<Sixfold> {
    const file = bench.file(`${name}-${serial++}.json`);
    writeFileSync(file, JSON.stringify(node));
    const started = new Sixfold(Background.start(ns.argv([process.execPath, "--import", "tsx", PROGRAM, file])));
    bench.atEnd(() => started.stop());
    await started.process.line(/"READY"/, 15_000);
    return started;
  }

  /** Events so far that the predicate accepts, oldest first. */
  events(accept: (event: DecodedEvent) => boolean = () => true): DecodedEvent[] {
    return this.process.lines
      .filter((line) => line.startsWith('{"kind":'))
      .map((line) => JSON.parse(line))
      .filter(accept);
  }

  /** The first event that the predicate accepts; throws when none comes in time. */
  async event(what: string, accept: (event: DecodedEvent) => boolean, timeoutMs: number): Promise<DecodedEvent> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const [found] = this.events(accept);
      if (found) return found;
      if (!this.process.running || Date.now() > deadline) {
        throw new Error(`no ${what} within ${timeoutMs} ms; last lines:\n${this.process.lines.slice(-8).join("\n")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
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

  configure(messages: Uint8Array): void {
    this.process.write(`${JSON.stringify({ messages: Buffer.from(messages).toString("hex") })}\n`);
  }

  get running(): boolean {
    return this.process.running;
  }

  async stop(): Promise<void> {
    await this.process.stop("SIGTERM", 1000);
  }
}
