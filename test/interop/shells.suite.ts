import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { boardNames } from "../../host-sim/boards/board.js";
import { completion } from "../../host-sim/cli/completion.js";
import { buildProgram } from "../../host-sim/cli/main.js";
import { scenarioNames } from "../../host-sim/cli/scenarios.js";
import { must } from "./lib/process.js";
import type { Bench, Suite } from "./lib/suite.js";

/** Completion, asked of the shells themselves: bash and zsh at a terminal where the keys are typed, fish by its own `complete -C`. */
export const suite: Suite = {
  summary: "bash, zsh and fish complete verbs, scenarios, options, their values and files",
  needs: ["python", "zsh", "fish"],
  timeoutS: 180,
  run,
};

const SHELLS = ["bash", "zsh", "fish"] as const;
const PROGRAM = join(fileURLToPath(new URL(".", import.meta.url)), "programs/complete.py");

interface Case {
  line: string;
  /** All words of the line, the last one in all its completions. */
  words: string[];
}

const beginning = (words: readonly string[], begin: string): string[] => words.filter((word) => word.startsWith(begin));

function cases(): Case[] {
  const program = buildProgram();
  const verbs = [...program.commands.map((command) => command.name()), "help"];
  const scenarios = scenarioNames();
  const options = (verb: string): string[] =>
    program.commands.find((command) => command.name() === verb)!.options.map(({ long }) => long!);
  const files = ["folder", "plain.yaml", "with space.yaml"];
  return [
    { line: "sixfold s", words: beginning(verbs, "s") },
    { line: "sixfold c", words: beginning(verbs, "c") },
    { line: "sixfold --ver", words: ["--version"] },
    { line: "sixfold sim ", words: ["sim", ...scenarios, ...files] },
    { line: "sixfold sim t", words: ["sim", ...beginning(scenarios, "t")] },
    { line: "sixfold sim roa", words: ["sim", "roam-lossy"] },
    { line: "sixfold sim --", words: ["sim", ...options("sim"), "--help"] },
    { line: "sixfold emulate --s", words: ["emulate", ...beginning(options("emulate"), "--s")] },
    { line: "sixfold sim --ladder ", words: ["sim", "--ladder", "svg", "text"] },
    { line: "sixfold sim --ladder=s", words: ["sim", "--ladder=svg"] },
    { line: "sixfold sim --ladder svg dem", words: ["sim", "--ladder", "svg", "demo"] },
    { line: "sixfold sim --seed ", words: ["sim", "--seed"] },
    { line: "sixfold sim --out ", words: ["sim", "--out", "folder"] },
    { line: "sixfold sim --pcap pl", words: ["sim", "--pcap", "plain.yaml"] },
    { line: "sixfold check w", words: ["check", "with space.yaml"] },
    { line: "sixfold emulate --scenario dem", words: ["emulate", "--scenario", "demo"] },
    { line: "sixfold build --board ", words: ["build", "--board", ...boardNames()] },
    { line: "sixfold build --image h", words: ["build", "--image", "home-agent", "host"] },
    { line: "sixfold build -o pl", words: ["build", "-o", "plain.yaml"] },
    { line: "sixfold ctl edge s", words: ["ctl", "edge", "set", "status"] },
    { line: "sixfold doctor simulate qemu", words: ["doctor", "simulate", ...beginning(boardNames(), "qemu")] },
    { line: "sixfold completion ", words: ["completion", ...SHELLS] },
    { line: "sixfold help in", words: ["help", "inspect"] },
  ];
}

/** What only a beginning of `-` brings in one shell and nothing in another; a folder's last slash. */
function alike(words: string[], line: string): string[] {
  const asked = line.split(" ");
  const short = (word: string): boolean => /^-\w$/.test(word) && !asked.includes(word);
  const volunteered = (word: string): boolean => word.startsWith("--") && line.endsWith(" ") && !asked.includes(word);
  return words
    .filter((word) => !short(word) && !volunteered(word))
    .map((word) => word.replace(/\/$/, ""))
    .sort();
}

async function run(bench: Bench): Promise<void> {
  const folder = bench.file("files");
  mkdirSync(join(folder, "folder"), { recursive: true });
  for (const name of ["plain.yaml", "with space.yaml"]) writeFileSync(join(folder, name), "");
  for (const shell of SHELLS) {
    const script = bench.file(`completion.${shell}`);
    writeFileSync(script, completion(shell, buildProgram()));
    await bench.check(`${shell}: verbs, scenarios, options, values, files`, async () => {
      const asked = cases();
      const typed = asked.map(({ line }) => JSON.stringify(line)).join("\n");
      const shown = await ask(folder, shell, script, typed);
      const wrong = asked.flatMap(({ line, words }, i) => {
        const [have, want] = [shown[i] ?? [], words].map((list) => alike(list, line));
        return JSON.stringify(have) === JSON.stringify(want)
          ? []
          : [`"${line}": ${have.join(" ")}; not ${want.join(" ")}`];
      });
      assert.equal(wrong.join("\n"), "");
      return `${asked.length} lines`;
    });
  }
  await bench.check("zsh: as an autoloaded function of $fpath, from the first time on", async () => {
    const functions = bench.file("functions");
    mkdirSync(functions);
    copyFileSync(bench.file("completion.zsh"), join(functions, "_sixfold"));
    const start = bench.file("autoload.zsh");
    writeFileSync(start, `fpath=(${functions} $fpath); autoload -Uz compinit; compinit -u -D\n`);
    assert.deepEqual(await ask(folder, "zsh", start, '"sixfold sim roa"'), [["sim", "roam-lossy"]]);
  });
}

async function ask(folder: string, shell: string, script: string, lines: string): Promise<string[][]> {
  const argv = ["env", "-C", folder, "/usr/bin/python3", PROGRAM, shell, script];
  const text = await must(argv, { timeoutMs: 60_000, input: `${lines}\n` });
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as string[]);
}
