/** The options that say where the gateway is, alike for all commands that talk to one. */
import type { Command } from "commander";
import { parseHttpUrl } from "../option-values.ts";

/** Adds `--gateway`, `--key-file`, `--ca` and `--data`. */
export function addEndpointOptions(command: Command): Command {
  return command
    .option("--gateway <url>", "the gateway (environment: PANOPTIC_GATEWAY)", parseHttpUrl)
    .option("--key-file <file>", "file with its API key (environment: PANOPTIC_KEY_FILE)")
    .option("--ca <file>", "CA that signed its certificate (environment: PANOPTIC_CA)")
    .option("--data <dir>", "data folder of a gateway on this machine: holds all of that");
}

/** The options of a command that asks the mesh and prints an answer. */
export function asking(command: Command): Command {
  return addEndpointOptions(command).option("--json", "JSON on stdout");
}
