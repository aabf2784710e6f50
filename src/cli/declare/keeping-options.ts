/** The options of nodes about their browsers and limits. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseBytes, parseShare } from "#shared/quantities.ts";
import { parseWhole } from "../option-values.ts";

/** Without loading what a profile is made of: every start of the program declares. */
const PROFILES = ["ci", "lab", "edge"];
const CONTEXTS_MAX = 100_000;

/** Adds `--profile`: slots, recycling, limits and what stands ready, in one word. */
export function addProfileOption(command: Command): Command {
  return command.addOption(
    new Option(
      "--profile <name>",
      "of nodes; ci: all stands ready, lab: people use the machine, too, edge: a small one (default: ci)",
    ).choices(PROFILES),
  );
}

/** Adds what a node says of itself. */
export function addKeepingOptions(command: Command): Command {
  return addProfileOption(command)
    .option("--headed", "show the windows of all tests; needs a display")
    .addOption(
      new Option(
        "--isolation <what>",
        "of tests that do not say it: a context or a browser each (default: context)",
      ).choices(["context", "browser"]),
    )
    .option(
      "--browser-endpoint <url>",
      "a browser that runs elsewhere: cdp:http://…, or ws://… of a Playwright server",
    )
    .option(
      "--recycle-after <n>",
      "replace a browser after so many contexts",
      parseWhole(1, CONTEXTS_MAX),
    )
    .option("--limit-memory <size>", "of all attempts together, such as 4GiB", readSize)
    .option("--limit-disk <size>", "of the files of all attempts, such as 10GiB", readSize)
    .option("--limit-cpu <share>", "of all attempts, 100% is one processor", readShare);
}

function readSize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  throw new InvalidArgumentError("Expected a size such as 500MiB or 4GiB.");
}

function readShare(text: string): number {
  const share = parseShare(text);
  if (share !== undefined) return share;
  throw new InvalidArgumentError("Expected a share of one processor such as 50% or 200%.");
}
