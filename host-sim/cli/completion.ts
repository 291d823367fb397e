/** `sixfold completion bash|zsh|fish`: a script for the shell, made from the commands as they are. */
import { Argument, type Command, type Option } from "commander";
import { boardNames } from "../boards/board.js";
import { IMAGE_NAMES } from "../core/image.js";
import { bash, fish, type Grammar, type Value, type Verb, zsh } from "./completion-scripts.js";
import { doctorWords } from "./doctor.js";
import { scenarioNames } from "./scenarios.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

export function register(program: Command): void {
  program
    .command("completion")
    .description("write a completion script for a shell")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(completion(shell, program));
    });
}

export function completion(shell: Shell, program: Command): string {
  const verbs = program.commands.map(describe);
  const names: Value = { name: "verb", words: verbs.map(({ name }) => name), paths: "none" };
  verbs.push({ name: "help", description: "say what a verb does", options: [], arguments: [names], endless: false });
  const grammar: Grammar = { verbs, options: [program.createHelp().visibleOptions(program).map(option)].flat() };
  return { bash, zsh, fish }[shell](grammar);
}

function describe(command: Command): Verb {
  return {
    name: command.name(),
    description: command.description(),
    options: command.createHelp().visibleOptions(command).map(option),
    arguments: command.registeredArguments.map((argument) => value(argument.name(), argument.argChoices)),
    endless: command.registeredArguments.at(-1)?.variadic ?? false,
  };
}

function option({ long, short, flags, description, argChoices }: Option): Verb["options"][number] {
  const placeholder = /[<[](\w+)/.exec(flags)?.[1];
  const name = long!.slice(2);
  return {
    name,
    short: short?.slice(1),
    description,
    value: placeholder === undefined ? undefined : value(name in WORDS ? name : placeholder, argChoices),
  };
}

/** What is known of a value by the name of its option or argument, where the command does not refuse everything else. */
const WORDS: Record<string, () => string[]> = {
  scenario: scenarioNames,
  board: boardNames,
  image: () => [...IMAGE_NAMES],
  what: doctorWords,
  verb: () => ["status", "move", "set", "watch", "clean"],
};
const FILES = ["file", "config", "scenario", "firmware", "device"];

function value(name: string, choices: readonly string[] | undefined): Value {
  const paths = name === "folder" ? "folders" : FILES.includes(name) ? "files" : "none";
  return { name, words: choices ?? WORDS[name]?.() ?? [], paths };
}
