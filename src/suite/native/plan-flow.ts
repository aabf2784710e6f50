/**
 * Plans a step that holds others: its blocks, the names that it gives them, and of `use` the steps of the flow with its
 * parameters filled in. What travels is whole: a node knows of no flows.
 */
import type { Json } from "#proto/matcher.ts";
import { NESTED_STEPS_MAX, STEP_DEPTH_MAX } from "#proto/steps/flow.ts";
import type { PlannedStep, TestFile } from "#proto/test.ts";
import { adviceFor, type Position } from "../reading/fault-log.ts";
import { readEntries } from "../reading/group-shapes.ts";
import {
  describeFound,
  entryOf,
  jsonOf,
  type Located,
  type LocatedEntry,
  type LocatedMapping,
} from "../reading/located.ts";
import type { Reading } from "../reading/shape.ts";
import { type Filling, fillTree } from "./fill.ts";
import type { Flow, FlowBook, FlowHome } from "./flow-book.ts";
import { COMPANIONS, missingBlock } from "./flow-steps.ts";
import { positionInside } from "./name-check.ts";
import type { ValuesByName } from "./scope.ts";
import type { StepPlace, StepPlan } from "./step.ts";

/** Where a step stands among flows and other steps. */
export type NestPlace = {
  readonly book: FlowBook;
  /** Where the text of the step stands. */
  readonly home: FlowHome;
  /** What fills in the steps of flows; undefined: a suite is read as it is written, and flows are not opened. */
  readonly filling: Filling | undefined;
  /** Levels of steps around it. */
  readonly depth: number;
  /** Names that loops around it give. */
  readonly loops: readonly string[];
  /** The flows around it. */
  readonly inside: readonly Flow[];
  /** How many more steps there may be inside steps. */
  readonly room: readonly { left: number }[];
};

/** The place of a test's own step. */
export function nestPlace(
  book: FlowBook,
  filling: Filling | undefined,
  room: readonly { left: number }[] = [],
): NestPlace {
  return {
    book,
    home: book.own,
    filling,
    depth: 0,
    loops: [],
    inside: [],
    room: [{ left: NESTED_STEPS_MAX }, ...room],
  };
}

export type FlowInput = {
  readonly node: LocatedMapping;
  readonly verb: LocatedEntry;
  /** What stands behind the verb, in its normal form. */
  readonly args: { readonly [key: string]: Json };
  readonly place: StepPlace & { readonly nest: NestPlace };
  readonly reading: Reading;
  readonly plan: (node: Located, place: StepPlace, reading: Reading) => StepPlan | undefined;
};

export type PlannedFlow = {
  readonly args: { readonly [key: string]: Json };
  readonly blocks: Record<string, PlannedStep[]>;
  readonly files: readonly TestFile[];
};

/** Undefined when it was refused, which the log then holds. */
export function planFlow(input: FlowInput): PlannedFlow | undefined {
  const { node, verb, reading } = input;
  const companions = COMPANIONS.get(verb.key);
  if (companions === undefined) return undefined;
  const { with: _given, ...read } = readEntries(node, companions.fields, reading);
  const defaults = verb.key === "forEach" ? { as: "item" } : {};
  const args = { ...defaults, ...input.args, ...read };
  if (verb.key === "use") return planUse(input, args);
  const loops = loopsOf(input, args);
  const blocks = blockNodes(input);
  if (loops === undefined || blocks === undefined) return undefined;
  const files: TestFile[] = [];
  const planned = blocks.map(([key, steps]) => {
    const plans = planInside(input, steps, { loops: [...input.place.nest.loops, ...loops] });
    files.push(...plans.flatMap((plan) => plan.files));
    return [key, plans.map((plan) => plan.step)] as const;
  });
  return { args, blocks: Object.fromEntries(planned), files };
}

type Block = readonly [key: string, steps: readonly Located[]];

