/** One suite in a process of its own; `run.ts` starts it and hears from it over the IPC channel. */
import { Bench, type CheckResult, type Suite } from "./suite.js";

export type FromChild = { kind: "say"; line: string } | { kind: "check"; result: CheckResult };

async function main(file: string): Promise<void> {
  const send = (message: FromChild): void => void process.send?.(message);
  const { suite } = (await import(file)) as { suite: Suite };
  const bench = new Bench(
    (line) => send({ kind: "say", line }),
    (result) => send({ kind: "check", result }),
  );
  const abandon = (): void => void bench.close().then(() => process.exit(1));
  // The runner tells us to end, or it died and the channel broke.
  process.on("SIGTERM", abandon).on("disconnect", abandon);
  try {
    await suite.run(bench);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    bench.report({ name: "runs to its end", ok: false, ms: 0, detail });
  } finally {
    process.off("disconnect", abandon);
    await bench.close();
    process.disconnect?.();
  }
}

await main(process.argv[2]);
