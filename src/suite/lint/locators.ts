/** The locators of steps, wherever they stand in them. */
import type { Located, LocatedMapping } from "../reading/located.ts";
import { type LintStep, textIn } from "./lint-suite.ts";

/** A way to find an element, at its place. */
export type LintLocator = {
  readonly by: string;
  readonly value: string;
  readonly at: Located;
  /** The mapping around it; undefined for a locator that is one text. */
  readonly node: LocatedMapping | undefined;
};

/** Verbs whose argument may be a locator as one text. */
const PLAIN_VERBS: ReadonlySet<string> = new Set([
  ...["click", "dblclick", "hover", "check", "uncheck", "submit", "tap"],
  ...["focus", "blur", "clear", "selectText"],
]);
/** Keys under which a text is a locator. */
const PLACES: ReadonlySet<string> = new Set([
  ...["visible", "hidden", "enabled", "disabled", "checked", "unchecked", "focused", "editable"],
  ...["empty", "attached", "inViewport", "value", "values", "count", "texts", "class", "id"],
  ...[
    "for",
    "on",
    "within",
    "has",
    "hasNot",
    "and",
    "or",
    "frame",
    "from",
    "to",
    "exclude",
    "mask",
  ],
]);
const KINDS: readonly string[] = [
  ...["css", "xpath", "text", "role", "label", "placeholder", "altText", "title", "testId"],
  "shown",
];

/** All locators of one step, not of the steps that it holds. */
export function locatorsOf(step: LintStep): readonly LintLocator[] {
  if (PLAIN_VERBS.has(step.verb) && step.args.kind === "scalar") return fromText(step.args);
  if (!ELEMENT_VERBS.has(step.verb)) return [];
  return seek(step.args, { isTextLocator: step.verb === "expect" || step.verb === "save" });
}

/** Verbs whose arguments hold locators; those of requests and scripts only look alike. */
const ELEMENT_VERBS: ReadonlySet<string> = new Set([
  ...PLAIN_VERBS,
  ...["fill", "type", "press", "select", "upload", "scroll", "wait", "screenshot", "save"],
  ...["expect", "drag", "drop", "wheel", "mouse", "download", "if", "repeat"],
]);

type Seeking = { readonly isTextLocator: boolean };

function seek(node: Located, seeking: Seeking): readonly LintLocator[] {
  if (node.kind === "list") return node.items.flatMap((item) => seek(item, seeking));
  if (node.kind !== "mapping") return [];
  const own = locatorIn(node);
  const inner = node.entries.flatMap(({ key, value }) => {
    const isLocator =
      PLACES.has(key) || (key === "text" && seeking.isTextLocator && own === undefined);
    if (isLocator && value.kind === "scalar") return fromText(value);
    if (key === "click" && value.kind === "scalar") return fromText(value);
    return seek(value, seeking);
  });
  return own === undefined ? inner : [own, ...inner];
}

function locatorIn(node: LocatedMapping): LintLocator | undefined {
  const entry = node.entries.find(
    ({ key, value }) => KINDS.includes(key) && value.kind === "scalar" && !isSubject(key, node),
  );
  if (entry === undefined) return undefined;
  return { by: entry.key, value: textIn(entry.value) ?? "", at: entry.value, node };
}

/** `{ text: "#count", equals: "1" }` and `{ title: Shop }` are expectations, no ways to find something. */
function isSubject(key: string, node: LocatedMapping): boolean {
  return (
    (key === "text" || key === "title") &&
    (node.entries.length === 1 ||
      node.entries.some((entry) =>
        ["equals", "contains", "matches", "not", "in", "above", "below", "exists"].includes(
          entry.key,
        ),
      ))
  );
}

function fromText(node: Located): readonly LintLocator[] {
  const written = textIn(node);
  if (written === undefined || written === "") return [];
  const [, prefix, rest] = /^(text|xpath)=(.*)$/s.exec(written) ?? [];
  return [{ by: prefix ?? "css", value: rest ?? written, at: node, node: undefined }];
}
