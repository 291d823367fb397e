/** Completion scripts for three shells from one grammar: `program VERB [--option [value]] [argument ...]`. */

/** What can stand in one place. */
export interface Value {
  name: string;
  words: readonly string[];
  paths: "none" | "files" | "folders";
}

export interface OptionRule {
  /** Without its dashes; `short` likewise. */
  name: string;
  short?: string;
  description: string;
  /** Undefined: it takes no value. */
  value?: Value;
}

export interface Verb {
  name: string;
  description: string;
  options: OptionRule[];
  arguments: Value[];
  /** The last argument may come again and again. */
  endless: boolean;
}

export interface Grammar {
  verbs: Verb[];
  /** In front of every verb. */
  options: OptionRule[];
}

const flags = ({ name, short }: OptionRule): string[] => [`--${name}`, ...(short ? [`-${short}`] : [])];
const single = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

export function bash({ verbs, options }: Grammar): string {
  const set = ({ words, paths }: Value): string => `words="${words.join(" ")}" paths=${paths}`;
  const values = verbs.flatMap((verb) =>
    verb.options.flatMap((option) =>
      option.value
        ? [
            `    ${flags(option)
              .map((flag) => single(`${verb.name} ${flag}`))
              .join("|")}) ${set(option.value)} ;;`,
          ]
        : [],
    ),
  );
  const takes = verbs.map((verb) => {
    const names = verb.options.filter(({ value }) => value).flatMap(flags);
    return `    ${verb.name}) takes=" ${names.join(" ")} " options="${verb.options.flatMap(flags).join(" ")}" ;;`;
  });
  const places = verbs.flatMap((verb) =>
    verb.arguments.map((argument, i) => {
      const last = verb.endless && i === verb.arguments.length - 1;
      return `      ${single(`${verb.name} `)}${last ? "*" : i}) ${set(argument)} ;;`;
    }),
  );
  return `# bash completion for sixfold: source it, or put it into /etc/bash_completion.d
_sixfold() {
  local cur=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} verb=\${COMP_WORDS[1]}
  local words="" paths=none takes="" options="" place=0 i word found=()
  # --option=value comes as three words.
  if [[ $cur == = ]]; then cur=""; elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}; fi
  case $verb in
${takes.join("\n")}
  esac
  for ((i = 2; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $takes == *" $word "* ]]; then
      [[ \${COMP_WORDS[i + 1]} == = ]] && ((i++))
      ((i++))
    elif [[ $word != -* ]]; then ((place++)); fi
  done
  case "$verb $previous" in
${values.join("\n")}
    *)
      if ((COMP_CWORD == 1)); then words="${[...verbs.map(({ name }) => name), ...options.flatMap(flags)].join(" ")}"
      elif [[ $cur == -* ]]; then words=$options
      else
        case "$verb $place" in
${places.map((line) => `  ${line}`).join("\n")}
        esac
        [[ -z $cur ]] && words="$words $options"
      fi ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  case $paths in
    files) mapfile -t found < <(compgen -f -- "$cur") ;;
    folders) mapfile -t found < <(compgen -d -- "$cur") ;;
    none) return ;;
  esac
  compopt -o filenames
  COMPREPLY+=("\${found[@]}")
}
complete -F _sixfold sixfold
`;
}

