/** The `cookies` step of http: cleared, then set, then saved. Values that log somebody in are learned (K1). */
import type { Json } from "#proto/matcher.ts";
import type { Step } from "#proto/step.ts";
import type { Cookie } from "#proto/steps/cookies.ts";
import { messageOf } from "#shared/errors.ts";
import type { Redactor } from "#shared/redactor.ts";
import { type StepContext, StepError } from "../driver.ts";
import type { HeldCookie, OwnCookies } from "./cookie-jar.ts";

/** Cookies of such names log somebody in. */
const SECRET_NAME = /sess|token|auth|sid|jwt|secret|key/i;

type CookiesStep = Extract<Step, { kind: "cookies" }>;

export type CookiesParts = {
  readonly cookies: OwnCookies;
  readonly baseUrl: string | undefined;
  readonly redactor: Redactor;
  readonly save: StepContext["save"];
};

/** @throws {StepError} `cookies` when one cannot be set, or is not there to be saved. */
export async function actOnCookies(step: CookiesStep, parts: CookiesParts): Promise<void> {
  const { cookies, save } = parts;
  if (step.clear !== undefined) await cookies.clear(isMeantBy(step.clear));
  for (const cookie of step.set ?? []) await set(cookie, parts);
  const held = step.save === undefined ? [] : await cookies.list();
  for (const [key, wanted] of Object.entries(step.save ?? {})) save(key, cookieNamed(wanted, held));
}

function isMeantBy(clear: NonNullable<CookiesStep["clear"]>): (cookie: HeldCookie) => boolean {
  if (clear === true) return () => true;
  const { name, domain, path } = clear;
  const bare = domain?.replace(/^\./, "");
  return (cookie) =>
    (name === undefined || cookie.name === name) &&
    (bare === undefined || cookie.domain === bare) &&
    (path === undefined || cookie.path === path);
}

async function set(cookie: Cookie, { cookies, baseUrl, redactor }: CookiesParts): Promise<void> {
  const host = cookie.domain?.replace(/^\./, "") ?? (baseUrl && new URL(baseUrl).hostname);
  if (host === undefined) throw refused(cookie, "it has no domain, and the test has no baseUrl");
  if (cookie.httpOnly === true || SECRET_NAME.test(cookie.name)) redactor.learn(cookie.value);
  const text = [
    `${cookie.name}=${cookie.value}`,
    // One of this very host is for it alone, as a server's without a domain.
    ...(cookie.domain?.startsWith(".") === true ? [`Domain=${host}`] : []),
    `Path=${cookie.path ?? "/"}`,
    ...(cookie.secure === true ? ["Secure"] : []),
    ...(cookie.httpOnly === true ? ["HttpOnly"] : []),
    ...(cookie.sameSite === undefined ? [] : [`SameSite=${cookie.sameSite}`]),
    ...(cookie.maxAgeMs === undefined ? [] : [`Max-Age=${Math.ceil(cookie.maxAgeMs / 1000)}`]),
  ].join("; ");
  if (/[;\r\n]/.test(`${cookie.name}${cookie.value}${cookie.path ?? ""}`))
    throw refused(cookie, "a cookie holds no semicolon and no end of a line");
  const scheme = cookie.secure === true ? "https" : "http";
  try {
    await cookies.set({ text, url: `${scheme}://${host}/` });
  } catch (thrown) {
    throw refused(cookie, messageOf(thrown));
  }
}

function refused({ name }: Cookie, reason: string): StepError {
  return new StepError("failed", "cookies", `Cannot set the cookie ${name}: ${reason}`);
}

function cookieNamed(wanted: string | { readonly all: true }, held: readonly HeldCookie[]): Json {
  if (typeof wanted !== "string") return held.map((cookie) => ({ ...cookie }));
  const found = held.find(({ name }) => name === wanted);
  if (found !== undefined) return found.value;
  const names = held.map(({ name }) => name).join(", ");
  const there = names === "" ? "there is none at all" : `there are ${names}`;
  throw new StepError("failed", "cookies", `Cannot save the cookie ${wanted}: ${there}`);
}
