/** The commands around runs of many tests: their options. What they do is commands/. */
import type { Command } from "commander";
import type { MergeOptions } from "../commands/merge.ts";
import type { RerunOptions } from "../commands/rerun.ts";
import type { Act } from "../program.ts";
import { addEndpointOptions } from "./endpoint-options.ts";
import { addLaunchOptions, addScheduleOptions, addTellingOptions } from "./launch-options.ts";

/** Adds all of them. */
export function addPlanningCommands(program: Command, act: Act): void {
  addRerun(program, act);
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

function addRerun(program: Command, act: Act): void {
  const rerun = program
    .command("rerun")
    .description("run the tests of a run again, as a run of its own, over all nodes")
    .argument("<run>", "a run that has ended")
    .option("--failed", "only tests that failed, were lost, or were skipped because others failed")
    .option("--out <dir>", "folder of the report", "panoptic-report");
  addLaunchOptions(rerun);
  addScheduleOptions(rerun);
  addEndpointOptions(addTellingOptions(rerun)).action((id: string, options: RerunOptions) =>
    act(async (context) => (await import("../commands/rerun.ts")).rerun(id, options, context)),
  );
}
