/**
 * The command line: every command and option, and how a command's end becomes an exit code. Commands load when called,
 * and so does what they all need (settings, their schemas): `version` and `--help` are answered without it.
 */
import { Command, CommanderError, Option } from "commander";
import { messageOf } from "#shared/errors.ts";
import { PROGRAM_VERSION } from "#shared/program-version.ts";
import type { Context } from "./context.ts";
import { addFileCommands } from "./declare/file-commands.ts";
import { addFleetCommands } from "./declare/fleet-commands.ts";
import { addHistoryCommands } from "./declare/history-commands.ts";
import { addImportCommands } from "./declare/import-commands.ts";
import { addMeshCommands } from "./declare/mesh-commands.ts";
import { addPlanningCommands } from "./declare/planning-commands.ts";
import { addRecordCommand } from "./declare/record-command.ts";
import { addRunCommand } from "./declare/run-command.ts";
import { addSelfCommands } from "./declare/self-commands.ts";
import { EXIT_REFUSED, exitCodeOf, isExpected } from "./exit-code.ts";
import { nameLoadFault } from "./load-fault.ts";
import type { ColourChoice } from "./screen/colour.ts";
import type { Terminal } from "./terminal.ts";

/** Runs a loaded command with its words; a command returns its exit code. */
export type Act = (command: (context: Context) => Promise<number>) => Promise<void>;

/** The same for a command that needs neither settings nor signals, and so starts at once. */
export type ActAtOnce = (command: (terminal: Terminal) => Promise<number>) => Promise<void>;

/** Runs the command that the words name and returns the exit code of the process. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const act: Act = async (command) => {
    const { createContext } = await import("./context.ts");
    exitCode = await command(createContext(terminal, colourChoice(program)));
  };
  const actAtOnce: ActAtOnce = async (command) => {
    exitCode = await command(terminal);
  };
  const program = declareProgram(terminal, act, actAtOnce);
  try {
    if (words.length === 0) {
      terminal.warn(program.helpInformation().trimEnd());
      return EXIT_REFUSED;
    }
    await program.parseAsync(unknownCommand(program, words) ?? [...words], { from: "user" });
    return exitCode;
  } catch (thrown) {
    return explain(thrown, terminal);
  }
}

/** The name alone when there is no such command: with `help` around it Commander shows the help of all, as if it was asked for. */
function unknownCommand(program: Command, words: readonly string[]): string[] | undefined {
  const name = words[0] === "help" ? words[1] : words[0];
  if (name === undefined || name.startsWith("-") || name === "help") return undefined;
  return program.commands.some((command) => command.name() === name) ? undefined : [name];
}

function colourChoice(program: Command): ColourChoice {
  const { color } = program.opts<{ readonly color?: ColourChoice | boolean }>();
  return typeof color === "string" ? color : color === false ? "never" : "auto";
}

function declareProgram(terminal: Terminal, act: Act, actAtOnce: ActAtOnce): Command {
  const program = new Command("panoptic")
    .description(
      "Runs automated tests over a mesh of nodes and merges one report that can be believed.",
    )
    .version(PROGRAM_VERSION)
    .addOption(
      new Option("--color <when>", "colour in what is said").choices(["auto", "always", "never"]),
    )
    .option("--no-color", "the same as --color never")
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.say(text.trimEnd()),
      writeErr: (text) => terminal.warn(text.trimEnd()),
    })
    .helpCommand(true);
  addRunCommand(program, act);
  addPlanningCommands(program, act);
  addMeshCommands(program, act);
  addFleetCommands(program, act);
  addHistoryCommands(program, act);
  addFileCommands(program, act);
  addImportCommands(program, act);
  addRecordCommand(program, act);
  addSelfCommands(program, act, actAtOnce);
  return program;
}

function explain(caught: unknown, terminal: Terminal): number {
  const thrown = nameLoadFault(caught);
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_REFUSED; // It has said why itself.
  if (isExpected(thrown)) {
    terminal.warn(`panoptic: ${thrown.message}`);
    return exitCodeOf(thrown);
  }
  terminal.warn(`panoptic: a fault of Panoptic itself: ${messageOf(thrown)}`);
  if (thrown instanceof Error && thrown.stack !== undefined) terminal.warn(thrown.stack);
  return exitCodeOf(thrown);
}
