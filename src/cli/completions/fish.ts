/** P: the completion script of fish. */
import type { CommandWords, OptionWords, ValueKind, Vocabulary } from "./vocabulary.ts";

/** Writes the script, one `complete` a line. */
export function fishScript({ program, commands, options }: Vocabulary): string {
  const base = `complete -c ${program}`;
  const seen = (command: CommandWords) =>
    `-n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
  // Not __fish_use_subcommand: it takes the value of an option for a command.
  const none = `not __fish_seen_subcommand_from ${commands.map(({ name }) => name).join(" ")}`;
  const lines = [
    `# Completions of ${program} for fish; ${program} completions fish > ~/.config/fish/completions/${program}.fish`,
    `${base} -f`,
    ...options.map((option) => `${base} ${optionWords(option)}`),
    ...commands.map(
      ({ name, description }) => `${base} -n ${quoted(none)} -a ${name} -d ${quoted(description)}`,
    ),
    ...commands.flatMap((command) => [
      ...(command.argument.kind === "none" || command.argument.kind === "any"
        ? []
        : [`${base} ${seen(command)} ${valueWords(command.argument)}`]),
      ...command.options.map((option) => `${base} ${seen(command)} ${optionWords(option)}`),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function optionWords({ flags, description, value }: OptionWords): string {
  const names = flags.map((flag) =>
    flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const needed = value.kind === "none" ? [] : ["-r", valueWords(value)];
  return [...names, ...needed, `-d ${quoted(description)}`].filter((part) => part !== "").join(" ");
}

function valueWords(value: ValueKind): string {
  switch (value.kind) {
    case "choices":
      return `-f -a ${quoted(value.choices.join(" "))}`;
    case "file":
      return "-F";
    case "folder":
      return `-f -a ${quoted("(__fish_complete_directories)")}`;
    case "any":
      return "-f";
    case "none":
      return "";
  }
}

/** fish reads backslashes and quotes in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
