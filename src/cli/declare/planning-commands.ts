/** The commands around runs of many tests: their options. What they do is commands/. */
import type { Command } from "commander";
import type { MergeOptions } from "../commands/merge.ts";
import type { PlanOptions } from "../commands/plan.ts";
import type { RerunOptions } from "../commands/rerun.ts";
import { gather, parseFleet, parsePattern, parseWhole } from "../option-values.ts";
import type { Act } from "../program.ts";
import { addEndpointOptions } from "./endpoint-options.ts";
import {
  addLaunchOptions,
  addPlanOptions,
  addScheduleOptions,
  addTellingOptions,
} from "./launch-options.ts";

/** Adds all of them. */
export function addPlanningCommands(program: Command, act: Act): void {
  addPlan(program, act);
  addRerun(program, act);
  program
    .command("merge")
    .description("merge the reports of a run's slices (run --shard) into one")
    .argument("<dir...>", "folders of the slices' reports")
    .option("--out <dir>", "folder of the merged report", "panoptic-report")
    .option("--history <file>", "add what the tests took to this file of histories")
    .option("--json", "JSON on stdout")
    .action((folders: string[], options: MergeOptions) =>
      act(async (context) =>
        (await import("../commands/merge.ts")).mergeReports(folders, options, context),
      ),
    );
}

function addPlan(program: Command, act: Act): void {
  const plan = program
    .command("plan")
    .description("what a run of suites would take: order, expected makespan, lower bound")
    .argument("<suite...>", "suite files, folders or globs")
    .option("--nodes <n>", "of a stated fleet: its nodes", parseWhole(1, 10_000))
    .option("--slots <n>", "of a stated fleet: slots of each node", parseWhole(1, 1_000))
    .option("--fleet <parts>", "a stated fleet of unlike nodes, such as 4x2,2x1", parseFleet)
    .option("--history <file>", "times of the tests, where no gateway has them")
    .option("--tag <tag>", "only tests with this tag; may be repeated", gather)
    .option("--grep <re>", "only tests whose key matches", parsePattern)
    .option("--skip-unsupported", "as of run")
    .option("--max-in-flight <n>", "attempts of the run at once", parseWhole(1, 100_000));
  addEndpointOptions(addPlanOptions(plan))
    .option("--json", "JSON on stdout")
    .action((suites: string[], options: PlanOptions) =>
      act(async (context) =>
        (await import("../commands/plan.ts")).planSuites(suites, options, context),
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
