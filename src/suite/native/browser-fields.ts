/** The fields of a web test that set its browser context up, and what travels of them: those that nobody set travel not at all. */
import { BrowserArgs, PERMISSIONS } from "#proto/browser-context.ts";
import type { Json } from "#proto/matcher.ts";
import type { TestDefinition, TestFile } from "#proto/test.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { listOf } from "../reading/group-shapes.ts";
import { filePath, flag, text, word } from "../reading/scalar-shapes.ts";
import { type Reading, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { wordOrFlag } from "./checked-values.ts";
import { clientCertificates, headers, httpAuth, network, proxy } from "./network-values.ts";
import { geolocation, locale, timezone } from "./place-values.ts";

/** How a page asks for its looks; the words of `emulate` too. */
export const LOOKS: ReadonlyMap<string, Shape> = new Map([
  ["colorScheme", word(["light", "dark", "no-preference"])],
  [
    "reducedMotion",
    wordOrFlag(word(["reduce", "no-preference"]), { yes: "reduce", no: "no-preference" }),
  ],
  ["forcedColors", wordOrFlag(word(["active", "none"]), { yes: "active", no: "none" })],
  ["contrast", word(["more", "no-preference"])],
]);

/** A list of permissions. */
export const permissions = listOf(word(PERMISSIONS), {
  expected: `a list of permissions such as [${PERMISSIONS.slice(3, 7).join(", ")}]`,
});

const STATE_TEXT = "a file of Playwright's storageState such as login.json";

/** Its form is checked here: on the node it would only be a test that fails. */
const storage: Shape = shape(STATE_TEXT, filePath.schema, (node, reading) => {
  const path = filePath.read(node, reading);
  if (typeof path !== "string") return path;
  const fault = stateFault(reading.files(path)?.bytes ?? new Uint8Array());
  return fault === undefined
    ? path
    : refuseBecause(
        node,
        `Expected ${STATE_TEXT}, found ${JSON.stringify(path)}: ${fault}`,
        reading,
      );
});

function stateFault(bytes: Uint8Array): string | undefined {
  try {
    const state = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)) as Json;
    if (!isJsonMapping(state)) return "it is no mapping";
    const { cookies = [], origins = [] } = state;
    return isJsonList(cookies) && isJsonList(origins)
      ? undefined
      : '"cookies" and "origins" are no lists';
  } catch {
    // What was wrong with it is a matter of characters.
    return "it is no JSON";
  }
}

/** Fields that only a browser can follow. */
export const BROWSER_FIELDS: ReadonlyMap<string, Shape> = new Map([
  ["locale", locale],
  ["timezone", timezone],
  ...LOOKS,
  ["geolocation", geolocation],
  ["permissions", permissions],
  ["userAgent", text("a user agent")],
  ["headers", headers],
  ["offline", flag],
  ["network", network(["offline"])],
  ["httpAuth", httpAuth],
  ["clientCertificates", clientCertificates],
  ["proxy", proxy],
  ["ignoreTlsErrors", flag],
  ["javaScript", flag],
  ["storage", storage],
]);

/** Gathers them; what was refused is as if it was not set. */
export function browserFieldsIn(
  read: (name: string) => Json | undefined,
): Pick<TestDefinition, "browser"> {
  const set = [...BROWSER_FIELDS.keys()].flatMap((name) => {
    const value = read(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return set.length === 0 ? {} : { browser: BrowserArgs.parse(Object.fromEntries(set)) };
}

/** The files that they name. */
export function filesOfBrowser(
  browser: BrowserArgs | undefined,
  reading: Reading,
): readonly TestFile[] {
  if (browser === undefined) return [];
  const used: TestFile[] = [];
  const at = { line: 1, column: 1, isFilled: false } as const;
  for (const path of pathsIn(browser))
    filePath.read({ kind: "scalar", value: path, source: path, ...at }, { ...reading, used });
  return used;
}

function pathsIn({ storage: state, clientCertificates: certificates }: BrowserArgs): string[] {
  const named = isJsonList(certificates ?? null) ? (certificates as readonly Json[]) : [];
  const ofOne = (one: Json): Json[] =>
    isJsonMapping(one) ? [one["cert"] ?? null, one["key"] ?? null, one["pfx"] ?? null] : [];
  return [state ?? null, ...named.flatMap(ofOne)].filter((one) => typeof one === "string");
}
