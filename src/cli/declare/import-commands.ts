/** The commands about files of suites and of other tools: their options. What they do is commands/. */
import { type Command, Option } from "commander";
import type { ImportOptions } from "../commands/import.ts";
import type { Act } from "../program.ts";

/** Adds all of them. */
export function addImportCommands(program: Command, act: Act): void {
  program
    .command("import")
    .description(
      "turn scripts of Playwright or flows of Maestro into suites; what is left out is listed",
    )
    .argument("<file...>", "scripts (.ts, .js) or flows (.yaml)")
    .option("-o, --out <file>", "write it there instead of printing it; a folder for several")
    .addOption(
      new Option(
        "--from <tool>",
        "what the files are, where their content does not say it",
      ).choices(["playwright", "maestro"]),
    )
    .option("--allow-partial", "exit 0 also when something was left out")
    .action((files: string[], options: ImportOptions) =>
      act(async (context) =>
        (await import("../commands/import.ts")).importFiles(files, options, context),
      ),
    );
}
