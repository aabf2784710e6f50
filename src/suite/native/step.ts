/** One step: its verb, what any step may carry, and its plan in the normal form. */

import type { Json } from "#proto/matcher.ts";
import type { PlannedStep, Platform, StepPhase, TestFile } from "#proto/test.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { displayTemplate } from "#shared/template.ts";
import { adviceFor } from "../reading/fault-log.ts";
import {
  describeFound,
  entryOf,
  type Located,
  type LocatedEntry,
  type LocatedMapping,
} from "../reading/located.ts";
import { opennessOf } from "../reading/openness.ts";
import { duration, flag, text } from "../reading/scalar-shapes.ts";
import type { Reading, Shape } from "../reading/shape.ts";
import { COMPANIONS, companionsOf } from "./flow-steps.ts";
import { type NestPlace, planFlow } from "./plan-flow.ts";
import { stepName } from "./step-name.ts";
import { VERBS } from "./verbs.ts";

/** What any step may carry beside its verb. */
export const STEP_FIELDS: ReadonlyMap<string, Shape> = new Map([
  ["name", text("a name")],
  ["timeout", duration({ isZeroAllowed: false })],
  ["optional", flag],
  ["soft", flag],
]);

const CARRIED = [...STEP_FIELDS.keys()];
const ALL_VERBS = [...new Set([...VERBS.web.keys(), ...VERBS.http.keys()])];
const NAME_LENGTH_MAX = 200;

export type StepPlan = { readonly step: PlannedStep; readonly files: readonly TestFile[] };

export type StepPlace = {
  readonly platform: Platform;
  readonly phase: StepPhase;
  readonly nest: NestPlace;
};

/** Reads a step for a platform; undefined when it was refused, which the log then holds. */
export function planStep(node: Located, place: StepPlace, reading: Reading): StepPlan | undefined {
  if (node.kind !== "mapping") {
    reading.log.error(
      node,
      `Expected a step such as { click: "#save" }, found ${describeFound(node)}`,
    );
    return undefined;
  }
  const verb = verbIn(node, reading);
  const shape = verb === undefined ? undefined : shapeFor(verb, place.platform, reading);
  const own: Reading = { ...reading, used: [] };
  const carried = carriedBy(node, own);
  const args = verb === undefined ? undefined : shape?.read(verb.value, own);
  if (verb === undefined || args === undefined || !isJsonMapping(args)) return undefined;
  if (carried["soft"] === true) tellSoft(node, verb, reading);
  const isFlow = COMPANIONS.has(verb.key);
  const flow = isFlow
    ? planFlow({ node, verb, args, place, reading: own, plan: planStep })
    : { args, files: [] };
  if (flow === undefined) return undefined;
  const { home } = place.nest;
  const step: PlannedStep = {
    name: nameOf(carried["name"]) ?? stepName(verb.key, flow.args),
    kind: verb.key,
    phase: place.phase,
    ...(typeof carried["timeout"] === "number" ? { timeoutMs: carried["timeout"] } : {}),
    ...(carried["optional"] === true ? { optional: true } : {}),
    ...(carried["soft"] === true ? { soft: true } : {}),
    ...(home.isSuite ? {} : { file: home.file }),
    line: node.line,
    column: node.column,
    args: flow.args,
    ...("blocks" in flow ? { blocks: flow.blocks } : {}),
  };
  return { step, files: [...own.used, ...flow.files] };
}

/** Only what is looked at may be wrong without what follows being in vain. */
function tellSoft(node: LocatedMapping, verb: LocatedEntry, { log }: Reading): void {
  const soft = entryOf(node, "soft");
  const optional = entryOf(node, "optional");
  if (soft === undefined) return;
  if (verb.key !== "expect")
    log.error(soft.at, `Expected "soft" on an expect step, found it beside "${verb.key}"`);
  else if (optional?.value.kind === "scalar" && optional.value.value === true)
    log.error(
      soft.at,
      'Expected "soft" or "optional", found both: soft fails the attempt in the end, optional never does',
    );
}

/** The verb of a step whose platform is not known yet is read for the first platform that has it. */
export function platformsWith(node: Located): readonly Platform[] {
  if (node.kind !== "mapping") return ["web"];
  const platforms = (["web", "http"] as const).filter((platform) =>
    node.entries.some((entry) => VERBS[platform].has(entry.key)),
  );
  return platforms.length === 0 ? ["web"] : platforms;
}

function verbIn(node: LocatedMapping, reading: Reading): LocatedEntry | undefined {
  const isVerb = (key: string): boolean => ALL_VERBS.includes(key);
  const [verb, second] = node.entries.filter((entry) => isVerb(entry.key));
  const beside = [...CARRIED, ...(verb === undefined ? [] : companionsOf(verb.key))];
  const unknown = node.entries.filter((entry) => !isVerb(entry.key) && !beside.includes(entry.key));
  if (second !== undefined)
    reading.log.error(
      second.at,
      `Expected one verb a step, found "${verb?.key}" and "${second.key}"`,
    );
  for (const entry of unknown) tellUnknown(entry, verb, reading);
  if (verb === undefined && unknown.length === 0) {
    const found =
      node.entries.length === 0
        ? describeFound(node)
        : `only ${node.entries.map((entry) => entry.key).join(", ")}`;
    reading.log.error(
      node,
      `Missing verb in a step: expected one of ${ALL_VERBS.join(", ")}, found ${found}`,
    );
  }
  return verb;
}

function tellUnknown(entry: LocatedEntry, verb: LocatedEntry | undefined, reading: Reading): void {
  const found = JSON.stringify(entry.key);
  const message =
    verb === undefined
      ? `Unknown step ${found}: ${adviceFor(entry.key, ALL_VERBS)}`
      : `Unknown key ${found} beside "${verb.key}" in a step: ${adviceFor(entry.key, [...CARRIED, ...companionsOf(verb.key)])}`;
  reading.log.error(entry.at, message);
}

function shapeFor(verb: LocatedEntry, platform: Platform, reading: Reading): Shape | undefined {
  const shape = VERBS[platform].get(verb.key);
  if (shape !== undefined) return shape;
  const others = (["web", "http"] as const).filter((other) => VERBS[other].has(verb.key));
  const known = [...VERBS[platform].keys()].join(", ");
  reading.log.error(
    verb.at,
    `The step "${verb.key}" is one of ${others.join(" and ")} tests, found in a test for ${platform}: expected one of ${known}`,
  );
  return undefined;
}

function carriedBy(
  node: LocatedMapping,
  reading: Reading,
): { readonly [key: string]: Json | undefined } {
  const read = node.entries.flatMap((entry) => {
    const shape = STEP_FIELDS.get(entry.key);
    return shape === undefined ? [] : [[entry.key, readCarried(entry, shape, reading)] as const];
  });
  return Object.fromEntries(read);
}

/** A bound and a mark are needed before the step starts; only a name may show what is known later. */
function readCarried(entry: LocatedEntry, shape: Shape, reading: Reading): Json | undefined {
  const openness = opennessOf(entry.value);
  if (entry.key !== "name" && (openness === "lone" || openness === "mixed")) {
    reading.log.error(
      entry.value,
      `Expected ${shape.expected} that is known before the run, found ${describeFound(entry.value)}`,
    );
    return undefined;
  }
  return shape.read(entry.value, reading);
}

function nameOf(name: Json | undefined): string | undefined {
  if (typeof name !== "string") return undefined;
  const shown = displayTemplate(name);
  return shown.length > NAME_LENGTH_MAX ? `${shown.slice(0, NAME_LENGTH_MAX - 1)}…` : shown;
}
