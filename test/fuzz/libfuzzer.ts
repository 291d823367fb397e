import { spawn } from "node:child_process";

/** How long and how a fuzzer runs. */
export interface Campaign {
  program: string;
  /** Tape that brings the image into its state; none for the planted module. */
  setup?: string;
  /** Folders of inputs; new ones go into the first. */
  corpora: string[];
  /** Where an input that fails is written: a folder. */
  findings: string;
  runs?: number;
  seconds?: number;
  seed: number;
}

/** What came of it. */
export interface Outcome {
  /** Null: nothing was found. Else the line that says what: a trap, a hang, ASan's summary. */
  finding: string | null;
  /** The input that fails. */
  input?: string;
  /** Inputs that were run. */
  runs: number;
  log: string;
}

/** Longest input: three frames of the largest size. */
const MAX_INPUT = 4700;

/** Runs libFuzzer until it finds something or its budget is used up. */
export async function fuzz(campaign: Campaign, onLine: (line: string) => void): Promise<Outcome> {
  const { program, setup, corpora, findings, runs, seconds, seed } = campaign;
  const args = [`-seed=${seed}`, `-max_len=${MAX_INPUT}`, "-timeout=10", "-print_final_stats=1"];
  if (runs !== undefined) args.push(`-runs=${runs}`);
  if (seconds !== undefined) args.push(`-max_total_time=${seconds}`);
  const env = { ...process.env, ASAN_OPTIONS: "detect_leaks=0", ...(setup ? { FUZZ_SETUP: setup } : {}) };
  const child = spawn(program, [...args, `-artifact_prefix=${findings}/`, ...corpora], { env });
  let log = "";
  child.stderr.on("data", (data) => {
    log += data;
    for (const line of `${data}`.split("\n")) if (/\b(pulse|INITED|DONE)\b/.test(line)) onLine(line);
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { ...judge(code, log), log };
}

function judge(code: number | null, log: string): Omit<Outcome, "log"> {
  const runs = Number(/stat::number_of_executed_units: (\d+)/.exec(log)?.[1] ?? 0);
  if (code === 0) return { finding: null, runs };
  const says =
    /^== (?:TRAP|HANG|TRANSMIT|SETUP): .* ==$/m.exec(log) ?? /^SUMMARY: .*$/m.exec(log) ?? /^.*ERROR.*$/m.exec(log);
  return { finding: says?.[0] ?? `ended with code ${code}`, input: /Test unit written to (\S+)/.exec(log)?.[1], runs };
}
