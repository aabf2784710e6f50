/** P: what can be typed after the program's name, read from its declaration: so a completion never drifts from it. */
import type { Command, Option } from "commander";
import { gather } from "../option-values.ts";

/** What a value may be; `any`: nothing that a shell could know. */
export type ValueKind =
  | { readonly kind: "none" | "any" | "file" | "folder" }
  | { readonly kind: "choices"; readonly choices: readonly string[] };

export type OptionWords = {
  /** `--out`, or `-V` and `--version`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value: ValueKind;
  readonly isRepeatable: boolean;
};

export type CommandWords = {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  readonly argument: ValueKind;
};

export type Vocabulary = {
  readonly program: string;
  /** Before and after every command. */
  readonly options: readonly OptionWords[];
  readonly commands: readonly CommandWords[];
};

/** What a placeholder of the declaration means to a shell. */
const PLACEHOLDERS: Readonly<Record<string, "file" | "folder">> = {
  dir: "folder",
  file: "file",
  suite: "file",
};

/** Reads the declaration; what is hidden in the help is hidden here too. */
export function vocabularyOf(program: Command): Vocabulary {
  const commands = program.createHelp().visibleCommands(program);
  const names = commands.map((command) => command.name());
  const options = optionsOf(program);
  const isGlobal = ({ flags }: OptionWords) =>
    options.some((option) => option.flags.join() === flags.join());
  return {
    program: program.name(),
    options,
    commands: commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      // Every command has help of its own.
      options: optionsOf(command).filter((option) => !isGlobal(option)),
      argument: argumentOf(command, names),
    })),
  };
}

function optionsOf(command: Command): OptionWords[] {
  const options = command.createHelp().visibleOptions(command);
  return options.map((option) => ({
    flags: [option.short, option.long].filter((flag) => flag !== undefined && flag !== null),
    description: option.description,
    value: optionValue(option),
    isRepeatable: option.parseArg === gather,
  }));
}

function optionValue(option: Option): ValueKind {
  if (!option.required && !option.optional) return { kind: "none" };
  if (option.argChoices !== undefined) return { kind: "choices", choices: option.argChoices };
  return { kind: PLACEHOLDERS[/[<[]([\w-]+)/.exec(option.flags)?.[1] ?? ""] ?? "any" };
}

function argumentOf(command: Command, commandNames: readonly string[]): ValueKind {
  const [first] = command.registeredArguments;
  if (first === undefined) return { kind: "none" };
  if (first.argChoices !== undefined) return { kind: "choices", choices: first.argChoices };
  if (command.name() === "help") return { kind: "choices", choices: commandNames };
  return { kind: PLACEHOLDERS[first.name()] ?? "any" };
}
