/** Expands a suite that was read to the tests of a run: rows times combinations, static names filled in, steps planned. */
import type { TestDefinition } from "#proto/test.ts";
import { doAtOnce } from "#shared/steps.ts";
import { displayTemplate } from "#shared/template.ts";
import type { FaultLog, Position } from "../reading/fault-log.ts";
import { entryOf, jsonOf } from "../reading/located.ts";
import type { Reading } from "../reading/shape.ts";
import { TESTS_PER_SUITE_MAX } from "../source.ts";
import { type DataRow, readRows } from "./data-rows.ts";
import { type Filling, fillTree } from "./fill.ts";
import { frameSources } from "./frame-tests.ts";
import {
  type Axis,
  type Combination,
  combinationCount,
  combinationsOf,
  readMatrix,
} from "./matrix.ts";
import { positionInside } from "./name-check.ts";
import { NESTED_SUITE_MAX } from "./plan-flow.ts";
import { ScheduleBook } from "./schedule-book.ts";
import type { Environment, Scope } from "./scope.ts";
import type { NativeSuite, TestSource } from "./suite.ts";
import { TestMaker } from "./test-maker.ts";

/** How much names may add to one test, and to all vars: texts that are made of texts double with each line. */
const FILLED_TEST_MAX = 1_000_000;
/** The same for all tests of a suite. */
const FILLED_SUITE_MAX = 128_000_000;

export type ExpandInputs = {
  readonly env: Environment;
  /** Replaces what the suite says. */
  readonly retries?: number | undefined;
  readonly testTimeoutMs?: number | undefined;
};

/** What the tests of one expansion share. */
export type Expansion = {
  readonly suite: NativeSuite;
  readonly inputs: ExpandInputs;
  readonly reading: Reading;
  readonly base: Scope;
  readonly fillingFor: (scope: Scope) => Filling;
  /** Whether names may still add something; once not, that has been told. */
  readonly hasRoom: () => boolean;
  /** How many more steps there may be inside steps, of all tests. */
  readonly nestedRoom: { left: number };
};

/** Expands all tests; what is wrong with them is in the log, and then the tests are not to be used. */
export function expandTests(
  suite: NativeSuite,
  inputs: ExpandInputs,
  log: FaultLog,
): readonly TestDefinition[] {
  return doAtOnce(expandTestsInSteps(suite, inputs, log));
}

/** Tests that are made in one step: some tens of milliseconds. */
const STEP_TESTS = 200;

/** The same in steps. */
export function* expandTestsInSteps(
  suite: NativeSuite,
  inputs: ExpandInputs,
  log: FaultLog,
): Generator<void, readonly TestDefinition[]> {
  const expansion = startExpansion(suite, inputs, log);
  const book = new ScheduleBook(
    suite.tests.map(({ name }) => name),
    log,
  );
  const maker = new TestMaker(expansion, book);
  const tests: TestDefinition[] = [];
  const keys = new Map<string, Position>();
  for (const source of suite.tests) {
    if (log.isFull || !expansion.hasRoom()) break;
    const plan = planInstances(source, expansion);
    if (tests.length + plan.count > TESTS_PER_SUITE_MAX) {
      log.error(
        plan.at,
        `Expected at most ${TESTS_PER_SUITE_MAX} tests a suite, found ${tests.length + plan.count} up to here`,
      );
      break;
    }
    yield* makeTests({ source, plan, maker, expansion }, { tests, keys, log });
  }
  book.check(inputs.env !== "unread");
  const frames = frameSources(suite, tests, log).map((source) => {
    const test = maker.make(source, undefined, { values: {}, nodes: new Map() });
    tellRepeatedKey({ key: test.key, at: source.node }, keys, log);
    return test;
  });
  const isBefore = ({ schedule }: TestDefinition) => schedule?.role === "beforeAll";
  return [...frames.filter(isBefore), ...tests, ...frames.filter((test) => !isBefore(test))];
}

type Making = {
  readonly source: TestSource;
  readonly plan: InstancePlan;
  readonly maker: TestMaker;
  readonly expansion: Expansion;
};
type Made = {
  readonly tests: TestDefinition[];
  readonly keys: Map<string, Position>;
  readonly log: FaultLog;
};

