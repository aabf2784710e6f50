/** What a suite wants from the machine where it is submitted: environment, secrets, files. */

import { expandTests } from "./native/expand-tests.ts";
import { readSuite } from "./read-suite.ts";
import { FaultLog } from "./reading/fault-log.ts";
import type { SuiteFiles, SuiteSource } from "./source.ts";

export type SuiteReferences = {
  /** Names of `${env.X}`, set or not. */
  readonly env: readonly string[];
  /** The declared secrets. */
  readonly secrets: readonly string[];
  /** Files of data, uploads and forms, relative to the suite's folder, whether they exist or not. */
  readonly files: readonly string[];
};

export type ReferenceInputs = {
  /** Without it, file names that depend on the environment are not found. */
  readonly env?: { readonly [name: string]: string | undefined };
  /** Without it, file names that depend on the rows of a data file are not found. */
  readonly files?: SuiteFiles;
};

/**
 * Lists what a suite refers to; all that can be found when the suite is faulty.
 *
 * A file is found by expanding the suite and noting what it asks for, so names such as `${data.picture}` count with
 * each of their values. Paths that leave the folder are never asked for; `loadSuite` refuses them.
 */
export function referencesOf(source: SuiteSource, inputs: ReferenceInputs = {}): SuiteReferences {
  const asked = new Set<string>();
  const files: SuiteFiles = (path) => {
    asked.add(path);
    return inputs.files?.(path);
  };
  const log = new FaultLog(source.file);
  const suite = readSuite(source, files, log);
  // A suite of the original Panoptic refers to nothing: its values are literal.
  if (suite?.format !== "native") return { env: [], secrets: [], files: [] };
  expandTests(suite, { env: inputs.env ?? "unread" }, log);
  return {
    env: [...new Set(suite.env.map((reference) => reference.name))],
    secrets: [...new Set(suite.secrets.map((secret) => secret.name))],
    files: [...asked],
  };
}
