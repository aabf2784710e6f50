/** Rules about locators that break when a page is only built anew. */

import type { Rule, Spot } from "../findings.ts";
import type { LintSuite } from "../lint-suite.ts";
import { stepsOf } from "../lint-suite.ts";
import { type LintLocator, locatorsOf } from "../locators.ts";

/** Parts of a path beyond which it follows the page's build rather than its meaning. */
const PARTS_MAX = 3;
const LENGTH_MAX = 80;

const every =
  (fault: (locator: LintLocator) => string | undefined) =>
  (suite: LintSuite): readonly Spot[] =>
    stepsOf(suite)
      .flatMap(locatorsOf)
      .flatMap((locator) => {
        const what = fault(locator);
        return what === undefined
          ? []
          : [{ line: locator.at.line, column: locator.at.column, what }];
      });

const shown = (text: string): string =>
  JSON.stringify(text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text);

/** Texts in brackets and quotes are no parts of a path. */
const bare = (selector: string): string =>
  selector.replaceAll(/\[[^\]]*\]|"[^"]*"|'[^']*'|\([^()]*\)/g, "");

function longCss({ by, value }: LintLocator): string | undefined {
  if (by !== "css" || value.includes("${")) return undefined;
  const parts = bare(value.split(",")[0] ?? "")
    .split(/\s*[>+~]\s*|\s+/)
    .filter((part) => part !== "");
  if (parts.length <= PARTS_MAX && value.length <= LENGTH_MAX) return undefined;
  return `The CSS selector ${shown(value)} has ${parts.length} parts`;
}

function xpath({ by, value }: LintLocator): string | undefined {
  if (by !== "xpath") return undefined;
  const steps = bare(value)
    .split(/\/+/)
    .filter((step) => step !== "").length;
  const isRooted = /^\/?\/?(html|body)\b/.test(value);
  if (!isRooted && steps <= 2 && !/\[\d+\]/.test(value)) return undefined;
  return `The XPath ${shown(value)} follows the page's structure`;
}

function loneNth({ by, node }: LintLocator): string | undefined {
  const nth = node?.entries.find(({ key }) => key === "nth");
  if (nth === undefined || by === "shown") return undefined;
  const narrows = ["within", "has", "hasText", "frame"];
  if (node?.entries.some(({ key }) => narrows.includes(key))) return undefined;
  return `The element is chosen as number ${nth.value.kind === "scalar" ? nth.value.source : "…"} of the whole page`;
}

function nthChild({ by, value }: LintLocator): string | undefined {
  const found =
    by === "css" ? /:nth-(last-)?(child|of-type)|:(first|last)-child/.exec(value)?.[0] : undefined;
  return found === undefined
    ? undefined
    : `The CSS selector ${shown(value)} counts elements by ${found}`;
}

/** What build tools and libraries make up: hashes, counters. */
const GENERATED: readonly RegExp[] = [
  /[.#](css|sc|jss|emotion|styled|svelte|chakra|mantine)-[A-Za-z0-9]{4,}/,
  /[.#](?:ember|ext-gen|yui_|gwt-uid-|mui-|radix-|headlessui-|react-select-)[\w:-]*\d/,
  /#:r[0-9a-z]+:|#\\:r[0-9a-z]+\\:/,
  /[.#][\w-]*?__?[A-Za-z0-9]*\d[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*(?![\w-])(?<=_[A-Za-z0-9]{5,8})/,
  /[.#][\w-]*\d{5,}/,
  /[.#](?=[a-f0-9]*\d)(?=[a-f0-9]*[a-f])[a-f0-9]{8,}(?![\w-])/,
];

function generated({ by, value }: LintLocator): string | undefined {
  if (by !== "css") return undefined;
  const found = GENERATED.map((pattern) => pattern.exec(value)?.[0]).find(
    (one) => one !== undefined,
  );
  return found === undefined ? undefined : `The name ${shown(found)} looks generated`;
}

const VOLATILE: readonly RegExp[] = [
  /\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b/,
  /\b\d{1,2}:\d{2}(:\d{2})?\b/,
  /[€$£]\s?\d|\d[.,]\d{2}\b/,
  /\b\d{2,}\b/,
  /\b\d+\s+(items?|results?|days?|hours?|minutes?|seconds?|messages?|ago)\b/i,
];

/** Names of roles count as texts. */
function volatileText(locator: LintLocator): string | undefined {
  const isText = ["text", "label", "placeholder", "altText", "title"].includes(locator.by);
  const name = locator.node?.entries.find(({ key }) => key === "name" || key === "hasText")?.value;
  const named = name?.kind === "scalar" && typeof name.value === "string" ? name.value : undefined;
  const texts = [...(isText ? [locator.value] : []), ...(named === undefined ? [] : [named])];
  const found = texts.find(
    (text) =>
      !isPattern(text) &&
      VOLATILE.some((pattern) => pattern.test(text.replaceAll(/\$\{[^}]*\}/g, ""))),
  );
  return found === undefined
    ? undefined
    : `The text ${shown(found)} holds a number, a date or a time`;
}

const isPattern = (text: string): boolean => /^\/.+\/[dgimsuvy]*$/s.test(text);

const USE_ROLES = "Find it by role and name, label, text or testId.";

export const LOCATOR_RULES: readonly Rule[] = [
  {
    id: "locator-long-css",
    level: "warn",
    why: "A long path breaks when a page is only laid out anew.",
    mend: USE_ROLES,
    look: every(longCss),
  },
  {
    id: "locator-xpath",
    level: "warn",
    why: "Such a path breaks when a page is only laid out anew.",
    mend: USE_ROLES,
    look: every(xpath),
  },
  {
    id: "locator-nth",
    level: "warn",
    why: "One more element above it, and another one is meant.",
    mend: "Add within, has or hasText, so that it is alone, or find it by what is its own.",
    // An original suite cannot say anything else: its first match is meant.
    look: (suite) => (suite.format === "original" ? [] : every(loneNth)(suite)),
  },
  {
    id: "locator-nth-child",
    level: "warn",
    why: "One more element beside it, and another one is meant.",
    mend: USE_ROLES,
    look: every(nthChild),
  },
  {
    id: "locator-generated",
    level: "warn",
    why: "The next build of the page gives it another name.",
    mend: USE_ROLES,
    look: every(generated),
  },
  {
    id: "locator-volatile-text",
    level: "warn",
    why: "It is another text tomorrow, or with other data.",
    mend: "Find it by a label or a role, or by an expression such as /\\d+ items/.",
    look: every(volatileText),
  },
];
