/** Loads a suite: everything that can be known without the environment is checked here. */

import { expandTests } from "./native/expand-tests.ts";
import { type NativeSuite, readNativeSuite } from "./native/suite.ts";
import { FaultLog } from "./reading/fault-log.ts";
import type { Fault, SuiteFiles, SuiteSource } from "./source.ts";

export type LoadedSuite =
  | { readonly kind: "loaded"; readonly suite: NativeSuite; readonly warnings: readonly Fault[] }
  /** All faults at once, warnings among them, in the order of the file. */
  | { readonly kind: "refused"; readonly faults: readonly Fault[] };

/** Reads a suite and checks it whole, expanding it once with whatever the environment holds left open. */
export function loadSuite(source: SuiteSource, files: SuiteFiles): LoadedSuite {
  const log = new FaultLog(source.file);
  const suite = readNativeSuite(source, files, log);
  if (suite !== undefined) expandTests(suite, { env: "unread" }, log);
  if (suite === undefined || log.hasErrors) return { kind: "refused", faults: log.all };
  return { kind: "loaded", suite, warnings: log.warnings };
}
