/** Expands suites to the tests of a run. Pure: environment, names of secrets and files are handed in. */
import { EvidencePolicy, type EvidenceWhen } from "#proto/evidence.ts";
import type { TestDefinition } from "#proto/test.ts";
import { doAtOnce } from "#shared/steps.ts";
import { expandTestsInSteps } from "./native/expand-tests.ts";
import type { NativeSuite } from "./native/suite.ts";
import { expandOriginal } from "./original/expand-original.ts";
import { type AnySuite, readSuite } from "./read-suite.ts";
import { FaultLog, type Position } from "./reading/fault-log.ts";
import { type Fault, type SuiteFiles, type SuiteSource, TESTS_PER_RUN_MAX } from "./source.ts";

export type ExpandOptions = {
  readonly env: { readonly [name: string]: string | undefined };
  /** The names of the secrets that have a value. */
  readonly secrets: ReadonlySet<string>;
  /** `run` refuses what the environment does not have, `validate` only warns. */
  readonly strict: boolean;
  /** Replaces what the suites say. */
  readonly retries?: number | undefined;
  /** Replaces what the suites say, milliseconds. */
  readonly testTimeoutMs?: number | undefined;
  /** Whether what is not supported yet is skipped and shown, instead of refused. */
  readonly skipUnsupported?: boolean | undefined;
  /** Whether the machines that will run the tests can show a window; undefined when nobody knows yet. */
  readonly hasDisplay?: boolean | undefined;
  /** Replaces what the suites say, like the two below. */
  readonly trace?: EvidenceWhen | undefined;
  readonly video?: EvidenceWhen | undefined;
  readonly screenshots?: EvidenceWhen | undefined;
  readonly har?: EvidenceWhen | undefined;
};

/** Only suites of the original's format name a folder. */
export type WantedOutput = {
  readonly file: string;
  readonly folder?: string;
  readonly at: Position;
};

export type ExpandedSuite =
  | {
      readonly kind: "expanded";
      readonly tests: readonly TestDefinition[];
      readonly warnings: readonly Fault[];
      /** Where each suite wants the report, one a suite. */
      readonly outputs: readonly WantedOutput[];
    }
  /** All faults at once, warnings among them, in the order of the file. */
  | { readonly kind: "refused"; readonly faults: readonly Fault[] };

/** Expands one loaded suite. */
export function expandSuite(suite: AnySuite, options: ExpandOptions): ExpandedSuite {
  const log = new FaultLog(suite.file);
  const tests = doAtOnce(expandInto(suite, options, log));
  return log.hasErrors
    ? { kind: "refused", faults: log.all }
    : { kind: "expanded", tests, warnings: log.warnings, outputs: [outputOf(suite)] };
}

/** Loads and expands all suites of a run, with every fault of all of them at once, also those between suites. */
export function expandSuites(
  sources: readonly { readonly source: SuiteSource; readonly files: SuiteFiles }[],
  options: ExpandOptions,
): ExpandedSuite {
  return doAtOnce(expandInSteps(sources, options));
}

/** The same in steps of some milliseconds, for who has more to do than this. */
export function* expandInSteps(
  sources: readonly { readonly source: SuiteSource; readonly files: SuiteFiles }[],
  options: ExpandOptions,
): Generator<void, ExpandedSuite> {
  const read: ReadSuite[] = [];
  for (const { source, files } of sources) {
    const log = new FaultLog(source.file);
    const suite = readSuite(source, files, log);
    yield;
    const tests = suite === undefined ? [] : yield* expandInto(suite, options, log);
    read.push({ log, suite, tests });
  }
  tellSharedSuiteNames(read);
  tellRunTooLarge(read);
  const tests = read.flatMap((one) => one.tests);
  if (read.some((one) => one.log.hasErrors))
    return { kind: "refused", faults: read.flatMap((one) => one.log.all) };
  return {
    kind: "expanded",
    tests,
    warnings: read.flatMap((one) => one.log.warnings),
    outputs: read.flatMap(({ suite }) => (suite === undefined ? [] : [outputOf(suite)])),
  };
}

