/** Options of contexts (`test.use`, `newContext`) as fields of tests. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { Written } from "./syntax.ts";
import { entriesIn, jsonIn, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

type Field = (value: Value) => Entries;

const keep =
  (key: string): Field =>
  (value) => ({ [key]: jsonIn(value, key) });

/** What needs no field. */
const IDLE: ReadonlySet<string> = new Set([
  "headless",
  "browserName",
  "defaultBrowserType",
  "channel",
  "launchOptions",
  "trace",
  "video",
  "screenshot",
  "acceptDownloads",
  "actionTimeout",
  "navigationTimeout",
  "strictSelectors",
  "serviceWorkers",
]);

const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  ["baseURL", keep("baseUrl")],
  ["viewport", viewport],
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
      Object.assign(fields, field(value));
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

function viewport(value: Value): Entries {
  if (value.kind === "data" && value.value === null)
    throw new Untranslated("a page has a size of its own in a suite");
  const size = entriesIn(value);
  const side = (name: string): number => Number(textIn(size.get(name), `the ${name}`));
  return { viewport: { width: side("width"), height: side("height") } };
}
