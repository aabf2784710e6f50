/** `panoptic run`: its options. What it does is commands/run.ts's. */
import { type Command, Option } from "commander";
import {
  gather,
  parseBound,
  parseDuration,
  parsePattern,
  parseWhen,
  parseWhole,
} from "../option-values.ts";
import type { Act } from "../program.ts";
import type { RunCommandOptions } from "../run/run-options.ts";
import { addEndpointOptions } from "./endpoint-options.ts";
import { addPlanOptions, addScheduleOptions } from "./schedule-options.ts";

const NODES_MAX = 64;
const SLOTS_MAX = 1_000;
const RETRIES_MAX = 100;

/** Adds `run`. */
export function addRunCommand(program: Command, act: Act): void {
  const run = program
    .command("run")
    .description("run suites: on a mesh of its own, or on the gateway that is named")
    .argument("<suite...>", "suite files, folders or globs")
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
    .option(
      "--retries <n>",
      "further attempts after failures, for all tests",
      parseWhole(0, RETRIES_MAX),
    )
    .option("--test-timeout <d>", "bound of one attempt, for all tests", parseBound)
    .option("--run-timeout <d>", "end the whole run after this", parseBound)
    .addOption(whenOption("--trace <when>", "keep traces, for all tests"))
    .addOption(whenOption("--video <when>", "keep films, for all tests"))
    .addOption(whenOption("--screenshots <when>", "keep a picture of the end, for all tests"))
    .option(
      "--wait-for-nodes <d>",
      "how long a test may wait for a node that can run it",
      parseDuration,
    )
    .option("--allow-empty", "a run of nothing is no failure")
    .option("--skip-unsupported", "skip and show steps that are not supported yet");
  addPlanOptions(addScheduleOptions(run));
  run
    .addOption(new Option("--quiet", "only what failed, and the last line").conflicts("verbose"))
    .option("--verbose", "every attempt as it starts and ends; at the end the steps of what failed")
    .option("--json", "one JSON object on stdout, progress on stderr");
  addEndpointOptions(run).action((suites: string[], options: RunCommandOptions) =>
    act(async (context) => (await import("../commands/run.ts")).run(suites, options, context)),
  );
}

/** The choices are shown in the help and offered by completions. */
function whenOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(["off", "on-failure", "on"]).argParser(parseWhen);
}
