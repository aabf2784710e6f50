/** P: which data folder of a node is meant. */
import { join } from "node:path";
import type { Config } from "#shared/config.ts";
import { fromCaller } from "./paths.ts";

/** The one that was named, else `~/.panoptic/node`. */
export function nodeDataDir(given: string | undefined, config: Config): string {
  if (given !== undefined) return fromCaller(config.callerDir, given);
  return join(config.stateDir, "node");
}
