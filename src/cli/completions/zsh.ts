/** P: the completion script of zsh: a file `_panoptic` where zsh looks for functions, or sourced after compinit. */
import type { CommandWords, OptionWords, ValueKind, Vocabulary } from "./vocabulary.ts";

/** Writes the script in terms of zsh's `_arguments` and `_describe`. */
export function zshScript({ program, commands, options }: Vocabulary): string {
  const name = `_${program}`;
  const globals = options.map(optionSpec);
  return `#compdef ${program}
# Completions of ${program} for zsh; in ~/.zshrc, after compinit: source <(${program} completions zsh)
${name}() {
  local curcontext="$curcontext" state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${commands.map(({ name: command, description }) => `    ${quoted(`${command}:${plainText(description)}`)}`).join("\n")}
  )
  _arguments -C \\
${[...globals, quoted("1: :->command"), quoted("*:: :->rest")].map((spec) => `    ${spec}`).join(" \\\n")}
  case $state in
    command) _describe -t commands ${quoted(`${program} command`)} commands ;;
    rest)
      case $words[1] in
${commands.map((command) => commandCase(command, globals)).join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] == ${name} ]]; then ${name} "$@"; else compdef ${name} ${program}; fi
`;
}

function commandCase(command: CommandWords, globals: readonly string[]): string {
  const argument =
    command.argument.kind === "none"
      ? []
      : [quoted(`*:${command.name}${action(command.argument)}`)];
  const specs = [...command.options.map(optionSpec), ...globals, ...argument];
  return `        ${command.name}) _arguments ${specs.join(" ")} ;;`;
}

/** `'--out=[folder of the report]:value:_files -/'`; two flags of one option exclude each other. */
function optionSpec({ flags, description, value, isRepeatable }: OptionWords): string {
  const text = `[${plainText(description)}]`;
  const hasValue = value.kind !== "none";
  const end = hasValue ? `:value${action(value)}` : "";
  const specs = flags.map((flag) => {
    const isLong = flag.startsWith("--");
    const others = isRepeatable ? "*" : flags.length > 1 ? `(${flags.join(" ")})` : "";
    return quoted(`${others}${flag}${hasValue && isLong ? "=" : ""}${text}${end}`);
  });
  return specs.join(" ");
}

function action(value: ValueKind): string {
  switch (value.kind) {
    case "choices":
      return `:(${value.choices.join(" ")})`;
    case "file":
      return ":_files";
    case "folder":
      return ":_files -/";
    case "any":
    case "none":
      return ": ";
  }
}

/** Without what `_arguments` and `_describe` read in a description. */
function plainText(text: string): string {
  return text.replace(/[[\]:\\`$]/g, (character) => `\\${character}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
