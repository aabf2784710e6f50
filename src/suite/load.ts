/** Loads a suite: everything that can be known without the environment is checked here. */

import { expandTests } from "./native/expand-tests.ts";
import { expandOriginal } from "./original/expand-original.ts";
import { type AnySuite, readSuite } from "./read-suite.ts";
import { FaultLog } from "./reading/fault-log.ts";
import type { Fault, SuiteFiles, SuiteSource } from "./source.ts";

export type LoadedSuite =
  | { readonly kind: "loaded"; readonly suite: AnySuite; readonly warnings: readonly Fault[] }
  /** All faults at once, warnings among them, in the order of the file. */
  | { readonly kind: "refused"; readonly faults: readonly Fault[] };

/** Reads a suite and checks it whole, expanding it once with whatever the environment holds left open. */
export function loadSuite(source: SuiteSource, files: SuiteFiles): LoadedSuite {
  const log = new FaultLog(source.file);
  const suite = readSuite(source, files, log);
  if (suite?.format === "original") expandOriginal(suite, {}, log);
  if (suite?.format === "native") expandTests(suite, { env: "unread" }, log);
  if (suite === undefined || log.hasErrors) return { kind: "refused", faults: log.all };
  return { kind: "loaded", suite, warnings: log.warnings };
}
