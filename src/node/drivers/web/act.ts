/**
 * Steps that do something to the page's elements. Playwright waits for them to be there, visible, enabled and still; where it
 * does not (keys), `readyFor` does. Every call ends with the step's signal, so nothing happens on the page after its step.
 */
import type { ElementHandle, Locator as PageLocator } from "playwright-core";
import type { Locator } from "#proto/matcher.ts";
import type { Step } from "#proto/step.ts";
import { StepError } from "../driver.ts";
import { untilAborted } from "../guard.ts";
import { pressAll } from "./acts/keys.ts";
import { actAndLoad, NO_WAIT } from "./loading.ts";
import { describeLocator, toPageLocator } from "./locate.ts";
import { learnFilled, learnTyped } from "./passwords.ts";
import { bounds, type Scene } from "./scene.ts";
import { actAndSwitch } from "./tabs/tab-step.ts";

type Of<K extends Step["kind"]> = Extract<Step, { kind: K }>;
/** Steps whose one argument is the element. */
export type SimpleActStep = Of<"dblclick" | "hover" | "check" | "uncheck">;

/** `dblclick`, `hover`, `check`, `uncheck`. */
export async function actOn(scene: Scene, step: SimpleActStep): Promise<void> {
  const locator = toPageLocator(scene.page, step.locator);
  const options = { ...bounds(scene), ...pointing(step) };
  if (step.kind === "check" && step.to === false) return locator.uncheck(options);
  await locator[step.kind](options);
}

/** `click`, with button, modifiers and position; waits for what it loads or opens only when it is told to. */
export async function click(scene: Scene, step: Of<"click">): Promise<void> {
  const locator = toPageLocator(scene.page, step.locator);
  const isLoadWaited = step.waitForLoad === true;
  const act = () =>
    locator.click({
      ...bounds(scene),
      ...(isLoadWaited ? NO_WAIT : {}),
      ...pointing(step),
      ...(step.count === undefined ? {} : { clickCount: step.count }),
      ...(step.delayMs === undefined ? {} : { delay: step.delayMs }),
    });
  if (step.opens === "tab") return actAndSwitch(scene, act);
  return isLoadWaited ? actAndLoad(scene, act) : act();
}

type Pointing = Partial<Pick<Of<"click">, "button" | "modifiers" | "position" | "force">>;

/** How the pointer meets an element, as far as the step says it. */
export function pointing(step: Pointing): {
  readonly [K in keyof Pointing]: Exclude<Pointing[K], undefined>;
} {
  const { button, modifiers, position, force } = step;
  return {
    ...(button === undefined ? {} : { button }),
    ...(modifiers === undefined ? {} : { modifiers }),
    ...(position === undefined ? {} : { position }),
    ...(force === undefined ? {} : { force }),
  };
}

/** Replaces the whole value; an empty one clears. */
export async function fill(scene: Scene, step: Of<"fill">): Promise<void> {
  const locator = toPageLocator(scene.page, step.locator);
  await learnFilled(scene, locator, step.value);
  await locator.fill(step.value, bounds(scene));
}

/** Presses the keys of a text one by one. */
export async function typeKeys(scene: Scene, step: Of<"type">): Promise<void> {
  const locator = toPageLocator(scene.page, step.locator);
  await readyFor(scene, locator, "editable");
  await learnTyped(scene, locator, step.value);
  await locator.pressSequentially(step.value, {
    ...bounds(scene),
    ...(step.delayMs === undefined ? {} : { delay: step.delayMs }),
  });
}

/** Presses keys and chords on the page's focus, or on an element. */
export async function press(scene: Scene, step: Of<"press">): Promise<void> {
  const keys = Array.isArray(step.key) ? step.key : [step.key];
  if (step.locator === undefined)
    return pressAll(scene, keys, (key) => scene.page.keyboard.press(key));
  const locator = toPageLocator(scene.page, step.locator);
  await readyFor(scene, locator, "enabled");
  await pressAll(scene, keys, (key) => locator.press(key, bounds(scene)));
}

