/** Options of contexts (`test.use`, `newContext`) as fields of tests. */
import type { Json } from "#proto/matcher.ts";
import { spanText } from "../../convert/span-text.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { Written } from "./syntax.ts";
import { entriesIn, jsonIn, NOTHING, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

type Field = (value: Value, walk: Walk, at: Written) => Entries;

const keep =
  (key: string): Field =>
  (value) => ({ [key]: jsonIn(value, key) });

/** What needs no field. */
const IDLE: ReadonlySet<string> = new Set([
  "headless",
  "defaultBrowserType",
  "channel",
  "acceptDownloads",
  "navigationTimeout",
  "strictSelectors",
  "serviceWorkers",
]);

/** Of a launch: how it looks to people, and how long it may take. What the browser is told else is listed. */
const IDLE_LAUNCH: ReadonlySet<string> = new Set(["headless", "slowMo", "devtools", "timeout"]);
const LAUNCH_FIELDS: ReadonlySet<string> = new Set(["proxy"]);

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ["baseURL", keep("baseUrl")],
  ["viewport", viewport],
  ["locale", keep("locale")],
  ["timezoneId", keep("timezone")],
  ["colorScheme", keep("colorScheme")],
  ["reducedMotion", keep("reducedMotion")],
  ["forcedColors", keep("forcedColors")],
  ["contrast", keep("contrast")],
  ["geolocation", keep("geolocation")],
  ["permissions", keep("permissions")],
  ["userAgent", keep("userAgent")],
  ["extraHTTPHeaders", keep("headers")],
  ["offline", keep("offline")],
  ["ignoreHTTPSErrors", keep("ignoreTlsErrors")],
  ["javaScriptEnabled", keep("javaScript")],
  ["httpCredentials", httpAuth],
  ["proxy", proxy],
  ["storageState", storage],
  ["recordVideo", () => ({ video: "on" })],
  ["trace", evidence("trace")],
  ["video", evidence("video")],
  ["screenshot", evidence("screenshots")],
  ["actionTimeout", (value) => stepTimeout(value)],
  ["browserName", browserName],
  ["launchOptions", (value, walk, at) => launchFields(walk, value, at)],
  ["...device", (value) => (value.kind === "device" ? { device: value.name } : {})],
]);

/** Fields for the tests that these options hold for; what has none is listed. */
export function useFields(walk: Walk, options: Value | undefined, at: Written): Entries {
  const fields: { [key: string]: Json } = {};
  for (const [key, value] of entriesIn(options)) {
    if (IDLE.has(key) || key === "testIdAttribute") continue;
    const field = FIELDS.get(key);
    try {
      if (field === undefined) throw new Untranslated(`tests have no field for "${key}"`);
      Object.assign(fields, field(value, walk, at));
    } catch (thrown) {
      if (!(thrown instanceof Untranslated)) throw thrown;
      walk.recorder.missing({ ...at, text: `${key} of ${at.text}` }, thrown.message);
    }
  }
  if (fields["device"] !== undefined) delete fields["viewport"];
  return fields;
}

/** Options of a context that the script makes itself. */
export function readUse(walk: Walk, options: Value | undefined, at: Written): void {
  if (options === undefined) return;
  Object.assign(walk.fields, useFields(walk, options, at));
}

/** Options of a launch of the browser. */
export function readLaunch(walk: Walk, options: Value | undefined, at: Written): void {
  Object.assign(walk.fields, launchFields(walk, options, at));
}

function launchFields(walk: Walk, options: Value | undefined, at: Written): Entries {
  const fields: { [key: string]: Json } = {};
  for (const [key, value] of entriesIn(options)) {
    if (LAUNCH_FIELDS.has(key)) Object.assign(fields, FIELDS.get(key)?.(value, walk, at));
    else if (!IDLE_LAUNCH.has(key))
      walk.recorder.missing(
        { ...at, text: `${key} of ${at.text}` },
        "the node starts its browsers itself; it is started without it",
      );
  }
  return fields;
}

/** The bound of actions from here on is that of the test's steps. */
export function boundSteps(walk: Walk, ms: Value | undefined, at: Written): Value {
  Object.assign(walk.fields, stepTimeout(ms));
  walk.recorder.remark(at, `${at.text}: the bound of each step of this test`);
  return NOTHING;
}

function stepTimeout(value: Value | undefined): Entries {
  const ms = jsonIn(value ?? NOTHING, "the bound of actions");
  return typeof ms === "number" && ms > 0 ? { stepTimeout: spanText(ms) } : {};
}

function browserName(value: Value): Entries {
  const name = textIn(value, "the browser");
  if (name !== "chromium") throw new Untranslated(`tests run in Chromium, not in ${name}`);
  return {};
}

/** When evidence is kept: Playwright's own words, or `{ mode }`. */
function evidence(field: string): Field {
  return (value) => {
    const mode = textIn(value.kind === "mapping" ? value.entries.get("mode") : value, field);
    const kept = EVIDENCE.get(mode);
    if (kept === undefined) throw new Untranslated(`evidence is not kept "${mode}" in a suite`);
    return { [field]: kept };
  };
}

const EVIDENCE: ReadonlyMap<string, string> = new Map([
  ["on", "on"],
  ["off", "off"],
  ["retain-on-failure", "on-failure"],
  ["only-on-failure", "on-failure"],
]);

function viewport(value: Value): Entries {
  if (value.kind === "data" && value.value === null)
    throw new Untranslated("a page has a size of its own in a suite");
  const size = entriesIn(value);
  const side = (name: string): number => Number(textIn(size.get(name), `the ${name}`));
  return { viewport: { width: side("width"), height: side("height") } };
}

/** What others may not know is left out of the suite. */
function hidden(walk: Walk, value: Value | undefined, called: string): Json {
  const text = textIn(value, called);
  return text.includes("${") ? text : walk.recorder.book.secrets.hide(text, called);
}

function httpAuth(value: Value, walk: Walk): Entries {
  const given = entriesIn(value);
  const origin = given.get("origin");
  const httpAuth = {
    user: textIn(given.get("username"), "the user"),
    password: hidden(walk, given.get("password"), "HTTP password"),
    ...(origin === undefined ? {} : { origin: textIn(origin, "the origin") }),
  };
  return { httpAuth };
}

function proxy(value: Value, walk: Walk): Entries {
  const given = entriesIn(value);
  const [user, password, bypass] = ["username", "password", "bypass"].map((key) => given.get(key));
  const made: Entries = {
    server: textIn(given.get("server"), "the server"),
    ...(user === undefined ? {} : { user: textIn(user, "the user") }),
    ...(password === undefined ? {} : { password: hidden(walk, password, "proxy password") }),
    ...(bypass === undefined ? {} : { bypass: textIn(bypass, "bypass").split(/\s*,\s*/) }),
  };
  return { proxy: made };
}

/** A file that codegen saved; it has to lie beside the suite. */
function storage(value: Value, walk: Walk, at: Written): Entries {
  const path = textIn(value, "the file of the state");
  walk.noteFile(path, at);
  return { storage: path };
}
