/** The commands about what is known of tests: history and quarantine. What they do is commands/. */
import { Argument, type Command } from "commander";
import type { BaselinesOptions } from "../commands/baselines.ts";
import type { HistoryOptions } from "../commands/history.ts";
import type { QuarantineOptions } from "../commands/quarantine.ts";
import { parseBound, parseName } from "../option-values.ts";
import type { Act } from "../program.ts";
import { addEndpointOptions } from "./endpoint-options.ts";

const OWNER_LENGTH_MAX = 200;
const REASON_LENGTH_MAX = 1_000;

/** What a run may be told of its tests. */
export function addKnowledgeOptions(run: Command): Command {
  return run
    .option("--history <file>", "read before the run when it is there, written after it")
    .option("--quarantine <file>", "list of tests whose failures do not fail it; for an own mesh")
    .option(
      "--baselines <dir>",
      "pictures to compare with, read before the run and written after it; for an own mesh",
    )
    .option("--update-baselines", "pictures that differ or are new become the baselines");
}

/** Adds all of them. */
export function addHistoryCommands(program: Command, act: Act): void {
  addBaselinesCommand(program, act);
  addEndpointOptions(
    program
      .command("history")
      .description("the slowest and flakiest tests; export and import what is known of all")
      .addArgument(new Argument("[action]", "export, or import FILE").choices(["export", "import"]))
      .argument("[file]", "the file to import")
      .option("--out <file>", "of export (default: stdout)"),
  )
    .option("--json", "JSON on stdout")
    .action((action: string | undefined, file: string | undefined, options: HistoryOptions) =>
      act(async (context) =>
        (await import("../commands/history.ts")).history({ action, file }, options, context),
      ),
    );
  addEndpointOptions(
    program
      .command("quarantine")
      .description("tests that run and are told of, but whose failures do not fail a run")
      .addArgument(
        new Argument("[action]", "list, add KEY or remove KEY").choices(["list", "add", "remove"]),
      )
      .argument("[key]", "a test's key, or a pattern between slashes")
      .option("--owner <name>", "of add: who mends it", parseName(OWNER_LENGTH_MAX))
      .option("--reason <text>", "of add: why", parseName(REASON_LENGTH_MAX))
      .option("--expires <d>", "of add: when it ends, from now, such as 14d", parseBound),
  )
    .option("--json", "JSON on stdout")
    .action((action: string | undefined, key: string | undefined, options: QuarantineOptions) =>
      act(async (context) =>
        (await import("../commands/quarantine.ts")).quarantine({ action, key }, options, context),
      ),
    );
}

function addBaselinesCommand(program: Command, act: Act): void {
  addEndpointOptions(
    program
      .command("baselines")
      .description("the pictures that tests are compared with: list, export, import, remove")
      .addArgument(
        new Argument("[action]", "list (default), export DIR, import DIR, remove KEY").choices([
          ...["list", "export", "import", "remove"],
        ]),
      )
      .argument("[place]", "a folder, or a test's key")
      .option("--browser <name>", "of remove: only of this browser", parseName(60))
      .option("--os <name>", "of remove: only of this system", parseName(40))
      .option("--name <name>", "of remove: only of this name", parseName(100)),
  )
    .option("--json", "JSON on stdout")
    .action((action: string | undefined, place: string | undefined, options: BaselinesOptions) =>
      act(async (context) =>
        (await import("../commands/baselines.ts")).baselines({ action, place }, options, context),
      ),
    );
}
