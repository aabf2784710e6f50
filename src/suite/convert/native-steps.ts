/** The steps of a native suite that do what the planned steps of an original one do: parts of a step become steps of their own. Pure. */
import type { Json } from "#proto/matcher.ts";
import type { PlannedStep, StepPart, TestDefinition } from "#proto/test.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { escapeTemplate } from "#shared/template.ts";
import { spanText } from "./span-text.ts";

/** One step as it is written, the keys in their order. */
export type NativeStep = { readonly entries: { readonly [key: string]: Json } };

type Placed = StepPart & { readonly planned: PlannedStep; readonly isMain: boolean };

/** Writes all steps of a test that are executed. */
export function nativeSteps(test: TestDefinition): readonly NativeStep[] {
  const parts = test.steps.filter(({ skip }) => skip === undefined).flatMap(partsOf);
  return parts.map((part, index) => ({
    entries: {
      ...(part.isMain ? { name: escapeTemplate(part.planned.name) } : {}),
      ...writeVerb(part, index === parts.length - 1),
      ...boundOf(part, test),
    },
  }));
}

function partsOf(planned: PlannedStep): readonly Placed[] {
  const { before, after } = planned.around ?? { before: [], after: [] };
  const own = { verb: planned.verb ?? planned.kind, args: planned.args };
  return [
    ...before.map((part) => ({ ...part, planned, isMain: false })),
    { ...own, planned, isMain: true },
    ...after.map((part) => ({ ...part, planned, isMain: false })),
  ];
}

/** A plain wait has no bound of its own unless it is given one. */
function boundOf({ verb, args }: Placed, { stepTimeoutMs }: TestDefinition): NativeStep["entries"] {
  const awaited = args["for"];
  const isLate =
    verb === "wait" &&
    isJsonMapping(awaited) &&
    typeof awaited["ms"] === "number" &&
    awaited["ms"] >= stepTimeoutMs;
  return isLate ? { timeout: spanText(stepTimeoutMs) } : {};
}

function writeVerb({ verb, args }: Placed, isLast: boolean): NativeStep["entries"] {
  switch (verb) {
    case "goto":
      return { goto: args["url"] ?? "" };
    case "click":
      return { click: { ...locatorKeys(args["locator"]), waitForLoad: true } };
    case "fill":
      return { fill: { ...locatorKeys(args["locator"]), value: args["value"] ?? "" } };
    case "submit":
      return { submit: args["locator"] === undefined ? true : locatorKeys(args["locator"]) };
    case "wait":
      return { wait: waitText(args["for"]) };
    case "screenshot":
      return { screenshot: { name: args["name"] ?? "", fullPage: true } };
    default:
      return { record: recordKeys(args, isLast) };
  }
}

function locatorKeys(locator: Json | undefined): { readonly [key: string]: Json } {
  if (!isJsonMapping(locator)) return {};
  const { by, value, nth } = locator;
  return { [String(by)]: value ?? "", nth: nth ?? 0 };
}

function waitText(awaited: Json | undefined): string {
  const ms = isJsonMapping(awaited) ? awaited["ms"] : undefined;
  return spanText(typeof ms === "number" ? ms : 0);
}

function recordKeys(args: StepPart["args"], isLast: boolean): Json {
  const name = args["name"] ?? "";
  if (args["action"] === "stop") return { stop: name };
  if (typeof args["forMs"] !== "number") return { start: name };
  // Where it is the last step it is waited for anyway.
  const hold = args["hold"] === true && !isLast ? { hold: true } : {};
  return { name, for: spanText(args["forMs"]), ...hold };
}