function outputOf(suite: AnySuite): WantedOutput {
  const { file, nameAt } = suite;
  if (suite.format === "native" || suite.output === undefined) return { file, at: nameAt };
  return { file, ...suite.output };
}

function* expandInto(
  suite: AnySuite,
  options: ExpandOptions,
  log: FaultLog,
): Generator<void, readonly TestDefinition[]> {
  const tests =
    suite.format === "original"
      ? expandOriginal(suite, options, log)
      : yield* expandNative(suite, options, log);
  return tests.map((test) => withEvidence(test, options));
}

/** The evidence that the command line asks for, over that of the suite. */
function withEvidence(test: TestDefinition, options: ExpandOptions): TestDefinition {
  const { trace, video, screenshots, har } = options;
  const said = { trace, video, screenshots, har };
  if (Object.values(said).every((when) => when === undefined)) return test;
  const evidence = EvidencePolicy.parse(test.evidence ?? {});
  return {
    ...test,
    evidence: {
      ...evidence,
      ...(trace === undefined ? {} : { trace }),
      ...(video === undefined ? {} : { video }),
      ...(screenshots === undefined ? {} : { screenshots }),
      ...(har === undefined ? {} : { har }),
    },
  };
}

function expandNative(
  suite: NativeSuite,
  options: ExpandOptions,
  log: FaultLog,
): Generator<void, readonly TestDefinition[]> {
  const tell = (at: Position, message: string, file = suite.file): void => {
    const own = file === suite.file ? log : log.inFile(file);
    if (options.strict) own.error(at, message);
    else own.warn(at, message);
  };
  for (const reference of suite.env) {
    const isSet =
      Object.hasOwn(options.env, reference.name) && options.env[reference.name] !== undefined;
    if (!isSet && !reference.hasDefault) {
      tell(
        reference.at,
        `Expected the environment variable ${reference.name} to be set or to have a default such as \${env.${reference.name} ?? 'x'}, found it unset`,
        reference.file,
      );
    }
  }
  for (const secret of suite.secrets) {
    if (!options.secrets.has(secret.name))
      tell(secret.at, `Expected the secret ${secret.name} in the environment, found it unset`);
  }
  const { env, retries, testTimeoutMs } = options;
  return expandTestsInSteps(suite, { env, retries, testTimeoutMs }, log);
}

type ReadSuite = {
  readonly log: FaultLog;
  readonly suite: AnySuite | undefined;
  readonly tests: readonly TestDefinition[];
};

/** A suite's name is part of its test keys, so two of one name would mix their histories. */
function tellSharedSuiteNames(read: readonly ReadSuite[]): void {
  const files = new Map<string, string>();
  const keys = new Map<string, string>();
  for (const { log, suite, tests } of read) {
    if (suite === undefined) continue;
    const first = files.get(suite.name);
    if (first === undefined) files.set(suite.name, suite.file);
    else
      log.error(
        suite.nameAt,
        `Expected suites of different names in a run, found ${JSON.stringify(suite.name)} twice: ${first} has it too`,
      );
    const shared = tests.find((test) => keys.has(test.key));
    if (first === undefined && shared !== undefined) {
      log.error(
        { line: shared.line, column: 1 },
        `Expected tests of different keys in a run, found ${JSON.stringify(shared.key)} twice: ${keys.get(shared.key)} has it too`,
      );
    }
    for (const test of tests) keys.set(test.key, suite.file);
  }
}

function tellRunTooLarge(read: readonly ReadSuite[]): void {
  const count = read.reduce((sum, one) => sum + one.tests.length, 0);
  if (count <= TESTS_PER_RUN_MAX) return;
  read
    .at(-1)
    ?.log.error(
      { line: 1, column: 1 },
      `Expected at most ${TESTS_PER_RUN_MAX} tests a run, found ${count}`,
    );
}
