/** `sixfold completion bash|zsh|fish`: a script for the shell, made from the commands as they are. */
import { Argument, type Command } from "commander";
import { doctorWords } from "./doctor.js";
import { scenarioNames } from "./scenarios.js";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

interface Verb {
  name: string;
  description: string;
  options: { flag: string; description: string; choices: readonly string[] }[];
  /** Words that its first argument may be, beside files. */
  words: string[];
}

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
  if (shell === "bash") return bash(verbs);
  return shell === "zsh" ? zsh(verbs) : fish(verbs);
}

/** What a verb's first argument may be, where the verb itself does not refuse everything else. */
const WORDS: Record<string, () => string[]> = { sim: scenarioNames, doctor: doctorWords };

function describe(command: Command): Verb {
  const words = WORDS[command.name()]?.() ?? command.registeredArguments[0]?.argChoices ?? [];
  const options = command.options.flatMap(({ long, description, argChoices }) =>
    long ? [{ flag: long, description, choices: argChoices ?? [] }] : [],
  );
  return { name: command.name(), description: command.description(), options, words: [...words] };
}

function bash(verbs: Verb[]): string {
  const cases = verbs.map(
    ({ name, options, words }) => `    ${name}) words="${[...words, ...options.map(({ flag }) => flag)].join(" ")}" ;;`,
  );
  return `# bash completion for sixfold: source it, or put it into /etc/bash_completion.d
_sixfold() {
  local cur=\${COMP_WORDS[COMP_CWORD]} words
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
    *) words="" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${verbs.map(({ name }) => name).join(" ")} help"; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur") $([ "$COMP_CWORD" -gt 1 ] && compgen -f -- "$cur"))
}
complete -o filenames -F _sixfold sixfold
`;
}

function zsh(verbs: Verb[]): string {
  const quote = (text: string) => text.replaceAll("'", "'\\''").replaceAll(":", "\\:");
  const commands = verbs.map(({ name, description }) => `    '${name}:${quote(description)}'`);
  const cases = verbs.map(({ name, options, words }) => {
    const flags = options.map(({ flag, description }) => `'${flag}[${quote(description).replaceAll(/[[\]]/g, "")}]'`);
    const first = words.length > 0 ? `'1: :(${words.join(" ")})'` : "";
    return `    ${name}) _arguments ${[...flags, first, "'*:file:_files'"].filter(Boolean).join(" ")} ;;`;
  });
  return `#compdef sixfold
_sixfold() {
  local -a commands
  commands=(
${commands.join("\n")}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local verb=$words[2]
  shift words; (( CURRENT-- ))
  case $verb in
${cases.join("\n")}
  esac
}
compdef _sixfold sixfold
`;
}

function fish(verbs: Verb[]): string {
  const quote = (text: string) => text.replaceAll("'", "\\'");
  const lines = verbs.flatMap(({ name, description, options, words }) => {
    const when = `-n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c sixfold -n __fish_use_subcommand -a ${name} -d '${quote(description)}'`,
      ...(words.length > 0 ? [`complete -c sixfold ${when} -a '${words.join(" ")}'`] : []),
      ...options.map(
        ({ flag, description, choices }) =>
          `complete -c sixfold ${when} -l ${flag.slice(2)} -d '${quote(description)}'${choices.length > 0 ? ` -xa '${choices.join(" ")}'` : ""}`,
      ),
    ];
  });
  return `# fish completion for sixfold\n${lines.join("\n")}\n`;
}
