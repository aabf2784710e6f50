/** The stable name of a test: what its history, reports and reruns go by. */

import { createHash } from "node:crypto";
import { TestKey } from "#proto/ids.ts";
import type { Json } from "#proto/matcher.ts";
import { isJsonList } from "#shared/json-kind.ts";
import { byCodeUnit } from "./reading/order.ts";

/** Longer values are hashed; counted in characters, not in UTF-16 units. */
const VALUE_LENGTH_MAX = 60;
const KEY_LENGTH_MAX = 2000;
const HASH_LENGTH = 8;
/** A run may add to it which node or repetition it is of. */
const GROUP_LENGTH_MAX = 300;

/**
 * `suite › test [id=1, viewport=phone]`: names sorted by code unit, nested values and those over 60 characters as a
 * short hash, values with `,` `]` `=`, quotes or control characters as JSON strings. A key that would still be longer
 * than 2000 characters has one hash for all its values.
 */
export function testKey(
  suite: string,
  test: string,
  values: { readonly [name: string]: Json },
): TestKey {
  const base = shortBase(`${suite} › ${test}`);
  const names = Object.keys(values).toSorted(byCodeUnit);
  if (names.length === 0) return TestKey.parse(base);
  const inside = names.map((name) => `${name}=${keyValueText(values[name] ?? null)}`).join(", ");
  const key = `${base} [${inside}]`;
  return TestKey.parse(key.length <= KEY_LENGTH_MAX ? key : `${base} [${shortHash(inside)}]`);
}

/** `name=value` inside a key's brackets, as `keyValueText` writes values. */
const KEY_ENTRY = /([^=]*)=("(?:[^"\\]|\\.)*"|[^,\]="']*)(?:, |$)/y;

/**
 * The key of a test that is made of another one, with further values in its brackets: `suite › test [id=1, repeat=2]`.
 * Names stay sorted; a name that is there already is given a second time.
 */
export function extendTestKey(
  test: { readonly key: string; readonly suite: string; readonly name: string },
  values: { readonly [name: string]: Json },
): TestKey {
  const base = shortBase(`${test.suite} › ${test.name}`);
  const isPlain = test.key === base || !test.key.startsWith(`${base} [`);
  const stem = isPlain ? test.key : base;
  const inside = isPlain ? "" : test.key.slice(base.length + 2, -1);
  const added = Object.entries(values).map(([name, value]) => ({
    name,
    text: `${name}=${keyValueText(value)}`,
  }));
  const all = [...readEntries(inside), ...added].toSorted((a, b) => byCodeUnit(a.name, b.name));
  const text = all.map((entry) => entry.text).join(", ");
  const key = `${stem} [${text}]`;
  return TestKey.parse(
    key.length <= KEY_LENGTH_MAX ? key : `${shortBase(stem)} [${shortHash(text)}]`,
  );
}

/** Brackets that hold one hash for all values are one entry without a name. */
function readEntries(inside: string): readonly { readonly name: string; readonly text: string }[] {
  const entries: { name: string; text: string }[] = [];
  KEY_ENTRY.lastIndex = 0;
  while (KEY_ENTRY.lastIndex < inside.length) {
    const match = KEY_ENTRY.exec(inside);
    if (match === null) return [{ name: "", text: inside }];
    entries.push({ name: match[1] ?? "", text: `${match[1]}=${match[2]}` });
  }
  return entries;
}

/**
 * The name of a group among all suites of a run: `suite › group`, or `suite` for all of its tests. Where that could be
 * read in two ways, or is longer than 300 characters, it ends with a hash of both.
 */
export function groupName(suite: string, group?: string): string {
  const name = group === undefined ? suite : `${suite} › ${group}`;
  const isPlain = !suite.includes("›") && group?.includes("›") !== true;
  if (isPlain && name.length <= GROUP_LENGTH_MAX) return name;
  const room = GROUP_LENGTH_MAX - HASH_LENGTH - 1;
  return `${name.slice(0, room)} ${shortHash(JSON.stringify([suite, group ?? null]))}`;
}

/** Names have bounds of their own; one that is not filled in yet may be longer. */
function shortBase(base: string): string {
  const room = KEY_LENGTH_MAX - 2 * HASH_LENGTH;
  return base.length <= room ? base : `${base.slice(0, room - HASH_LENGTH - 1)} ${shortHash(base)}`;
}

/** One value as it stands in a test key. */
export function keyValueText(value: Json): string {
  if (typeof value === "object" && value !== null) return shortHash(canonicalJson(value));
  const text = String(value);
  if (text.length > VALUE_LENGTH_MAX && [...text].length > VALUE_LENGTH_MAX) return shortHash(text);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break in a key would break reports that go by lines
  return /[,\]="'\0-\x1f]/.test(text) ? JSON.stringify(text) : text;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_LENGTH);
}

/** JSON whose keys are sorted, so that equal values hash alike however they were written. */
function canonicalJson(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isJsonList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value).toSorted(([a], [b]) => byCodeUnit(a, b));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}
