/** What Playwright is told of an attempt's context: viewport and device as ever, and the test's own setup where it has one. */
import { readFile } from "node:fs/promises";
import type { BrowserContextOptions } from "playwright-core";
import type { BrowserSetup } from "#proto/browser-context.ts";
import { type SessionOptions, StepError } from "../../driver.ts";
import { learnSetup, learnState } from "./learn-setup.ts";
import { PageState, readPageState } from "./page-state.ts";

/**
 * Makes the options of a context; what is secret of them is the redactor's from then on (K1).
 *
 * @throws {StepError} `failed`, `browser_setup` when a file that they name cannot be used.
 */
export async function contextOptions(options: SessionOptions): Promise<BrowserContextOptions> {
  const { browser, state } = options;
  const looks = looksOf(options);
  if (browser === undefined && state === undefined) return looks;
  learnSetup(options.redactor, browser ?? {});
  const storageState =
    state === undefined ? await stateIn(browser?.storage, options) : PageState.parse(state.value);
  if (storageState !== undefined) learnState(options.redactor, storageState);
  return {
    ...looks,
    ...setupOptions(browser ?? {}, options.resolveFile),
    ...(storageState === undefined ? {} : { storageState }),
  };
}

function looksOf({ web, viewport, usesDownloads }: SessionOptions): BrowserContextOptions {
  // Where no step reads a download, what is not taken needs no place.
  const common = { acceptDownloads: usesDownloads ?? false };
  const { device } = web;
  if (device === undefined) {
    const { width, height, touch } = viewport;
    const size = { width, height };
    return { ...common, viewport: size, screen: size, hasTouch: touch, deviceScaleFactor: 1 };
  }
  return {
    ...common,
    userAgent: device.userAgent,
    viewport: device.viewport,
    screen: device.screen ?? device.viewport,
    deviceScaleFactor: device.scale,
    isMobile: device.isMobile,
    hasTouch: device.hasTouch,
  };
}

function setupOptions(
  setup: BrowserSetup,
  resolveFile: (path: string) => string,
): BrowserContextOptions {
  return withoutAbsent({
    locale: setup.locale,
    timezoneId: setup.timezone,
    colorScheme: setup.colorScheme,
    reducedMotion: setup.reducedMotion,
    forcedColors: setup.forcedColors,
    contrast: setup.contrast,
    geolocation: setup.geolocation && withoutAbsent(setup.geolocation),
    permissions: permissionsOf(setup),
    userAgent: setup.userAgent,
    extraHTTPHeaders: setup.headers,
    offline: isOffline(setup) || undefined,
    httpCredentials: credentialsOf(setup),
    clientCertificates: setup.clientCertificates?.map(({ origin, passphrase, ...files }) => ({
      origin,
      ...withoutAbsent({
        certPath: files.cert && resolveFile(files.cert),
        keyPath: files.key && resolveFile(files.key),
        pfxPath: files.pfx && resolveFile(files.pfx),
        passphrase,
      }),
    })),
    proxy: proxyOf(setup),
    ignoreHTTPSErrors: setup.ignoreTlsErrors,
    javaScriptEnabled: setup.javaScript,
  });
}

/** Whether it begins without a network. */
export function isOffline({ offline, network }: BrowserSetup): boolean {
  return offline === true || network === "offline";
}

/** A place without the permission to ask for it would be of no use. */
function permissionsOf({ permissions = [], geolocation }: BrowserSetup): string[] | undefined {
  const all = geolocation === undefined ? permissions : [...permissions, "geolocation"];
  return all.length === 0 ? undefined : [...new Set(all)];
}

function credentialsOf({ httpAuth }: BrowserSetup): BrowserContextOptions["httpCredentials"] {
  if (httpAuth === undefined) return undefined;
  const { user, password, origin } = httpAuth;
  return { username: user, password, ...(origin === undefined ? {} : { origin }) };
}

function proxyOf({ proxy }: BrowserSetup): BrowserContextOptions["proxy"] {
  if (proxy === undefined) return undefined;
  const { server, user, password, bypass } = proxy;
  return {
    server,
    ...withoutAbsent({ username: user, password, bypass: bypass?.join(",") }),
  };
}

async function stateIn(
  path: string | undefined,
  { resolveFile }: SessionOptions,
): Promise<PageState | undefined> {
  if (path === undefined) return undefined;
  const state = readPageState(await readFile(resolveFile(path), "utf8"));
  if (typeof state !== "string") return state;
  throw new StepError("failed", "browser_setup", `Cannot use the state in ${path}: ${state}`);
}

type Given<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Playwright reads an absent value that is named as one that is given. */
function withoutAbsent<T extends object>(values: T): Given<T> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Given<T>;
}