/** The lists of steps beside the verb; of `repeat` also in its mapping. */
function blockNodes({ node, verb, reading }: FlowInput): readonly Block[] | undefined {
  const { blocks = [], required = [] } = COMPANIONS.get(verb.key) ?? {};
  const inVerb = verb.key === "repeat" && verb.value.kind === "mapping" ? verb.value : undefined;
  const found = blocks.flatMap(
    (key) => entryOf(node, key) ?? (inVerb && entryOf(inVerb, key)) ?? [],
  );
  const keys = node.entries.map((entry) => entry.key);
  const missing = required.some((key) => !found.some((entry) => entry.key === key));
  if (missing) reading.log.error(verb.at, missingBlock(verb.key, keys));
  const isTryAlone = verb.key === "try" && found.length === 1;
  if (isTryAlone)
    reading.log.error(
      verb.at,
      'Missing "catch" or "finally" beside "try": expected one of them with a list of steps',
    );
  const lists = found.flatMap((entry): Block[] => {
    const steps = stepsIn(entry, reading);
    return steps === undefined ? [] : [[entry.key, steps]];
  });
  return missing || isTryAlone || lists.length < found.length ? undefined : lists;
}

/** Only a `catch` may do nothing. */
function stepsIn({ key, value }: LocatedEntry, { log }: Reading): readonly Located[] | undefined {
  const isList = value.kind === "list";
  if (isList && (value.items.length > 0 || key === "catch")) return value.items;
  const expected = isList ? "at least one step" : "a list of steps";
  log.error(value, `Expected ${expected} in "${key}", found ${describeFound(value)}`);
  return undefined;
}

/** The names that it gives to its steps; one that a loop around it gives already would hide that. */
function loopsOf({ node, verb, place, reading }: FlowInput, args: FlowInput["args"]) {
  const named = [verb.key === "forEach" ? args["as"] : undefined, args["index"]];
  const names = named.filter((name): name is string => typeof name === "string");
  const at = (name: string): Position =>
    node.entries.find(({ value }) => value.kind === "scalar" && value.value === name)?.value ??
    verb.at;
  for (const [index, name] of names.entries()) {
    if (![...place.nest.loops, ...names.slice(0, index)].includes(name)) continue;
    reading.log.error(
      at(name),
      `Expected a name that no loop around it gives, found "${name}": choose another one by "as" or "index"`,
    );
    return undefined;
  }
  return names;
}

function planInside(
  { verb, place, reading, plan }: FlowInput,
  steps: readonly Located[],
  changes: Partial<NestPlace>,
): readonly StepPlan[] {
  const nest = { ...place.nest, ...changes, depth: place.nest.depth + 1 };
  if (nest.depth > STEP_DEPTH_MAX) {
    const expected = `at most ${STEP_DEPTH_MAX} levels of steps inside steps`;
    reading.log.error(verb.at, `Expected ${expected}, found more`);
    return [];
  }
  const plans: StepPlan[] = [];
  for (const step of steps) {
    if (place.nest.room.some(({ left }) => left <= 0)) {
      const most = `${NESTED_STEPS_MAX} steps inside steps in a test, and ${NESTED_SUITE_MAX} in a suite`;
      reading.log.error(verb.at, `Expected at most ${most}, found more`);
      return plans;
    }
    for (const room of place.nest.room) room.left -= 1;
    const one = plan(step, { ...place, nest }, reading);
    if (one !== undefined) plans.push(one);
  }
  return plans;
}

/** The most steps inside steps of all tests of a suite, flows opened in each. */
export const NESTED_SUITE_MAX = 200_000;

