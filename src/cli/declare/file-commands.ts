/** The commands that need no mesh: their options. What they do is commands/. */
import type { Command } from "commander";
import type { ConvertOptions } from "../commands/convert.ts";
import type { DoctorOptions } from "../commands/doctor.ts";
import type { OpenOptions } from "../commands/open.ts";
import type { ReplicaOptions } from "../commands/replica.ts";
import type { SchemaOptions } from "../commands/schema.ts";
import type { ValidateOptions } from "../commands/validate.ts";
import { parseHttpUrl, parseWhole } from "../option-values.ts";
import type { Act } from "../program.ts";

/** Adds all of them. */
export function addFileCommands(program: Command, act: Act): void {
  program
    .command("replica")
    .description("what a node did and has not delivered yet, from its own libSQL file")
    .option("--data <dir>", "data folder of the node (default: ~/.panoptic/node)")
    .option("--json", "JSON on stdout")
    .action((options: ReplicaOptions) =>
      act(async (context) =>
        (await import("../commands/replica.ts")).showReplica(options, context),
      ),
    );
  program
    .command("validate")
    .description("print every fault of suites, FILE:LINE:COLUMN message")
    .argument("<suite...>", "suite files, folders or globs")
    .option("--skip-unsupported", "as of run: what is not supported yet is no fault")
    .option("--json", "JSON on stdout")
    .action((suites: string[], options: ValidateOptions) =>
      act(async (context) =>
        (await import("../commands/validate.ts")).validateSuites(suites, options, context),
      ),
    );
  program
    .command("convert")
    .description("turn a suite file of the original Panoptic into a native suite")
    .argument("<file>", "a file with apps and actions, YAML or JSON")
    .option("-o, --out <file>", "write it there instead of printing it")
    .option("--skip-unsupported", "leave out what is not supported yet, and say so in comments")
    .action((file: string, options: ConvertOptions) =>
      act(async (context) =>
        (await import("../commands/convert.ts")).convert(file, options, context),
      ),
    );
  program
    .command("schema")
    .description("print the JSON Schema of suites")
    .option("--original", "of suite files of the original Panoptic")
    .action((options: SchemaOptions) =>
      act(async (context) => (await import("../commands/schema.ts")).printSchema(options, context)),
    );
  program
    .command("open")
    .description("show a report in the browser: the last one that was written, or that of a folder")
    .argument("[dir]", "folder of a report")
    .option("--print", "only print where its page is")
    .action((folder: string | undefined, options: OpenOptions) =>
      act(async (context) =>
        (await import("../commands/open.ts")).openReport(folder, options, context),
      ),
    );
  program
    .command("doctor")
    .description("check what this machine needs, and say how to mend it")
    .option("--ca <file>", "CA that signed the gateway's certificate")
    .option("--data <dir>", "data folder to check")
    .option("--port <p>", "HTTP port to check", parseWhole(1, 65_535))
    .option("--nats-port <p>", "NATS port to check", parseWhole(1, 65_535))
    .option(
      "--gateway <url>",
      "a gateway to compare clocks with (environment: PANOPTIC_GATEWAY)",
      parseHttpUrl,
    )
    .option(
      "--slots <n>",
      "attempts at once to have memory for (default: the cores)",
      parseWhole(1, 1_000),
    )
    .option("--json", "JSON on stdout")
    .action((options: DoctorOptions) =>
      act(async (context) => (await import("../commands/doctor.ts")).examine(options, context)),
    );
}
