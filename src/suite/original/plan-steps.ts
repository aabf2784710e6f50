/** Makes the planned steps of one app: our verbs, the bounds of the app, the files' names. Pure but for warnings about names. */
import type { Json } from "#proto/matcher.ts";
import type { PlannedStep, StepPart } from "#proto/test.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { escapeTemplate } from "#shared/template.ts";
import { shortStepName } from "../native/step-name.ts";
import type { FaultLog } from "../reading/fault-log.ts";
import type { OriginalAction } from "./actions.ts";
import { addressOf } from "./address.ts";
import { type FileKind, fileNameFor } from "./file-name.ts";
import type { OriginalSettings } from "./settings.ts";

export type PlanInput = {
  readonly actions: readonly OriginalAction[];
  /** Where relative addresses belong. */
  readonly appUrl: string | undefined;
  readonly timeoutMs: number;
  readonly settings: OriginalSettings;
  /** Why none of them is executed, for an app of a type that is not supported yet. */
  readonly skip: string | undefined;
};

export type StepPlans = {
  readonly steps: readonly PlannedStep[];
  /** The longest that they may take together. */
  readonly longestMs: number;
};

const NAME_LENGTH_MAX = 200;

/** Plans all actions of an app in their order. */
export function planSteps(input: PlanInput, log: FaultLog): StepPlans {
  const lastIndex = input.actions.findLastIndex(({ deed }) => deed.type !== "unsupported");
  const plans = input.actions.map((action, index) =>
    planStep(action, { ...input, isLast: index === lastIndex }, log),
  );
  return {
    steps: plans.map(({ step }) => step),
    longestMs: plans.reduce((sum, { longestMs }) => sum + longestMs, 0),
  };
}

type PlacedInput = PlanInput & { readonly isLast: boolean };
type StepPlan = { readonly step: PlannedStep; readonly longestMs: number };

function planStep(action: OriginalAction, input: PlacedInput, log: FaultLog): StepPlan {
  const { deed, kind } = action;
  const skip =
    input.skip ??
    (deed.type === "unsupported" ? `The action type "${kind}" is not supported yet` : undefined);
  const { verb, args } = act(action, input, log);
  const around = aroundOf(action, input, log);
  const partCount = 1 + around.before.length + around.after.length;
  const step: PlannedStep = {
    name: cut(action.name ?? shortStepName(kind, { verb, args: shownArgs(action, args) })),
    kind,
    verb,
    phase: "main",
    timeoutMs: input.timeoutMs,
    line: action.at.line,
    column: action.at.column,
    args,
    ...(partCount === 1 ? {} : { around }),
    ...(skip === undefined ? {} : { skip }),
  };
  const filmMs = deed.type === "record" ? deed.forMs : 0;
  // A page that takes longer than its click is waited for once more.
  const boundCount = partCount + (deed.type === "click" || deed.type === "submit" ? 1 : 0);
  return { step, longestMs: skip === undefined ? boundCount * input.timeoutMs + filmMs : 0 };
}

/** An address as it was written; and that the first match is meant goes without saying. */
function shownArgs({ deed }: OriginalAction, args: StepPart["args"]): StepPart["args"] {
  if (deed.type === "navigate") return { url: escapeTemplate(deed.url.trim()) };
  const locator = args["locator"];
  if (!isJsonMapping(locator)) return args;
  const { nth: _, ...shown } = locator;
  return { ...args, locator: shown };
}

function cut(name: string): string {
  const line = name.replaceAll(/\s+/g, " ").trim();
  return line.length > NAME_LENGTH_MAX ? `${line.slice(0, NAME_LENGTH_MAX - 1)}…` : line;
}

function act(action: OriginalAction, input: PlacedInput, log: FaultLog): StepPart {
  const { deed } = action;
  switch (deed.type) {
    case "navigate":
      return {
        verb: "goto",
        args: { url: escapeTemplate(addressOf(deed.url.trim(), input.appUrl)) },
      };
    case "click":
      return { verb: "click", args: { locator: locatorOf(deed.selector), waitForLoad: true } };
    case "fill":
      return {
        verb: "fill",
        args: { locator: locatorOf(deed.selector), value: escapeTemplate(deed.value) },
      };
    case "submit":
      return {
        verb: "submit",
        args: deed.selector === undefined ? {} : { locator: locatorOf(deed.selector) },
      };
    case "wait":
      return { verb: "wait", args: { for: { kind: "time", ms: deed.waitMs } } };
    case "screenshot":
      return picture(nameOf(action, { kind: "picture", settings: input.settings }, log));
    case "record":
      return {
        verb: "record",
        args: {
          action: "start",
          name: escapeTemplate(nameOf(action, { kind: "video", settings: input.settings }, log)),
          forMs: deed.forMs,
          ...(input.isLast ? { hold: true } : {}),
        },
      };
    case "unsupported":
      return { verb: action.kind, args: {} };
  }
}

const picture = (name: string): StepPart => ({
  verb: "screenshot",
  args: { name: escapeTemplate(name), fullPage: true },
});

/** The picture after an action and the film during it. */
function aroundOf(
  action: OriginalAction,
  { settings }: PlanInput,
  log: FaultLog,
): { readonly before: StepPart[]; readonly after: StepPart[] } {
  const before: StepPart[] = [];
  const after: StepPart[] = [];
  if (action.isFilmed) {
    const name = escapeTemplate(nameOf(action, { kind: "video", settings }, log));
    before.push({ verb: "record", args: { action: "start", name } });
    after.push({ verb: "record", args: { action: "stop", name } });
  }
  if (action.isPictured) {
    // The file name of a screenshot is that of its own picture; the one after it is named for the action.
    const own = action.deed.type === "screenshot" ? { ...action, fileName: undefined } : action;
    after.push(picture(nameOf(own, { kind: "picture", settings }, log)));
  }
  return { before, after };
}

type NameWish = { readonly kind: FileKind; readonly settings: OriginalSettings };

function nameOf(
  { fileName, name, kind: type }: OriginalAction,
  { kind, settings }: NameWish,
  log: FaultLog,
): string {
  const written = fileName?.of === kind ? fileName : undefined;
  const made = fileNameFor({
    kind,
    written: written?.text,
    otherwise: name ?? type,
    ending: settings.endings[kind],
  });
  if (written !== undefined && made.warning !== undefined) log.warn(written.at, made.warning);
  return made.name;
}

/** The first of what the selector matches: XPath where it says or shows so, else CSS. */
function locatorOf(selector: string): Json {
  const { by, value } = selectorOf(selector.trim());
  return { by, value: escapeTemplate(value), nth: 0 };
}

function selectorOf(selector: string): { readonly by: string; readonly value: string } {
  const path = /^xpath=\s*(\S.*)$/s.exec(selector)?.[1];
  if (path !== undefined) return { by: "xpath", value: path };
  // No CSS selector begins with a slash, in parentheses or not.
  return { by: /^\(*\//.test(selector) ? "xpath" : "css", value: selector };
}
