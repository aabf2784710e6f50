/** A suite file as read: its parts with their places, its structure checked, nothing expanded yet. */

import { displayTemplate } from "#shared/template.ts";
import type { FaultLog, Position } from "../reading/fault-log.ts";
import { tellMissing } from "../reading/group-shapes.ts";
import {
  describeFound,
  entryOf,
  type Located,
  type LocatedEntry,
  type LocatedMapping,
} from "../reading/located.ts";
import { text } from "../reading/scalar-shapes.ts";
import type { Reading } from "../reading/shape.ts";
import type { YamlTree } from "../reading/yaml-tree.ts";
import { baseNameOf, type SuiteFiles, type SuiteSource } from "../source.ts";
import { FlowBook } from "./flow-book.ts";
import type { TestFrame } from "./frame-tests.ts";
import { type Hook, readHook } from "./hooks.ts";
import type { EnvReference } from "./name-check.ts";
import { nameText } from "./name-text.ts";
import { checkRawParts } from "./raw-check.ts";
import { listOf, mappingOf, tellUnlessKnown } from "./root-entries.ts";
import { readSessions, type SessionSource } from "./sessions.ts";
import { SUITE_KEYS } from "./suite-keys.ts";
import { checkSuiteNames } from "./suite-names.ts";
import { DEFAULTS_KEYS, TEST_KEYS } from "./test-fields.ts";
import { checkUsedFiles } from "./used-files.ts";

export type TestSource = {
  readonly node: LocatedMapping;
  /** As written; empty when it is missing or refused. */
  readonly name: string;
  /** Another test above has its name, which is told; that their keys repeat then is no news. */
  readonly isRepeated: boolean;
  readonly steps: readonly Located[];
  /** It is once before or after all tests of the suite. */
  readonly frame?: TestFrame;
};

export type NativeSuite = {
  readonly format: "native";
  readonly file: string;
  readonly name: string;
  readonly nameAt: Position;
  readonly tree: YamlTree;
  readonly files: SuiteFiles;
  readonly vars: readonly LocatedEntry[];
  readonly secrets: readonly { readonly name: string; readonly at: Position }[];
  /** Every place that wants something from the environment. */
  readonly env: readonly EnvReference[];
  readonly defaults: LocatedMapping | undefined;
  readonly matrix: Located | undefined;
  readonly before: Hook;
  readonly after: Hook;
  readonly beforeAll: Hook;
  readonly afterAll: Hook;
  readonly flows: FlowBook;
  readonly sessions: readonly SessionSource[];
  /** All its tests are one group, which ends with the first that does not pass. */
  readonly isSerial: boolean;
  readonly tests: readonly TestSource[];
  readonly testsAt: Position;
};

/** What stands in a suite before its names are checked. */
export type SuiteParts = Omit<NativeSuite, "env">;

const START: Position = { line: 1, column: 1 };
/** Each name may be looked up by each reference. */
const NAMES_MAX = 1_000;

/** A file whose root is a mapping. */
export type RootInput = {
  readonly source: SuiteSource;
  readonly tree: YamlTree;
  readonly root: LocatedMapping;
};

/** Reads a suite; what is wrong with it is in the log. */
export function readNativeSuite(input: RootInput, files: SuiteFiles, log: FaultLog): NativeSuite {
  const reading: Reading = { log, files, used: [] };
  const parts = readParts(input, reading);
  const env = checkSuiteNames(parts, log);
  checkRawParts(parts, reading);
  const secrets = parts.secrets.map((secret) => secret.name);
  return { ...parts, env: [...env, ...checkUsedFiles(parts.flows, { secrets, reading })] };
}

function readParts(input: RootInput, reading: Reading): SuiteParts {
  const { source, tree, root } = input;
  for (const entry of root.entries)
    tellUnlessKnown(entry, { what: "a suite", known: SUITE_KEYS }, reading);
  tellMissing(
    root,
    {
      what: "a suite",
      fields: Object.fromEntries(SUITE_KEYS.map((key) => [key, nameText])),
      required: ["tests"],
    },
    reading,
  );
  const name = entryOf(root, "name");
  const description = entryOf(root, "description");
  if (description !== undefined) text("a description").read(description.value, reading);
  const written = name === undefined ? undefined : nameText.read(name.value, reading);
  const tests = entryOf(root, "tests");
  return {
    format: "native",
    file: source.file,
    name: typeof written === "string" ? displayTemplate(written) : baseNameOf(source.file),
    nameAt: name?.value ?? START,
    tree,
    files: reading.files,
    vars: readVars(entryOf(root, "vars"), reading),
    secrets: readSecrets(entryOf(root, "secrets"), reading),
    defaults: readDefaults(entryOf(root, "defaults"), reading),
    matrix: entryOf(root, "matrix")?.value,
    before: readHook(entryOf(root, "beforeEach"), reading),
    after: readHook(entryOf(root, "afterEach"), reading),
    beforeAll: readHook(entryOf(root, "beforeAll"), reading),
    afterAll: readHook(entryOf(root, "afterAll"), reading),
    flows: new FlowBook({
      file: source.file,
      tree,
      entry: entryOf(root, "flows"),
      files: reading.files,
      log: reading.log,
    }),
    sessions: readSessions(entryOf(root, "sessions"), reading),
    isSerial: readSerial(entryOf(root, "serial"), reading),
    tests: readTests(tests, reading),
    testsAt: tests?.at ?? START,
  };
}

