import { execFile, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { BuildError } from "../bench/build.js";
import type { Instrumented } from "./build.js";

/** A function of the C and how often it ran. */
export interface Counted {
  /** Line where it begins. */
  line: number;
  count: number;
  /** Its conditions in order: how often each was true and false. */
  branches: { yes: number; no: number }[];
}

/** Columns of a branch in llvm-cov's export: lines, columns, counts, then the file; macros are further files. */
type Branch = [line: number, column: number, endLine: number, endColumn: number, yes: number, no: number, file: number];
interface Export {
  data: { functions: { name: string; count: number; branches: Branch[]; regions: number[][] }[] }[];
}

const exec = promisify(execFile);
const LARGE = 1 << 29;

/** Debian names the tools with and without the version; both belong to the clang that is used. */
async function tool(name: string, args: string[]): Promise<string> {
  try {
    return (await exec(name, args, { maxBuffer: LARGE })).stdout;
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === "ENOENT") throw new BuildError(`${name} is not installed: scripts/setup-debian installs it`);
    throw new BuildError(`${name} failed: ${stderr}`);
  }
}

/** Replays tapes; gives what was counted, in the order of the C, and the digest of each tape's answers. */
export async function measure(
  { program, source }: Instrumented,
  tapes: readonly string[],
): Promise<{ functions: Counted[]; digests: number[] }> {
  const raw = join(dirname(program), "counts.profraw");
  const profile = join(dirname(program), "counts.profdata");
  const output = await play(program, raw, tapes);
  await tool("llvm-profdata", ["merge", "-sparse", raw, "-o", profile]);
  const json = await tool("llvm-cov", ["export", program, `-instr-profile=${profile}`, source]);
  const { functions } = (JSON.parse(json) as Export).data[0];
  const counted = functions
    .filter(({ name }) => name.includes(":w2c_"))
    .map(({ count, branches, regions }) => ({
      line: regions[0][0],
      count,
      branches: branches
        .filter(([, , , , , , file]) => file === 0)
        .sort((one, other) => one[0] - other[0] || one[1] - other[1])
        .map(([, , , , yes, no]) => ({ yes, no })),
    }));
  const digests = output.split("\n").filter((line) => line !== "");
  return {
    functions: counted.sort((one, other) => one.line - other.line),
    digests: digests.map((line) => Number.parseInt(line, 16)),
  };
}

async function play(program: string, raw: string, tapes: readonly string[]): Promise<string> {
  const child = spawn(program, { env: { ...process.env, LLVM_PROFILE_FILE: raw }, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  let complaint = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  child.stdin.on("error", () => {}); // it ended early: its exit status says so
  child.stdin.end(tapes.map((tape) => `${tape}\n`).join(""));
  const status = await new Promise<number | null>((done) => child.on("close", done));
  if (status !== 0) throw new Error(`replay ended with ${status}: ${complaint.trim()}`);
  return output;
}
