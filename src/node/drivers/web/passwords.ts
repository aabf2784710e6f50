/**
 * What stands in password fields is nobody's to store, whoever put it there: a step, the server, a script. The attempt's redactor
 * learns it (K1): before a step types it; when the page is there, is used or goes away; and when something is about to be kept.
 * A field stays one when its type is changed, to show what was typed.
 *
 * A script in each frame knows the fields; its two names are random, one is taken from the page before the page runs, so that a
 * page finds nothing of it but that Playwright is there. Not reached: closed shadow roots, beyond what a step types into them.
 */
import { randomUUID } from "node:crypto";
import type { BrowserContext, Frame, Locator, Page } from "playwright-core";
import { type Clock, pause } from "#shared/clock.ts";
import type { Redactor } from "#shared/redactor.ts";
import type { Scene } from "./scene.ts";
import { bounds } from "./scene.ts";

const TELL = `_${randomUUID()}`;
const ASK = randomUUID();
const LOOK_MS_MAX = 500;
/** Who types a longer one key by key has its beginnings told of once they are so long. */
const BEGINNINGS_MAX = 100;
const VALUE_LENGTH_MAX = 20_000;

/** Who hears of passwords: the attempt's redactor, as soon as the context belongs to one. */
export type PasswordEar = { redactor: Redactor | undefined };

/** Watches all pages of a context from their beginning; to be called before the first is opened. */
export async function watchPasswords(context: BrowserContext, ear: PasswordEar): Promise<void> {
  const tell = context.exposeBinding(TELL, (_, value: unknown) => {
    if (ear.redactor !== undefined) learn(ear.redactor, value);
  });
  // Asked for at once: the second does not need the first one's answer.
  await Promise.all([tell, context.addInitScript(watchFields, { tell: TELL, ask: ASK })]);
}

/** Learns what stands in the fields of all pages now; a page that does not answer within half a second is left out. */
export async function learnPasswords(page: Page, redactor: Redactor, clock: Clock): Promise<void> {
  const frames = page
    .context()
    .pages()
    .flatMap((one) => one.frames());
  const over = new AbortController();
  // The timer's own end is heard by nobody.
  const late = pause(clock, LOOK_MS_MAX, over.signal).catch(() => undefined);
  await Promise.race([Promise.all(frames.map((frame) => learnInFrame(frame, redactor))), late]);
  over.abort();
}

/** Learns a text that a step is about to fill in, when it goes into a password field; waits for the element as the step does. */
export async function learnFilled(scene: Scene, locator: Locator, text: string): Promise<void> {
  if (await isPassword(scene, locator)) learn(scene.options.redactor, text);
}

/**
 * The same for a text that comes key by key, and for one that holds a secret: whatever the field holds on the way, a page may
 * tell, too.
 */
export async function learnTyped(scene: Scene, locator: Locator, text: string): Promise<void> {
  const { redactor } = scene.options;
  const secretAt = firstMasked(text, redactor.text(text));
  if (secretAt !== undefined) learnBeginnings(redactor, text.slice(secretAt));
  if (!(await isPassword(scene, locator))) return;
  learnBeginnings(redactor, text);
  learn(redactor, text);
}

/** Playwright's own script for the page's world is a tenth of a short test's CPU time (2026-11): most pages have no password. */
async function isPassword(scene: Scene, locator: Locator): Promise<boolean> {
  await locator.waitFor({ state: "attached", ...bounds(scene) });
  if (!(await mayHavePasswords(scene))) return false;
  return locator.evaluate(isPasswordField, ASK, bounds(scene));
}

/** False when the page is one frame and has no field of a password, or that was one. */
async function mayHavePasswords({ page, control }: Scene): Promise<boolean> {
  if (page.frames().length > 1) return true;
  const expression = `(${hasPasswordFields})(${JSON.stringify(ASK)})`;
  const asked = control.send("Runtime.evaluate", { expression, returnByValue: true });
  // Whoever does not answer is asked field by field.
  const answer = await asked.catch(() => undefined);
  return answer?.result.value !== false;
}

function learnBeginnings(redactor: Redactor, text: string): void {
  for (let length = Math.min(text.length, BEGINNINGS_MAX); length > 0; length -= 1)
    learn(redactor, text.slice(0, length));
}

/** Where a secret begins in the text; undefined when none is in it. */
function firstMasked(text: string, masked: string): number | undefined {
  if (masked === text) return undefined;
  let at = 0;
  while (at < text.length && text[at] === masked[at]) at += 1;
  return at;
}