/** Chooses options by label, value or place. */
export async function select(scene: Scene, step: Of<"select">): Promise<void> {
  const locator = toPageLocator(scene.page, step.locator);
  const chosen = await selectAll(locator, step.options, bounds(scene));
  if (chosen.length >= step.options.length) return;
  const text = `Cannot select ${step.options.length} options in ${describeLocator(step.locator)}: it takes one`;
  throw new StepError("failed", "select", text);
}

/** Playwright takes texts, or places, but not both in one list. */
function selectAll(
  locator: PageLocator,
  options: Of<"select">["options"],
  bound: ReturnType<typeof bounds>,
): Promise<string[]> {
  const texts = options.filter((option) => typeof option === "string");
  if (texts.length === options.length) return locator.selectOption(texts, bound);
  const wanted = options.map((one) => (typeof one === "string" ? { label: one } : one));
  return locator.selectOption(wanted, bound);
}

/** Puts files into a file input, or into the chooser that a click on any other element opens. */
export async function upload(scene: Scene, step: Of<"upload">): Promise<void> {
  const paths = step.files.map((file) => scene.options.resolveFile(file));
  const locator = toPageLocator(scene.page, step.locator);
  if (await locator.evaluate(isFileField, undefined, bounds(scene)))
    return locator.setInputFiles(paths, bounds(scene));
  const opening = scene.page.waitForEvent("filechooser", bounds(scene));
  // The click's own failure is told first.
  opening.catch(() => undefined);
  await locator.click(bounds(scene));
  const none = () => new StepError("failed", "timeout", noChooser(scene, step));
  const chooser = await untilAborted(opening, scene.signal, none);
  if (paths.length > 1 && !chooser.isMultiple()) {
    const text = `Cannot upload ${paths.length} files: ${describeLocator(step.locator)} takes one`;
    throw new StepError("failed", "upload", text);
  }
  await chooser.element().setInputFiles(paths, bounds(scene));
}

function noChooser({ context }: Scene, step: Of<"upload">): string {
  const found = `${describeLocator(step.locator)} is no file field, and a click on it opened no file chooser`;
  return `upload was not done within ${context.timeoutMs} ms: ${found}`;
}

/** Runs in the page; a label stands for its field. */
function isFileField(element: Element): boolean {
  const field = element instanceof HTMLLabelElement ? element.control : element;
  return field instanceof HTMLInputElement && field.type === "file";
}

/** Scrolls the page at once, or an element into view. */
export async function scroll(scene: Scene, { to }: Of<"scroll">): Promise<void> {
  if (to.kind === "locator") {
    return toPageLocator(scene.page, to.locator).scrollIntoViewIfNeeded(bounds(scene));
  }
  await scene.page.evaluate((target) => {
    const root = document.scrollingElement ?? document.documentElement;
    const behavior = "instant" as const;
    if (target.kind === "by") window.scrollBy({ left: target.x, top: target.y, behavior });
    else window.scrollTo({ top: target.kind === "top" ? 0 : root.scrollHeight, behavior });
  }, to);
}

/** What a step that acts was to do: `click role button "Buy"`. */
export function describeAct(step: {
  readonly kind: string;
  readonly locator?: Locator | undefined;
}): string {
  return step.locator === undefined ? step.kind : `${step.kind} ${describeLocator(step.locator)}`;
}

/** Playwright sends keys to whatever has the focus; keys for a disabled field would vanish unseen. */
async function readyFor(
  scene: Scene,
  locator: PageLocator,
  state: "enabled" | "editable",
): Promise<void> {
  await locator.waitFor({ state: "visible", ...bounds(scene) });
  const element = (await locator.elementHandle(bounds(scene))) as ElementHandle | null;
  await element?.waitForElementState("stable", bounds(scene));
  await element?.waitForElementState(state, bounds(scene));
}
