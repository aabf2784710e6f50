/** `panoptic run`: its options. What it does is commands/run.ts's. */
import type { Command } from "commander";
import { gather, parseLine, parsePattern, parseWhole } from "../option-values.ts";
import type { Act } from "../program.ts";
import type { RunCommandOptions } from "../run/run-options.ts";
import { addEndpointOptions } from "./endpoint-options.ts";
import { addKnowledgeOptions } from "./history-commands.ts";
import { addProfileOption } from "./keeping-options.ts";
import {
  addLaunchOptions,
  addPlanOptions,
  addScheduleOptions,
  addTellingOptions,
} from "./launch-options.ts";

const NODES_MAX = 64;
const SLOTS_MAX = 1_000;

/** Adds `run`. */
export function addRunCommand(program: Command, act: Act): void {
  const run = program
    .command("run")
    .description("run suites: on a mesh of its own, or on the gateway that is named")
    .argument("[suite...]", "suite files, folders or globs")
    .option(
      "--out <dir>",
      "folder of the report; replaced when it holds one (default: the output of the suites, else panoptic-report)",
    )
    .option("--nodes <n>", "node processes of the own mesh (default: 2)", parseWhole(1, NODES_MAX))
    .option(
      "--slots <n>",
      "attempts at once on each node of the own mesh (default: the cores, shared)",
      parseWhole(1, SLOTS_MAX),
    )
    .option("--tag <tag>", "only tests with this tag; may be repeated", gather)
    .option("--grep <re>", "only tests whose key matches", parsePattern)
    .option("--last-failed", "only what failed, was lost or held back in the last run from here")
    .option("--changed-since <rev>", "only tests whose files changed since that revision of git")
    .option("--watch", "run again what a change of files is about, until Ctrl-C")
    .option(
      "--debug [line]",
      "stop at the first step, or at that line, and take commands",
      parseLine,
    )
    .option("--debug-on-failure", "stop where the first test fails, and take commands")
    .option("--skip-unsupported", "skip and show steps that are not supported yet");
  addPlanOptions(addScheduleOptions(addLaunchOptions(run)));
  addKnowledgeOptions(addProfileOption(run));
  addEndpointOptions(addTellingOptions(run)).action(
    (suites: string[], options: RunCommandOptions) =>
      act(async (context) => (await import("../commands/run.ts")).run(suites, options, context)),
  );
}
