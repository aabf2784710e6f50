/**
 * Reads suites where they are submitted: their text, the files and the environment that they refer to, and every fault
 * of all of them at once. What a fault is, is src/suite's; this file only has the disk and the environment.
 */
import { createHash } from "node:crypto";
import { realpathSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { SubmitRun, SubmittedSuite } from "#proto/api.ts";
import type { TestDefinition } from "#proto/test.ts";
import { environmentValues } from "#shared/config.ts";
import { createRedactor } from "#shared/redactor.ts";
import { expandSuites, type WantedOutput } from "#suite/expand.ts";
import { blankSecrets } from "#suite/original/blank-secrets.ts";
import { referencesOf } from "#suite/references.ts";
import {
  decodeSuite,
  type Fault,
  faultText,
  type SuiteFiles,
  type SuiteSource,
} from "#suite/source.ts";
import { findSuites, type SuiteFile } from "./find-suites.ts";
import { readSentBytes, readSuiteBytes } from "./read-suite-file.ts";

export type LoadOptions = {
  readonly callerDir: string;
  /** `run` refuses what the environment does not have, `validate` only warns. */
  readonly isStrict: boolean;
  readonly retries?: number | undefined;
  /** Milliseconds. */
  readonly testTimeout?: number | undefined;
  readonly skipUnsupported?: boolean | undefined;
  /** Absolute paths of files that are something else, whatever they look like. */
  readonly otherFiles?: readonly string[] | undefined;
  /** Of this machine, when its own nodes will run the tests. */
  readonly hasDisplay?: boolean | undefined;
};

export type LoadedSuites = {
  /** `FILE:LINE:COLUMN message`, one a fault; empty when all is well. */
  readonly faults: readonly string[];
  /** The same faults with their places apart. */
  readonly places: readonly Fault[];
  readonly warnings: readonly string[];
  readonly tests: readonly TestDefinition[];
  /** The suites that were found, also those with faults. */
  readonly suites: readonly LoadedFile[];
  /** Where each suite wants the report; empty when there are faults. */
  readonly outputs: readonly WantedOutput[];
  readonly body: Omit<SubmitRun, "options">;
};

export type LoadedFile = {
  /** As the person named it. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  /** Absolute paths of the files that it names, as far as they could be told, whether they exist or not. */
  readonly named: readonly string[];
};

/** Reads and checks all suites that the words name. @throws {MeshError} `usage` when a word names none. */
export function loadSuites(words: readonly string[], options: LoadOptions): LoadedSuites {
  const found = findSuites(words, options.callerDir, options.otherFiles);
  const read = found.map(readSuite);
  const files = found.map((suite, index) => loadedFile(suite, read[index]));
  const suites = read.filter((one) => one.kind === "read");
  const unreadable = read.flatMap((one) => (one.kind === "unreadable" ? [one.fault] : []));
  const env = environmentValues(suites.flatMap((suite) => suite.references.env));
  const secrets = filledValues(suites.flatMap((suite) => suite.references.secrets));
  const { isStrict, retries, testTimeout, skipUnsupported, hasDisplay } = options;
  const expanded = expandSuites(suites, {
    env,
    secrets: new Set(Object.keys(secrets)),
    strict: isStrict,
    retries,
    testTimeoutMs: testTimeout,
    skipUnsupported,
    hasDisplay,
  });
  const body = { suites: suites.map(submittedOf), env, secrets };
  // What is said of a suite may quote it, and a log of a CI system is read by many.
  const { text } = createRedactor(secrets);
  const masked = (fault: Fault): Fault => ({ ...fault, message: text(fault.message) });
  if (expanded.kind === "refused") {
    const isWarning = (fault: Fault) => fault.severity === "warning";
    const faults = expanded.faults.map(masked);
    const places = [...unreadable, ...faults.filter((fault) => !isWarning(fault))];
    const warnings = faults.filter(isWarning).map(faultText);
    return {
      faults: places.map(faultText),
      places,
      warnings,
      tests: [],
      suites: files,
      outputs: [],
      body,
    };
  }
  return {
    faults: unreadable.map(faultText),
    places: unreadable,
    warnings: expanded.warnings.map(masked).map(faultText),
    tests: expanded.tests,
    suites: files,
    outputs: expanded.outputs,
    body,
  };
}

type ReadSuite = {
  readonly kind: "read";
  readonly source: SuiteSource;
  readonly files: SuiteFiles;
  readonly references: ReturnType<typeof referencesOf>;
};

type Unreadable = { readonly kind: "unreadable"; readonly fault: Fault };

function loadedFile(
  { file, path }: SuiteFile,
  read: ReadSuite | Unreadable | undefined,
): LoadedFile {
  const names = read?.kind === "read" ? read.references.files : [];
  return { file, path, named: names.map((name) => join(dirname(path), name)) };
}

function readSuite(suite: SuiteFile): ReadSuite | Unreadable {
  const source = decodeSuite(suite.file, readSuiteBytes(suite.file, suite.path));
  if ("severity" in source) return { kind: "unreadable", fault: source };
  const files = filesBeside(suite.path);
  // Asked twice: names of files may depend on the environment, whose names the first answer tells.
  const first = referencesOf(source, { files });
  const references =
    first.env.length === 0
      ? first
      : referencesOf(source, { files, env: environmentValues(first.env) });
  return { kind: "read", source, files, references };
}

/** The files under a suite's folder, each read once; a link that leads out of it is as no file. */
export function filesBeside(suitePath: string): SuiteFiles {
  const folder = realpathSync(dirname(suitePath));
  const known = new Map<string, ReturnType<SuiteFiles>>();
  return (path) => {
    if (!known.has(path)) known.set(path, readBeside(folder, path));
    return known.get(path);
  };
}

function readBeside(folder: string, path: string): ReturnType<SuiteFiles> {
  const real = plainFileInside(folder, path);
  if (real === undefined) return undefined;
  const bytes = readSentBytes(path, real);
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function plainFileInside(folder: string, path: string): string | undefined {
  try {
    const real = realpathSync(join(folder, path));
    return real.startsWith(folder + sep) && statSync(real).isFile() ? real : undefined;
  } catch {
    // Not there: the suite's reader says where it is asked for.
    return undefined;
  }
}

function submittedOf({ source, files, references }: ReadSuite): SubmittedSuite {
  const found = references.files.flatMap((path) => {
    const file = files(path);
    return file === undefined ? [] : [{ path, base64: Buffer.from(file.bytes).toString("base64") }];
  });
  return { file: source.file, text: blankSecrets(source).text, files: found };
}

/** CI systems pass a secret that is not there as an empty text: it has no value, and nothing could be masked. */
function filledValues(names: Iterable<string>): Record<string, string> {
  const values = Object.entries(environmentValues(names));
  return Object.fromEntries(values.filter(([, value]) => value !== ""));
}
