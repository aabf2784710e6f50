/** The steps `cookies` and `storage`: what a page's site keeps of its visitor, given, taken and read. Its values are learned (K1). */
import type { BrowserContext } from "playwright-core";
import type { Json } from "#proto/matcher.ts";
import type { Step } from "#proto/step.ts";
import type { Cookie } from "#proto/steps/cookies.ts";
import type { Area } from "#proto/steps/storage.ts";
import { messageOf } from "#shared/errors.ts";
import { textOf } from "#shared/template.ts";
import { StepError } from "../../driver.ts";
import { firstLines } from "../playwright-error.ts";
import type { Scene } from "../scene.ts";
import { learnStored } from "./learn-setup.ts";

type CookiesStep = Extract<Step, { kind: "cookies" }>;
type StorageStep = Extract<Step, { kind: "storage" }>;
type PageCookie = Parameters<BrowserContext["addCookies"]>[0][number];

/** Clears, sets, then saves cookies of the attempt's context. */
export async function changeCookies(scene: Scene, step: CookiesStep): Promise<void> {
  const context = scene.page.context();
  if (step.clear !== undefined)
    await context.clearCookies(step.clear === true ? {} : given(step.clear));
  for (const cookie of step.set ?? []) await setCookie(scene, cookie);
  if (step.save === undefined) return;
  const all = await context.cookies();
  for (const { name, value } of all) learnStored(scene.options.redactor, { name, value });
  for (const [key, wanted] of Object.entries(step.save)) {
    if (typeof wanted !== "string")
      scene.context.save(
        key,
        all.map((one) => ({ ...one }) as Json),
      );
    else scene.context.save(key, valueNamed(all, wanted));
  }
}

function valueNamed(
  all: readonly { readonly name: string; readonly value: string }[],
  name: string,
) {
  const found = all.find((cookie) => cookie.name === name);
  if (found !== undefined) return found.value;
  const names = all.map((cookie) => cookie.name).join(", ");
  const there = all.length === 0 ? "there are none" : `there are ${names}`;
  throw new StepError("failed", "cookies", `Cannot save the cookie ${name}: ${there}`);
}

async function setCookie(scene: Scene, cookie: Cookie): Promise<void> {
  const { name, value, maxAgeMs, domain, path, ...flags } = cookie;
  learnStored(scene.options.redactor, { name, value, isHidden: cookie.httpOnly === true });
  const made: PageCookie = {
    name,
    value,
    domain: domain ?? hostOf(scene, name),
    path: path ?? "/",
    ...given(flags),
    ...(maxAgeMs === undefined ? {} : { expires: (scene.clock.wallMs() + maxAgeMs) / 1000 }),
  };
  const context = scene.page.context();
  const fault = await context.addCookies([made]).then(
    async () => ((await isThere(context, made)) || maxAgeMs === 0 ? undefined : NOT_TAKEN),
    (thrown: unknown) => firstLines(messageOf(thrown), 1),
  );
  if (fault === undefined) return;
  throw new StepError("failed", "cookies", `Cannot set the cookie ${name}: ${fault}`);
}

const NOT_TAKEN =
  "the browser does not take it (its domain, its path, or sameSite None without secure)";

/** A browser drops without a word what it does not like. */
async function isThere(context: BrowserContext, { name, value }: PageCookie): Promise<boolean> {
  return (await context.cookies()).some((one) => one.name === name && one.value === value);
}

/** Of the page that is open, else of the test's base URL. */
function hostOf({ page, options }: Scene, name: string): string {
  for (const address of [page.url(), options.baseUrl ?? ""]) {
    if (/^https?:/.test(address)) return new URL(address).hostname;
  }
  const text = `Cannot set the cookie ${name}: no page is open, and the test has no baseUrl; give it a domain`;
  throw new StepError("failed", "cookies", text);
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function given<T extends object>(values: T): Given<T> {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Given<T>;
}

/** Clears, removes and sets in the storage of the page's origin, then saves all of it. */
export async function changeStorage(scene: Scene, step: StorageStep): Promise<void> {
  const { page, options } = scene;
  if (!/^https?:/.test(page.url())) {
    const text = `Cannot use the storage of ${page.url()}: it has none; goto a page first`;
    throw new StepError("failed", "storage", text);
  }
  const changes = { local: plainArea(step.local), session: plainArea(step.session) };
  for (const { set } of Object.values(changes))
    for (const [name, value] of set) learnStored(options.redactor, { name, value });
  const kept = await page.evaluate(changeInPage, changes);
  if (step.save === undefined) return;
  for (const area of Object.values(kept))
    for (const [name, value] of Object.entries(area))
      learnStored(options.redactor, { name, value });
  scene.context.save(step.save, kept);
}

type PlainArea = {
  readonly isCleared: boolean;
  readonly remove: readonly string[];
  readonly set: readonly (readonly [name: string, value: string])[];
};

function plainArea(area: Area | undefined): PlainArea {
  return {
    isCleared: area?.clear === true,
    remove: area?.remove ?? [],
    set: Object.entries(area?.set ?? {}).map(([name, value]) => [name, textOf(value)] as const),
  };
}

type Kept = { readonly local: Record<string, string>; readonly session: Record<string, string> };

/** Runs in the page. */
function changeInPage(changes: { readonly local: PlainArea; readonly session: PlainArea }): Kept {
  const change = (area: Storage, { isCleared, remove, set }: PlainArea) => {
    if (isCleared) area.clear();
    for (const name of remove) area.removeItem(name);
    for (const [name, value] of set) area.setItem(name, value);
    return { ...area } as Record<string, string>;
  };
  return {
    local: change(localStorage, changes.local),
    session: change(sessionStorage, changes.session),
  };
}