function* makeTests(
  { source, plan, maker, expansion }: Making,
  { tests, keys, log }: Made,
): Generator<void, void> {
  for (const { row, combination } of plan.instances()) {
    if (!expansion.hasRoom()) return;
    const test = maker.make(source, row, combination);
    if (!source.isRepeated)
      tellRepeatedKey({ key: test.key, at: row?.at ?? source.node }, keys, log);
    tests.push(test);
    if (tests.length % STEP_TESTS === 0) yield;
  }
}

function startExpansion(suite: NativeSuite, inputs: ExpandInputs, log: FaultLog): Expansion {
  const tell: Filling["tell"] = (at, source, message) => {
    if (!log.isFull)
      log.error(positionInside(suite.tree, at, { source, occurrence: 0 }), message());
  };
  const ofSuite = { left: FILLED_SUITE_MAX };
  const withRoom = (scope: Scope, ofTest = { left: FILLED_TEST_MAX }): Filling => ({
    scope,
    tell,
    room: [ofTest, ofSuite],
  });
  const fillingFor = (scope: Scope): Filling => withRoom(scope);
  const hasRoom = () => ofSuite.left > 0;
  let base: Scope = { env: inputs.env, vars: {}, data: {}, matrix: {}, params: {} };
  const ofVars = { left: FILLED_TEST_MAX };
  for (const entry of suite.vars) {
    const value = jsonOf(fillTree(entry.value, withRoom(base, ofVars)));
    base = {
      ...base,
      vars: Object.fromEntries([...Object.entries(base.vars), [entry.key, value]]),
    };
  }
  return {
    suite,
    inputs,
    reading: { log, files: suite.files, used: [] },
    base,
    fillingFor,
    hasRoom,
    nestedRoom: { left: NESTED_SUITE_MAX },
  };
}

function tellRepeatedKey(
  test: { key: string; at: Position },
  keys: Map<string, Position>,
  log: FaultLog,
): void {
  const first = keys.get(test.key);
  if (first === undefined) keys.set(test.key, test.at);
  else
    log.error(
      test.at,
      `Expected tests with different values, found two of the key ${JSON.stringify(displayTemplate(test.key))}: the first is on line ${first.line}`,
    );
}

type Instance = { readonly row: DataRow | undefined; readonly combination: Combination };
type InstancePlan = {
  readonly count: number;
  readonly at: Position;
  readonly instances: () => readonly Instance[];
};

function planInstances(source: TestSource, expansion: Expansion): InstancePlan {
  const { suite, reading } = expansion;
  const filling = expansion.fillingFor(expansion.base);
  const data = entryOf(source.node, "data");
  const faultsBefore = reading.log.count;
  const rows = data === undefined ? undefined : readRows(fillTree(data.value, filling), reading);
  const hasFaultyRows = reading.log.count > faultsBefore;
  if (data !== undefined && rows?.length === 0 && !hasFaultyRows)
    reading.log.warn(data.value, "There are no rows: the test is not in the run");
  const own =
    entryOf(source.node, "matrix") ??
    (suite.defaults === undefined ? undefined : entryOf(suite.defaults, "matrix"));
  const matrix = own?.value ?? suite.matrix;
  const read = readMatrix(matrix === undefined ? undefined : fillTree(matrix, filling), reading);
  const axes = withoutSharedNames(rows ?? [], read, reading);
  const perRow = combinationCount(axes);
  const rowChoices: readonly (DataRow | undefined)[] =
    data === undefined ? [undefined] : (rows ?? []);
  return {
    count: rowChoices.length * perRow,
    at: data?.value ?? own?.value ?? source.node,
    instances: () => {
      const combinations = combinationsOf(axes);
      return rowChoices.flatMap((row) => combinations.map((combination) => ({ row, combination })));
    },
  };
}

/** A name in both is told at whichever of the two stands later in the file; the axis is dropped, so that nothing else is told of it. */
function withoutSharedNames(
  rows: readonly DataRow[],
  axes: readonly Axis[],
  reading: Reading,
): readonly Axis[] {
  return axes.filter((axis) => {
    const row = rows.find((one) => Object.hasOwn(one.values, axis.name));
    if (row === undefined) return true;
    const isRowLater =
      row.at.line > axis.at.line ||
      (row.at.line === axis.at.line && row.at.column > axis.at.column);
    reading.log.error(
      isRowLater ? row.at : axis.at,
      `Expected "${axis.name}" in data or in matrix, found it in both`,
    );
    return false;
  });
}
