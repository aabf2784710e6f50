/** The commands around runs of many tests: their options. What they do is commands/. */
import type { Command } from "commander";
import type { MergeOptions } from "../commands/merge.ts";
import type { Act } from "../program.ts";

/** Adds all of them. */
export function addPlanningCommands(program: Command, act: Act): void {
  program
    .command("merge")
    .description("merge the reports of a run's slices (run --shard) into one")
    .argument("<dir...>", "folders of the slices' reports")
    .option("--out <dir>", "folder of the merged report", "panoptic-report")
    .option("--json", "JSON on stdout")
    .action((folders: string[], options: MergeOptions) =>
      act(async (context) =>
        (await import("../commands/merge.ts")).mergeReports(folders, options, context),
      ),
    );
}