export function zsh({ verbs, options }: Grammar): string {
  const plain = (text: string): string => text.replaceAll(/[[\]]/g, "").replaceAll(":", "\\:");
  const action = ({ words, paths }: Value): string => {
    const found = [
      ...(words.length > 0 ? [`compadd -- ${words.join(" ")}`] : []),
      ...(paths === "files" ? ["_files"] : paths === "folders" ? ["_files -/"] : []),
    ];
    return found.length > 0 ? `{ ${found.join("; ")} }` : " ";
  };
  const spec = (option: OptionRule): string[] => {
    const told = `[${plain(option.description)}]${option.value ? `:${option.value.name}:${action(option.value)}` : ""}`;
    const names = flags(option);
    const exclusive = names.length > 1 ? `(${names.join(" ")})` : "";
    return names.map((name) => single(`${exclusive}${name}${option.value && name.startsWith("--") ? "=" : ""}${told}`));
  };
  const cases = verbs.map((verb) => {
    const places = verb.arguments.map((argument, i) => {
      const place = verb.endless && i === verb.arguments.length - 1 ? "*" : i + 1;
      return single(`${place}:${argument.name}:${action(argument)}`);
    });
    return `    ${verb.name}) _arguments ${[...verb.options.flatMap(spec), ...places].join(" ")} ;;`;
  });
  const commands = verbs.map(({ name, description }) => `    ${single(`${name}:${plain(description)}`)}`);
  return `#compdef sixfold
# zsh completion for sixfold: a file _sixfold in a folder of $fpath, or: source <(sixfold completion zsh)
_sixfold() {
  local -a commands
  commands=(
${commands.join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _arguments ${options.flatMap(spec).join(" ")}
    return
  fi
  local verb=$words[2]
  shift words
  (( CURRENT-- ))
  case $verb in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = _sixfold ]; then _sixfold "$@"; else compdef _sixfold sixfold; fi
`;
}

export function fish({ verbs, options }: Grammar): string {
  const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  const line = (when: string, ...rest: string[]): string => `complete -c sixfold -n ${quote(when)} ${rest.join(" ")}`;
  const candidates = ({ words, paths }: Value): string[] => {
    if (paths === "folders") return ["-x", "-a", quote("(__fish_complete_directories)")];
    const named = words.length > 0 ? ["-a", quote(words.join(" "))] : [];
    return paths === "files" ? ["-r", "-F", ...named] : ["-x", ...named];
  };
  const rule = (when: string, option: OptionRule): string => {
    const short = option.short ? ["-s", option.short] : [];
    const told = ["-l", option.name, ...short, "-d", quote(option.description)];
    return line(when, ...told, ...(option.value ? candidates(option.value) : []));
  };
  const lines = verbs.flatMap((verb) => {
    const takes = verb.options.filter(({ value }) => value).flatMap(flags);
    const places = verb.arguments.map((argument, i) => {
      const more = verb.endless && i === verb.arguments.length - 1 ? "+" : "";
      const { words, paths } = argument;
      const named = words.length > 0 ? ["-a", quote(words.join(" "))] : [];
      return line(
        `__sixfold_place ${[verb.name, `${i}${more}`, ...takes].join(" ")}`,
        ...(paths === "none" ? [] : ["-F"]),
        ...named,
      );
    });
    return [
      line("__sixfold_first", "-a", verb.name, "-d", quote(verb.description)),
      ...places,
      ...verb.options.map((option) => rule(`__sixfold_verb ${verb.name}`, option)),
    ];
  });
  return `# fish completion for sixfold: put it into ~/.config/fish/completions/sixfold.fish
function __sixfold_first -d 'no verb yet'
    test (count (commandline -opc)) -eq 1
end
function __sixfold_verb -a verb
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $verb
end
function __sixfold_place -a verb place -d 'behind VERB and PLACE arguments (N+: at least N); further words are options with a value'
    __sixfold_verb $verb; or return 1
    set -l words (commandline -opc)
    set -e words[1..2]
    set -l seen 0
    set -l skip no
    for word in $words
        if test $skip = yes
            set skip no
        else if contains -- $word $argv[3..-1]
            set skip yes
        else if not string match -q -- '-*' $word
            set seen (math $seen + 1)
        end
    end
    test $skip = no; or return 1
    if string match -q '*+' $place
        test $seen -ge (string replace + '' $place)
    else
        test $seen -eq $place
    end
end
complete -c sixfold -f
${options.map((option) => rule("__sixfold_first", option)).join("\n")}
${lines.join("\n")}
`;
}