function planUse(input: FlowInput, args: FlowInput["args"]): PlannedFlow | undefined {
  const { verb, place, reading } = input;
  const { nest } = place;
  const at =
    verb.value.kind === "mapping" ? (entryOf(verb.value, "flow")?.value ?? verb.at) : verb.value;
  if (args["flow"] === "") return undefined;
  const flow = nest.book.find(nest.home, String(args["flow"]), { log: reading.log, at });
  if (flow === undefined) return undefined;
  const circle = nest.inside.indexOf(flow);
  if (circle !== -1) {
    const words = [...nest.inside.slice(circle), flow].map(({ name }) => name).join(" → ");
    reading.log.error(at, `Expected flows that do not use themselves, found a circle: ${words}`);
    return undefined;
  }
  const given = givenTo(input, flow);
  if (given === undefined) return undefined;
  const files: TestFile[] = [];
  if (nest.filling === undefined) return { args, blocks: { steps: [] }, files };
  const opened = openFlow(input, { flow, given, filling: nest.filling, at });
  files.push(...opened.flatMap((plan) => plan.files));
  return { args, blocks: { steps: opened.map((plan) => plan.step) }, files };
}

/** The values of `with`, checked against what the flow takes. */
function givenTo(
  { node, verb, reading }: FlowInput,
  flow: Flow,
): ReadonlyMap<string, Located> | undefined {
  const beside = entryOf(node, "with");
  const entry = (verb.value.kind === "mapping" && entryOf(verb.value, "with")) || beside;
  const entries = entry?.value.kind === "mapping" ? entry.value.entries : [];
  const known = flow.params.map(({ name }) => name);
  const what = `the flow ${JSON.stringify(flow.name)}`;
  const unknown = entries.filter(({ key }) => !known.includes(key));
  for (const { key, at } of unknown)
    reading.log.error(
      at,
      `Unknown parameter ${JSON.stringify(key)} of ${what}: ${adviceFor(key, known)}`,
    );
  const given = new Map(entries.map(({ key, value }) => [key, value]));
  const missing = flow.params.filter((one) => one.fallback === undefined && !given.has(one.name));
  if (missing.length > 0 && unknown.length === 0) {
    const names = missing.map(({ name }) => JSON.stringify(name)).join(" and ");
    const found =
      entries.length === 0 ? "none" : `only ${entries.map(({ key }) => key).join(", ")}`;
    reading.log.error(verb.at, `Missing ${names} of ${what} in "with": found ${found}`);
  }
  return missing.length + unknown.length > 0 ? undefined : given;
}

type Opening = {
  readonly flow: Flow;
  readonly given: ReadonlyMap<string, Located>;
  readonly filling: Filling;
  /** Where it is used. */
  readonly at: Position;
};

function openFlow(input: FlowInput, { flow, given, filling, at }: Opening): readonly StepPlan[] {
  const { place, reading } = input;
  const { home } = flow;
  const where = `${reading.log.file}:${at.line}`;
  const log = reading.log.inFile(home.file, ` (in the flow "${flow.name}", used at ${where})`);
  const tell: Filling["tell"] = (from, source, message) => {
    if (!log.isFull)
      log.error(positionInside(home.tree, from, { source, occurrence: 0 }), message());
  };
  const outer: Filling = { ...filling, tell };
  const values: ValuesByName = Object.fromEntries(
    flow.params.flatMap(({ name, fallback }) => {
      const value = given.get(name) ?? (fallback && fillTree(fallback, outer));
      return value === undefined ? [] : [[name, jsonOf(value)]];
    }),
  );
  const inner: Filling = { ...outer, scope: { ...filling.scope, params: values } };
  const inFlow: FlowInput = { ...input, reading: { ...reading, log } };
  const steps = flow.steps.map((step) => fillTree(step, inner));
  const inside = [...place.nest.inside, flow];
  return planInside(inFlow, steps, { home, filling: inner, inside });
}

/** Whether a step uses a flow, itself or inside, whose steps may differ by test though it does not itself. */
export function usesFlows(node: Located): boolean {
  if (node.kind === "scalar") return false;
  if (node.kind === "list") return node.items.some(usesFlows);
  return node.entries.some(({ key, value }) => key === "use" || usesFlows(value));
}
