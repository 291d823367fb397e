/**
 * Tests against parts that this project did not write: Linux kernels, radvd, scapy, tshark, curl, iperf3.
 *
 *     npm run interop [-- NAME ...] [--json] [--list]
 *
 * Needs root (network namespaces, TAP). Exit 0 all passed, 1 something failed, 2 wrong use or a tool is missing.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import type { FromChild } from "./lib/child.js";
import { Lab } from "./lib/netns.js";
import { type CheckResult, type Suite, sweepFolder } from "./lib/suite.js";
import { missing } from "./lib/tools.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const SUFFIX = ".suite.ts";

interface SuiteResult {
  suite: string;
  ok: boolean;
  ms: number;
  checks: CheckResult[];
}

class Misuse extends Error {}

function suites(): string[] {
  return readdirSync(HERE)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort();
}

async function load(name: string): Promise<Suite> {
  const { suite } = (await import(pathToFileURL(join(HERE, name + SUFFIX)).href)) as { suite: Suite };
  return suite;
}

async function runSuite(name: string, suite: Suite): Promise<SuiteResult> {
  const checks: CheckResult[] = [];
  const note = (result: CheckResult): void => {
    checks.push(result);
    const detail = result.detail ? `: ${result.detail}` : "";
    process.stderr.write(`  ${result.ok ? "ok  " : "FAIL"} ${result.name} (${result.ms} ms)${detail}\n`);
  };
  process.stderr.write(`${name}: ${suite.summary}\n`);
  const begin = performance.now();
  const file = pathToFileURL(join(HERE, name + SUFFIX)).href;
  const child = spawn(process.execPath, ["--import", "tsx", join(HERE, "lib/child.ts"), file], {
    stdio: ["ignore", 2, 2, "ipc"],
    detached: true,
  });
  const pid = child.pid!;
  const endGroup = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-pid, signal);
    } catch {
      // The group is gone already.
    }
  };
  child.on("message", (message: FromChild) => {
    if (message.kind === "check") note(message.result);
    else process.stderr.write(`  ${message.line}\n`);
  });
  const interrupted = (): void => endGroup("SIGTERM");
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup("SIGKILL");
  }, suite.timeoutS * 1000);
  const [status] = (await once(child, "close")) as [number | null];
  clearTimeout(timer);
  process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  endGroup("SIGKILL");
  await Lab.sweep(pid);
  sweepFolder(pid);
  if (late) note({ name: `ends within ${suite.timeoutS} s`, ok: false, ms: Math.round(performance.now() - begin) });
  else if (status !== 0) note({ name: "process ends well", ok: false, ms: 0, detail: `exit ${status}` });
  else if (checks.length === 0) note({ name: "checks something", ok: false, ms: 0, detail: "the suite made no check" });
  return { suite: name, ok: checks.every((c) => c.ok), ms: Math.round(performance.now() - begin), checks };
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "boolean" }, list: { type: "boolean" } },
  });
  const known = suites();
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Misuse(`no suite ${unknown.join(", ")}; there are: ${known.join(", ")}`);
  const chosen: [string, Suite][] = [];
  for (const name of positionals.length > 0 ? positionals : known) chosen.push([name, await load(name)]);
  if (values.list) {
    for (const [name, suite] of chosen) process.stdout.write(`${name.padEnd(16)} ${suite.summary}\n`);
    return 0;
  }
  if (process.getuid?.() !== 0) throw new Misuse("network namespaces need root: run as root, for instance by sudo");
  const absent = missing(chosen.flatMap(([, suite]) => [...suite.needs, "ip", "sysctl", "ethtool"] as const));
  if (absent.length > 0) throw new Misuse(absent.join("\n"));
  await Lab.sweep();
  const results: SuiteResult[] = [];
  for (const [name, suite] of chosen) results.push(await runSuite(name, suite));
  const checks = results.flatMap((result) => result.checks);
  const failed = checks.filter((check) => !check.ok).length;
  const summary = `${checks.length - failed} passed, ${failed} failed`;
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ok: failed === 0, suites: results }, null, 2)}\n`);
    process.stderr.write(`${summary}\n`);
  } else {
    process.stdout.write(`${summary}\n`);
  }
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const misuse = error instanceof Misuse || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
  process.stderr.write(`interop: ${misuse ? (error as Error).message : ((error as Error).stack ?? error)}\n`);
  process.exitCode = 2;
}
