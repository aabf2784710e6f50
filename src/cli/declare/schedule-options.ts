/** The options that say how a run is scheduled, alike for all commands that make one. */
import type { Command } from "commander";
import { parseName, parseNumber, parseShard, parseWhole } from "../option-values.ts";

const PRIORITY_MAX = 1_000;
const WEIGHT_MIN = 0.01;
const WEIGHT_MAX = 100;
const NAME_LENGTH_MAX = 100;

/** Adds what holds for runs of suites and for those that run again. */
export function addScheduleOptions(command: Command): Command {
  return command
    .option(
      "--priority <n>",
      "runs of a higher one go first (default: 0)",
      parseNumber({ min: -PRIORITY_MAX, max: PRIORITY_MAX, isWhole: true }),
    )
    .option(
      "--weight <n>",
      "its share of the slots beside other runs (default: 1)",
      parseNumber({ min: WEIGHT_MIN, max: WEIGHT_MAX }),
    )
    .option("--project <name>", "whose quota of slots it uses", parseName(NAME_LENGTH_MAX))
    .option("--pool <name>", "nodes of tests that name no pool", parseName(NAME_LENGTH_MAX))
    .option(
      "--max-failures <n>",
      "once so many tests have failed for good, skip the rest",
      parseWhole(1, 1_000_000),
    )
    .option("--max-in-flight <n>", "attempts of the run at once", parseWhole(1, 100_000))
    .option("--min-nodes <n>", "start nothing before so many are well", parseWhole(1, 10_000))
    .option("--fail-on-flaky", "a flaky test fails the run");
}

/** Adds what makes other tests of the suites' tests: repetitions and slices. */
export function addPlanOptions(command: Command): Command {
  return command
    .option("--repeat-each <n>", "each test so many times", parseWhole(1, 1_000))
    .option("--shard <i/n>", "only slice i of n, for machines without a mesh", parseShard)
    .option(
      "--shard-build <id>",
      "what all slices of one build share (default: that of the CI system)",
      parseName(500),
    );
}