async function learnInFrame(frame: Frame, redactor: Redactor): Promise<void> {
  // A frame that is gone has told what it held when it went.
  const values = await frame.evaluate(readFields, ASK).catch(() => []);
  for (const value of values) learn(redactor, value);
}

function learn(redactor: Redactor, value: unknown): void {
  if (typeof value === "string") redactor.learn(value.slice(0, VALUE_LENGTH_MAX));
}

type Names = { readonly tell: string; readonly ask: string };

/** Runs in each frame before the page's own scripts. */
function watchFields({ tell, ask }: Names): void {
  const world = globalThis as unknown as Record<string, ((value: string) => unknown) | undefined>;
  const send = world[tell];
  delete world[tell];
  const known = new WeakSet<Element>();
  const fields: WeakRef<HTMLInputElement>[] = [];
  const told = new Set<string>();
  const note = (element: unknown) => {
    if (!(element instanceof HTMLInputElement) || known.has(element)) return;
    known.add(element);
    fields.push(new WeakRef(element));
  };
  const noteAll = (root: Document | ShadowRoot) => {
    for (const element of root.querySelectorAll("*")) {
      if (element instanceof HTMLInputElement && element.type === "password") note(element);
      if (element.shadowRoot !== null) noteAll(element.shadowRoot);
    }
  };
  const isNamed = (root: Document | ShadowRoot): boolean =>
    [...root.querySelectorAll("*")].some(
      (element) =>
        (element instanceof HTMLInputElement && element.autocomplete.endsWith("-password")) ||
        (element.shadowRoot !== null && isNamed(element.shadowRoot)),
    );
  const values = () => {
    noteAll(document);
    return fields.flatMap((field) => {
      const { value = "", defaultValue = "" } = field.deref() ?? {};
      return [value, defaultValue].filter((text) => text !== "");
    });
  };
  const tellAll = () => {
    for (const value of values()) {
      if (told.has(value)) continue;
      told.add(value);
      send?.(value);
    }
  };
  // Its type may be changed before anything else happens to it.
  const onInput = (event: Event) => {
    const [element] = event.composedPath();
    if (element instanceof HTMLInputElement && element.type === "password") note(element);
  };
  window.addEventListener("input", onInput, true);
  for (const name of [
    "change",
    "submit",
    "click",
    "focusout",
    "beforeunload",
    "pagehide",
    "DOMContentLoaded",
    "load",
  ])
    window.addEventListener(name, tellAll, true);
  new MutationObserver((changes) => {
    for (const { target, oldValue } of changes)
      if (oldValue?.toLowerCase() === "password") note(target);
    tellAll();
  }).observe(document, {
    ...{ subtree: true, attributes: true, attributeFilter: ["type"], attributeOldValue: true },
  });
  window.addEventListener(ask, (event) => {
    const { detail } = event as CustomEvent<{
      values: string[];
      field?: Element;
      isKnown?: boolean;
      hasNone?: boolean;
    }>;
    detail.values.push(...values());
    detail.isKnown = detail.field !== undefined && known.has(detail.field);
    detail.hasNone = fields.length === 0 && !isNamed(document);
  });
}

/** Runs in the page: what its fields hold, also when the watching script is not there. */
function readFields(ask: string): string[] {
  const values: string[] = [];
  window.dispatchEvent(new CustomEvent(ask, { detail: { values } }));
  for (const field of document.querySelectorAll("input[type=password]"))
    if (field instanceof HTMLInputElement && field.value !== "") values.push(field.value);
  return [...new Set(values)].slice(0, 200);
}

/** Runs in the page: true also when the watching script is not there to say otherwise. */
function hasPasswordFields(ask: string): boolean {
  const detail: { values: string[]; hasNone?: boolean } = { values: [] };
  window.dispatchEvent(new CustomEvent(ask, { detail }));
  return detail.hasNone !== true;
}

/** Runs in the page, on what a step types into; a label stands for its field. */
function isPasswordField(element: Element, ask: string): boolean {
  const field = element instanceof HTMLLabelElement ? element.control : element;
  if (!(field instanceof HTMLInputElement)) return false;
  const detail = { values: [], field, isKnown: false };
  window.dispatchEvent(new CustomEvent(ask, { detail }));
  return (
    field.type === "password" ||
    detail.isKnown ||
    /^(current|new)-password$/.test(field.autocomplete)
  );
}
