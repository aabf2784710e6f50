/** `expect: { a11y }`: what axe-core finds against a page and its inner frames. */
import { type Accessibility, IMPACTS } from "#proto/steps/page-checks.ts";
import { describeLocator } from "../locate.ts";
import { lookUntil } from "../look-until.ts";
import type { Scene } from "../scene.ts";
import { type AxeResults, runAxe, type Violation } from "./run-axe.ts";

/** Between two looks, each of which takes the page's time. */
const PAUSE_MS = 500;
const RULES_SHOWN_MAX = 10;
const SELECTORS_SHOWN_MAX = 3;
const SELECTOR_LENGTH_MAX = 200;
const ARTIFACT_LENGTH_MAX = 4 * 1024 * 1024;

/**
 * Waits until no more than `max` elements violate rules, or two looks in a row find the same: a look takes the page's time,
 * and what stands still will not get better. The text of the failure, or undefined.
 */
export async function checkAccessibility(
  scene: Scene,
  subject: Accessibility,
): Promise<string | undefined> {
  let last = "";
  const isMet = (results: AxeResults) => {
    const found = JSON.stringify(results);
    const isSame = found === last;
    last = found;
    return isSame || (results.fault === undefined && countOf(results, subject) <= subject.max);
  };
  const { seen, tookMs } = await lookUntil(scene, {
    look: () => runAxe(scene, subject),
    isMet,
    pauseMs: PAUSE_MS,
  });
  const time = `tried for ${Math.round(tookMs)} ms`;
  if (seen === undefined) return `${describe(subject)}, but the page did not answer, ${time}`;
  if (seen.fault !== undefined) return `${describe(subject)}, but ${seen.fault}`;
  const count = countOf(seen, subject);
  if (count <= subject.max) return undefined;
  attachResults(scene, seen);
  const violations = counted(seen, subject);
  return `${describe(subject)}, found ${count} in ${violations.length} rules, ${time}; all of it is in a11y.json:${list(violations)}`;
}

const countOf = (results: AxeResults, subject: Accessibility): number =>
  counted(results, subject).reduce((sum, { nodes }) => sum + nodes.length, 0);

/** Those that weigh enough. */
function counted({ violations }: AxeResults, { impact }: Accessibility): Violation[] {
  const least = IMPACTS.indexOf(impact);
  return violations
    .map((one) => ({
      ...one,
      nodes: one.nodes.filter((node) => weightOf(node.impact ?? one.impact) >= least),
    }))
    .filter(({ nodes }) => nodes.length > 0);
}

/** A rule that says nothing of its weight counts as the worst. */
function weightOf(impact: string | null | undefined): number {
  const weight = IMPACTS.map(String).indexOf(impact ?? "");
  return weight === -1 ? IMPACTS.length : weight;
}

function describe({ locator, impact, max, rules, tags }: Accessibility): string {
  const place = locator === undefined ? "the page" : describeLocator(locator);
  const of = rules ?? tags;
  const chosen =
    of === undefined ? "" : ` (${rules === undefined ? "tags" : "rules"} ${of.join(", ")})`;
  const weight = impact === "minor" ? "" : ` of at least ${impact} impact`;
  const bound = max === 0 ? "no" : `at most ${max}`;
  return `Expected ${place} to have ${bound} violations of accessibility${weight}${chosen}`;
}

function list(violations: readonly Violation[]): string {
  const lines = violations.slice(0, RULES_SHOWN_MAX).map((one) => {
    const places = one.nodes.slice(0, SELECTORS_SHOWN_MAX).map(({ target }) => selectorOf(target));
    const more = one.nodes.length - places.length;
    const at = [...places, ...(more > 0 ? [`${more} more`] : [])].join(", ");
    return `\n  ${one.id} (${one.impact ?? "no impact"}): ${one.help}, at ${at}; ${one.helpUrl}`;
  });
  const more = violations.length - lines.length;
  return lines.join("") + (more > 0 ? `\n  … ${more} more rules` : "");
}

/** Through frames and shadow roots, from the outside in. */
function selectorOf(target: readonly (string | readonly string[])[]): string {
  const text = target.flat().join(" >> ");
  return text.length <= SELECTOR_LENGTH_MAX ? text : `${text.slice(0, SELECTOR_LENGTH_MAX)}…`;
}

function attachResults({ options }: Scene, results: AxeResults): void {
  const whole = JSON.stringify(results, null, 2);
  const text =
    whole.length <= ARTIFACT_LENGTH_MAX ? whole : `${whole.slice(0, ARTIFACT_LENGTH_MAX)}…`;
  const bytes = new TextEncoder().encode(options.redactor.text(text));
  options.attach({ name: "a11y.json", kind: "file", bytes });
}
