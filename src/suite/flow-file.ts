/** Tells files of flows from suites, where a folder is looked through for suites. */
import { FaultLog } from "./reading/fault-log.ts";
import { entryOf } from "./reading/located.ts";
import { parseYamlTree } from "./reading/yaml-tree.ts";
import type { SuiteSource } from "./source.ts";

/** Whether a file has `flows` and no `tests`; what cannot be read is for the suite reader to tell. */
export function isFlowFile({ file, text }: SuiteSource): boolean {
  if (!text.includes("flows")) return false;
  const { root } = parseYamlTree(text, new FaultLog(file));
  if (root?.kind !== "mapping") return false;
  return entryOf(root, "flows") !== undefined && entryOf(root, "tests") === undefined;
}
