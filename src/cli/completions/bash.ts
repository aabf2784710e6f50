/** P: the completion script of bash, 3.2 (macOS) and newer. */
import type { CommandWords, OptionWords, ValueKind, Vocabulary } from "./vocabulary.ts";

/** Writes the script; it needs nothing but bash's own `complete` and `compgen`. */
export function bashScript(vocabulary: Vocabulary): string {
  const { program, commands, options } = vocabulary;
  const name = `_${program}`;
  const globalsWithValue = options.filter(hasValue).flatMap(({ flags }) => flags);
  return `# Completions of ${program} for bash; in ~/.bashrc: source <(${program} completions bash)
${name}_words() {
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur")
}
${name}_paths() {
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$1" -- "$cur")
}
${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" command="" word index
  COMPREPLY=()
  # bash makes three words of --option=value.
  if [[ $cur == "=" ]]; then cur=""; elif [[ $prev == "=" ]]; then prev="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in
      ${globalsWithValue.join("|") || "--"}) [[ \${COMP_WORDS[index+1]} == "=" ]] || index=$((index + 1)) ;;
      =) index=$((index + 1)) ;;
      -*) ;;
      *) command="$word"; break ;;
    esac
  done
  case "$command $prev" in
${valueCases(vocabulary).join("\n")}
  esac
  case "$command" in
    "")
      if [[ $cur == -* ]]; then ${name}_words ${quoted(flagsOf(options))}
      else ${name}_words ${quoted(commands.map((command) => command.name))}; fi ;;
${commands.map((command) => commandCase(command, vocabulary)).join("\n")}
  esac
}
complete -F ${name} ${program}
`;
}

function valueCases({ program, commands, options }: Vocabulary): string[] {
  const cases = (command: string, of: readonly OptionWords[]) =>
    of.filter(hasValue).map(({ flags, value }) => {
      const patterns = flags.map((flag) =>
        command === "*" ? `*" ${flag}"` : `"${command} ${flag}"`,
      );
      return `    ${patterns.join("|")}) ${offer(program, value)}return ;;`;
    });
  return [
    ...commands.flatMap((command) => cases(command.name, command.options)),
    ...cases("*", options),
  ];
}

function commandCase(command: CommandWords, { program, options }: Vocabulary): string {
  const flags = flagsOf([...command.options, ...options]);
  const argument = offer(program, command.argument).trimEnd() || ":;";
  return `    ${command.name})
      if [[ $cur == -* ]]; then _${program}_words ${quoted(flags)}
      else ${argument} fi ;;`;
}

/** Ends with `; ` unless there is nothing to offer. */
function offer(program: string, value: ValueKind): string {
  switch (value.kind) {
    case "choices":
      return `_${program}_words ${quoted(value.choices)}; `;
    case "file":
      return `_${program}_paths -f; `;
    case "folder":
      return `_${program}_paths -d; `;
    case "any":
    case "none":
      return "";
  }
}

function hasValue({ value }: OptionWords): boolean {
  return value.kind !== "none";
}

function flagsOf(options: readonly OptionWords[]): string[] {
  return options.flatMap(({ flags }) => flags);
}

/** Words of a declaration: letters, digits and dashes. */
function quoted(words: readonly string[]): string {
  return `'${words.join(" ").replaceAll("'", "'\\''")}'`;
}
