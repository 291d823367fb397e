import { spawn } from "node:child_process";

/** How long and how a fuzzer runs. */
export interface Campaign {
  program: string;
  /** What the harness wants to know: FUZZ_SETUP, FUZZ_TEMPLATES. */
  env: Record<string, string>;
  /** Longest input in bytes. */
  longest: number;
  /** How often an edge was taken tells inputs apart too: finds more, at half the speed. */
  counters: boolean;
  /** Folders of inputs; new ones go into the first. */
  corpora: string[];
  /** Where an input that fails is written: a folder. */
  findings: string;
  /** Inputs to run; 0: what the corpora hold, once. */
  runs?: number;
  seconds?: number;
  seed: number;
}

/** What came of it. */
export interface Outcome {
  /** Null: nothing was found. Else the line that says what: a trap, a hang, AddressSanitizer's summary. */
  finding: string | null;
  /** The input that fails. */
  input?: string;
  /** Inputs that were run, and how long that took. */
  runs: number;
  seconds: number;
  /** Edges of the code under test that were reached. */
  edges: number;
  log: string;
}

/** Neither looks the sanitizer for leaks of the harness nor does it remember who allocated its input. */
const SANITIZER = { ASAN_OPTIONS: "detect_leaks=0:handle_abort=0:malloc_context_size=0:quarantine_size_mb=1" };

/** Runs libFuzzer until it finds something or its budget is used up. */
export async function fuzz(campaign: Campaign, onLine: (line: string) => void = () => {}): Promise<Outcome> {
  const { program, env, longest, counters, corpora, findings, runs, seconds, seed } = campaign;
  const args = [`-seed=${seed}`, `-max_len=${longest}`, "-timeout=10", "-print_final_stats=1", "-entropic=0"];
  if (!counters) args.push("-use_counters=0");
  if (runs !== undefined) args.push(`-runs=${runs}`);
  if (seconds !== undefined) args.push(`-max_total_time=${seconds}`);
  const begin = process.hrtime.bigint();
  const { code, log } = await execute(program, [...args, `-artifact_prefix=${findings}/`, ...corpora], env, (line) => {
    if (/\b(pulse|INITED|DONE)\b/.test(line)) onLine(line);
  });
  const took = Number(process.hrtime.bigint() - begin) / 1e9;
  return { ...judge(code, log), seconds: took, log };
}

/** Writes into the folder `to` the fewest inputs of the folders `from` that reach the same; -merge=1 of libFuzzer. */
export async function merge(program: string, env: Record<string, string>, to: string, from: string[]): Promise<void> {
  const { code, log } = await execute(program, ["-merge=1", "-timeout=10", to, ...from], env, () => {});
  if (code !== 0) throw new Error(`merging failed:\n${log}`);
}

async function execute(program: string, args: string[], env: Record<string, string>, onLine: (line: string) => void) {
  const child = spawn(program, args, { env: { ...process.env, ...SANITIZER, ...env } });
  let log = "";
  let shown = 0;
  child.stderr.on("data", (data) => {
    log += data;
    for (let end = log.indexOf("\n", shown); end >= 0; end = log.indexOf("\n", shown)) {
      onLine(log.slice(shown, end));
      shown = end + 1;
    }
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, log };
}

function judge(code: number | null, log: string): Omit<Outcome, "log" | "seconds"> {
  const runs = Number(/stat::number_of_executed_units: (\d+)/.exec(log)?.[1] ?? 0);
  const edges = Number([...log.matchAll(/\bcov: (\d+)/g)].at(-1)?.[1] ?? 0);
  if (code === 0) return { finding: null, runs, edges };
  const says = /^== [A-Z]+: .* ==$/m.exec(log) ?? /^SUMMARY: .*$/m.exec(log) ?? /^.*ERROR.*$/m.exec(log);
  const input = /Test unit written to (\S+)/.exec(log)?.[1];
  return { finding: says?.[0] ?? `ended with code ${code}`, input, runs, edges };
}
