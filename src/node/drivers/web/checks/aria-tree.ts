/** `expect: { aria }`: the tree that assistive technology sees, beside a template; `save` keeps it as text. */
import type { Locator as PageLocator } from "playwright-core";
import type { AriaTree } from "#proto/steps/page-checks.ts";
import { StepError } from "../../driver.ts";
import { describeTime } from "../../guard.ts";
import { type Answer, expectOnce } from "../elements/expect-once.ts";
import { describeLocator, toPageLocator } from "../locate.ts";
import { lookUntil } from "../look-until.ts";
import type { Scene } from "../scene.ts";
import { diffLines } from "./diff-lines.ts";

const LENGTH_MAX = 1024 * 1024;

/** Waits until the tree is like the template, by the rules of Playwright's `toMatchAriaSnapshot`; the text of the failure, or undefined. */
export async function checkAria(scene: Scene, subject: AriaTree): Promise<string | undefined> {
  const template = dedent(subject.template ?? "");
  const root = rootOf(scene, subject);
  const { seen, tookMs } = await lookUntil(scene, {
    look: () => expectOnce(root, "to.match.aria", { expectedValue: template }),
    isMet: ({ isMet }) => isMet,
  });
  if (seen?.isMet === true) return undefined;
  const time = describeTime(tookMs, scene.context.timeoutMs);
  const what = `Expected the accessibility tree${nameOf(subject)} to be like the template`;
  return `${what}, tried for ${time}${seenText(template, seen)}`;
}

/** The tree as a template of itself. @throws {StepError} `save` when it is too long to keep. */
export async function saveAria(scene: Scene, subject: AriaTree): Promise<string> {
  const text = await rootOf(scene, subject).ariaSnapshot({ timeout: 0, signal: scene.signal });
  if (text.length <= LENGTH_MAX) return text;
  const reason = `it has ${text.length} characters, at most ${LENGTH_MAX} are kept`;
  throw new StepError("failed", "save", `Cannot save the accessibility tree: ${reason}`);
}

function rootOf({ page }: Scene, { locator }: AriaTree): PageLocator {
  return locator === undefined ? page.locator("body") : toPageLocator(page, locator);
}

const nameOf = ({ locator }: AriaTree): string =>
  locator === undefined ? "" : ` of ${describeLocator(locator)}`;

function seenText(template: string, seen: Answer | undefined): string {
  if (seen === undefined) return ": the page did not answer";
  const tree = treeIn(seen.received);
  if (tree === undefined) return `: ${seen.fault ?? "it could not be seen"}`;
  return `; - is what was expected, + what was seen:\n${diffLines(template, tree)}`;
}

function treeIn(received: unknown): string | undefined {
  if (typeof received !== "object" || received === null || !("raw" in received)) return undefined;
  return typeof received.raw === "string" ? received.raw : undefined;
}

/** A template may be indented as a whole, and end in empty lines. */
function dedent(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const indents = lines.map((line) => line.length - line.trimStart().length);
  const indent = Math.min(...indents, Number.POSITIVE_INFINITY);
  return lines.map((line) => line.slice(indent)).join("\n");
}
