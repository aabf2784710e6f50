/**
 * Reads every part of a suite once as written, before anything is expanded: so faults are told also in parts that no
 * test uses, such as the steps of a test whose `data` has no rows.
 */
import type { Platform } from "#proto/test.ts";
import { entryOf, type Located, type LocatedMapping } from "../reading/located.ts";
import type { Reading } from "../reading/shape.ts";
import type { FlowBook, FlowHome } from "./flow-book.ts";
import type { Hook } from "./hooks.ts";
import { nestPlace } from "./plan-flow.ts";
import { planStep, platformsWith } from "./step.ts";
import type { SuiteParts, TestSource } from "./suite.ts";
import { TEST_FIELDS, WEB_FIELDS } from "./test-fields.ts";

/** Reads all fields and steps; the log holds what is wrong with them. */
export function checkRawParts(parts: SuiteParts, reading: Reading): void {
  if (parts.defaults !== undefined) checkFields(parts.defaults, reading);
  const platforms = new Set<Platform>();
  for (const test of parts.tests) {
    checkFields(test.node, reading);
    const own = platformsOf(test, parts);
    if (own.length > 0 && !own.includes("web")) tellWebFields(test.node, reading);
    for (const platform of own) platforms.add(platform);
    for (const step of test.steps) readStep(step, own, { reading, book: parts.flows });
  }
  if (parts.isSerial) tellGroups(parts, reading);
  const raw: Raw = { reading, book: parts.flows };
  for (const hook of [parts.before, parts.after]) checkHook(hook, platforms, raw);
  // A plain list is for one platform: which one is known when all tests are.
  for (const hook of [parts.beforeAll, parts.afterAll]) checkHook(hook, new Set(), raw);
  for (const { steps, validate } of parts.sessions)
    for (const step of [...steps, ...validate]) readStep(step, ["web"], raw);
  checkRawFlows(parts.flows.own, raw);
}

function checkFields(fields: LocatedMapping, reading: Reading): void {
  tellIdleViewport(fields, reading);
  for (const entry of fields.entries) TEST_FIELDS.get(entry.key)?.read(entry.value, reading);
}

/** A serial suite is one group already. */
function tellGroups({ defaults, matrix, tests }: SuiteParts, reading: Reading): void {
  const fields = [defaults, ...tests.map(({ node }) => node)].filter((one) => one !== undefined);
  const matrices = [matrix, ...fields.map((one) => entryOf(one, "matrix")?.value)];
  for (const place of [...fields, ...matrices]) {
    const group = place?.kind === "mapping" ? entryOf(place, "group") : undefined;
    if (group !== undefined)
      reading.log.error(
        group.at,
        'Expected no "group" in a serial suite, found one: all its tests are one group',
      );
  }
}

/** In `defaults` they are for those tests that are of the web. */
function tellWebFields(test: LocatedMapping, reading: Reading): void {
  for (const entry of test.entries)
    if (WEB_FIELDS.has(entry.key))
      reading.log.error(
        entry.at,
        `Expected a field of http tests, found "${entry.key}": it is one of web tests`,
      );
}

/** A device has a size of its own. */
function tellIdleViewport(fields: LocatedMapping, reading: Reading): void {
  const viewport = entryOf(fields, "viewport");
  if (viewport !== undefined && entryOf(fields, "device") !== undefined)
    reading.log.warn(
      viewport.at,
      'No effect of "viewport" beside "device": a device has a size of its own',
    );
}

/** A plain list is read for every platform that the suite has; a list of one platform for that one. */
function checkHook(hook: Hook, platforms: ReadonlySet<Platform>, raw: Raw): void {
  if (hook.isPlain) {
    for (const step of hook.steps.web) readStep(step, [...platforms], raw);
    return;
  }
  for (const platform of ["web", "http"] as const)
    for (const step of hook.steps[platform]) readStep(step, [platform], raw);
}

type Raw = { readonly reading: Reading; readonly book: FlowBook; readonly home?: FlowHome };

/** Steps of flows are read for the first platform that has them: who uses them says which it is. */
export function checkRawFlows(home: FlowHome, raw: Raw): void {
  for (const { steps } of home.flows.values())
    for (const step of steps) readStep(step, [], { ...raw, home });
}

function readStep(
  step: Located,
  platforms: readonly Platform[],
  { reading, book, home = book.own }: Raw,
): void {
  const read = platforms.length === 0 ? platformsWith(step).slice(0, 1) : platforms;
  const nest = { ...nestPlace(book, undefined), home };
  for (const platform of read) planStep(step, { platform, phase: "main", nest }, reading);
}

/** The platforms that are written down for a test; none when they wait for a name. */
function platformsOf(test: TestSource, parts: SuiteParts): readonly Platform[] {
  const matrix =
    entryOf(test.node, "matrix")?.value ??
    (parts.defaults && entryOf(parts.defaults, "matrix")?.value) ??
    parts.matrix;
  const axis = matrix?.kind === "mapping" ? entryOf(matrix, "platform")?.value : undefined;
  const field =
    entryOf(test.node, "platform")?.value ??
    (parts.defaults && entryOf(parts.defaults, "platform")?.value);
  if (axis === undefined && field === undefined) return ["web"];
  const nodes = axis?.kind === "list" ? axis.items : [axis ?? field];
  return nodes.flatMap((node) =>
    node?.kind === "scalar" && (node.value === "web" || node.value === "http") ? [node.value] : [],
  );
}
