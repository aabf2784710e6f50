/** The options of the commands that make a run and follow it to its report, alike for all of them. */
import { type Command, Option } from "commander";
import {
  parseBound,
  parseDuration,
  parseName,
  parseNumber,
  parseShard,
  parseWhen,
  parseWhole,
} from "../option-values.ts";

const RETRIES_MAX = 100;
const PRIORITY_MAX = 1_000;
const WEIGHT_MIN = 0.01;
const WEIGHT_MAX = 100;
const NAME_LENGTH_MAX = 100;

/** Adds what can be said of any run: bounds, evidence, what makes it pass. */
export function addLaunchOptions(command: Command): Command {
  return command
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
    .addOption(whenOption("--har <when>", "keep what was asked of the network, for all tests"))
    .option(
      "--wait-for-nodes <d>",
      "how long a test may wait for a node that can run it",
      parseDuration,
    )
    .option("--allow-empty", "a run of nothing is no failure");
}

/** Adds what is said of it while it runs. */
export function addTellingOptions(command: Command): Command {
  return command
    .addOption(new Option("--quiet", "only what failed, and the last line").conflicts("verbose"))
    .option("--verbose", "every attempt as it starts and ends; at the end the steps of what failed")
    .option("--json", "one JSON object on stdout, progress on stderr");
}

/** The choices are shown in the help and offered by completions. */
function whenOption(flags: string, description: string): Option {
  return new Option(flags, description).choices(["off", "on-failure", "on"]).argParser(parseWhen);
}

/** Adds how it is scheduled. */
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
    .option(
      "--max-failures <n>",
      "once so many tests have failed for good, skip the rest",
      parseWhole(1, 1_000_000),
    )
    .option("--max-in-flight <n>", "attempts of the run at once", parseWhole(1, 100_000))
    .option("--min-nodes <n>", "start nothing before so many are well", parseWhole(1, 10_000))
    .option("--fail-on-flaky", "a flaky test fails the run");
}

/** Adds what makes other tests of the suites' tests: their pool, repetitions and slices. */
export function addPlanOptions(command: Command): Command {
  return command
    .option("--pool <name>", "nodes of tests that name no pool", parseName(NAME_LENGTH_MAX))
    .option("--repeat-each <n>", "each test so many times", parseWhole(1, 1_000))
    .option("--shard <i/n>", "only slice i of n, for machines without a mesh", parseShard)
    .option(
      "--shard-build <id>",
      "what all slices of one build share (default: that of the CI system)",
      parseName(500),
    );
}
