/** `panoptic record`: its options. What it does is commands/record.ts's. */
import type { Command } from "commander";
import type { RecordCommandOptions } from "../commands/record.ts";
import { parseHttpUrl, parseWhole } from "../option-values.ts";
import type { Act } from "../program.ts";

/** Adds `record`. */
export function addRecordCommand(program: Command, act: Act): void {
  program
    .command("record")
    .description("open a browser and write what is done there as a suite")
    .argument("<url>", "where to begin", parseHttpUrl)
    .requiredOption("-o, --out <file>", "the suite, .yaml")
    .option("--overwrite", "replace the file when it is there")
    .option("--headless", "without a window: a program drives the browser over CDP")
    .option("--cdp-port <p>", "let programs of this machine drive it", parseWhole(1, 65_535))
    .action((url: string, options: RecordCommandOptions) =>
      act(async (context) => (await import("../commands/record.ts")).record(url, options, context)),
    );
}
