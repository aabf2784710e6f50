/** The commands about files of suites and of other tools: their options. What they do is commands/. */
import { type Command, Option } from "commander";
import type { ImportOptions } from "../commands/import.ts";
import type { LintOptions } from "../commands/lint.ts";
import { gather } from "../option-values.ts";
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
  addLint(program, act);
}

function addLint(program: Command, act: Act): void {
  program
    .command("lint")
    .description("say what makes tests of suites fragile or empty, and how to mend it")
    .argument("[suite...]", "suite files, folders or globs")
    .addOption(
      new Option("--format <form>", "how findings are printed")
        .choices(["text", "json", "github"])
        .default("text"),
    )
    .option("--rule <id=level>", "set a rule to off, warn or error; may be repeated", gather)
    .option("--strict", "exit 1 on warnings, too")
    .option("--list-rules", "print the rules and their levels")
    .action((suites: string[], options: LintOptions) =>
      act(async (context) =>
        (await import("../commands/lint.ts")).lintSuites(suites, options, context),
      ),
    );
}