function readVars(entry: LocatedEntry | undefined, reading: Reading): readonly LocatedEntry[] {
  const vars = mappingOf(entry, "a mapping of names to values", reading)?.entries ?? [];
  return tellTooMany({ entry, count: vars.length, what: "vars" }, reading) ? [] : vars;
}

type Counted = {
  readonly entry: LocatedEntry | undefined;
  readonly count: number;
  readonly what: string;
};

function tellTooMany({ entry, count, what }: Counted, { log }: Reading): boolean {
  if (entry === undefined || count <= NAMES_MAX) return false;
  log.error(entry.at, `Expected at most ${NAMES_MAX} ${what}, found ${count}`);
  return true;
}

function readSecrets(entry: LocatedEntry | undefined, reading: Reading): SuiteParts["secrets"] {
  const expected = "the name of an environment variable such as SHOP_PASSWORD";
  const seen = new Set<string>();
  const items = listOf(entry, "a list of names such as [SHOP_PASSWORD]", reading);
  if (tellTooMany({ entry, count: items.length, what: "secrets" }, reading)) return [];
  return items.flatMap((item) => {
    const name = item.kind === "scalar" && typeof item.value === "string" ? item.value : "";
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      reading.log.error(item, `Expected ${expected}, found ${describeFound(item)}`);
      return [];
    }
    if (seen.has(name)) reading.log.warn(item, `The secret ${name} is declared twice`);
    seen.add(name);
    return [{ name, at: { line: item.line, column: item.column } }];
  });
}

function readDefaults(
  entry: LocatedEntry | undefined,
  reading: Reading,
): LocatedMapping | undefined {
  const defaults = mappingOf(entry, "a mapping of a test's fields", reading);
  for (const one of defaults?.entries ?? []) {
    if (!TEST_KEYS.includes(one.key))
      tellUnlessKnown(one, { what: "defaults", known: DEFAULTS_KEYS }, reading);
    else if (!DEFAULTS_KEYS.includes(one.key))
      reading.log.error(
        one.at,
        `Expected a field that tests can share, found "${one.key}": it belongs to each test`,
      );
  }
  return defaults;
}

function readSerial(entry: LocatedEntry | undefined, reading: Reading): boolean {
  if (entry === undefined) return false;
  const { value } = entry;
  if (value.kind === "scalar" && typeof value.value === "boolean") return value.value;
  reading.log.error(value, `Expected true or false, found ${describeFound(value)}`);
  return false;
}

function readTests(entry: LocatedEntry | undefined, reading: Reading): readonly TestSource[] {
  const names = new Map<string, Position>();
  return listOf(entry, "a list of tests", reading).flatMap((node) => {
    if (node.kind !== "mapping") {
      reading.log.error(
        node,
        `Expected a test such as { name: …, steps: […] }, found ${describeFound(node)}`,
      );
      return [];
    }
    return [readTest(node, names, reading)];
  });
}

function readTest(
  node: LocatedMapping,
  names: Map<string, Position>,
  reading: Reading,
): TestSource {
  for (const entry of node.entries)
    tellUnlessKnown(entry, { what: "a test", known: TEST_KEYS }, reading);
  tellMissing(
    node,
    {
      what: "a test",
      fields: Object.fromEntries(TEST_KEYS.map((key) => [key, nameText])),
      required: ["name", "steps"],
    },
    reading,
  );
  const named = entryOf(node, "name");
  const read = named === undefined ? undefined : nameText.read(named.value, reading);
  const name = typeof read === "string" ? read : "";
  const first = names.get(name);
  if (named !== undefined && name !== "") {
    if (first === undefined) names.set(name, named.value);
    else
      reading.log.error(
        named.value,
        `Expected a name that is unique in the suite, found ${JSON.stringify(name)}: the test on line ${first.line} has it`,
      );
  }
  const steps = entryOf(node, "steps");
  const isEmpty = steps?.value.kind === "list" && steps.value.items.length === 0;
  if (steps !== undefined && isEmpty && entryOf(node, "skip") === undefined) {
    reading.log.warn(steps.value, "The test has no steps: it will be shown as skipped");
  }
  return {
    node,
    name,
    isRepeated: first !== undefined,
    steps: listOf(steps, "a list of steps", reading),
  };
}
