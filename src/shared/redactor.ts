/**
 * Masks the values of secrets in whatever leaves a driver (K1), and learns further ones while an attempt runs: what stands in a
 * password field. Owns what becomes of an occurrence; `secret-search.ts` owns how a value may be written, the web driver
 * (`mask.ts`) what is seen on pictures.
 *
 * Occurrences of all values are gathered before anything is replaced, and overlapping ones become one mask: masking one secret
 * never leaves the tail of another behind.
 */
import { isUtf8 } from "node:buffer";
import type { Json } from "#proto/matcher.ts";
import { createSecretSearch, type SecretSearch } from "./secret-search.ts";
import type { Span } from "./secret-tree.ts";

export type Redactor = {
  readonly text: (text: string) => string;
  /** Masks text in values and keys, and text or a number that is wholly a secret, however short; for values of a test, not for messages of ours. */
  readonly json: (value: Json) => Json;
  /** Masks in text of UTF-8 or Latin-1 and leaves every other byte as it is. */
  readonly bytes: (bytes: Uint8Array) => Uint8Array;
  /** Masks this value, too, from now on; one of fewer than four characters only where `json` finds nothing but it. */
  readonly learn: (value: string) => void;
  readonly hasLearned: boolean;
  /** No value to mask so far: callers may skip costly work. */
  readonly isEmpty: boolean;
};

/** A shorter value cannot be told from other text: to mask every "on" would leave no report. */
const LEARNED_LENGTH_MIN = 4;

const MASK = "***";
/** Of learned values; when there are more, nothing is let through any more. */
const VALUES_MAX = 1_000;

/** Makes the redactor of one attempt from its secrets' values, by name; empty values are ignored. */
export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const values = new Set<string>();
  const shortValues = new Set<string>();
  // Made with the first value: its tables are 200 KiB, and most attempts have no secret.
  let made: SecretSearch | undefined;
  const search = () => {
    made ??= createSecretSearch();
    return made;
  };
  let hasLearned = false;
  const add = (value: string) => {
    if (value === "" || values.has(value) || values.size > VALUES_MAX) return;
    values.add(value);
    search().add(value);
  };
  for (const value of Object.values(secrets)) add(value);
  const isOverfull = () => values.size > VALUES_MAX;
  const text = (input: string) => {
    if (values.size === 0 || input === "") return input;
    return isOverfull() ? MASK : mask(input, search().find(input));
  };
  const bytes = (input: Uint8Array) => {
    if (values.size === 0) return input;
    if (isOverfull()) return new TextEncoder().encode(MASK);
    const shown = decoded(input);
    const spans = [...search().find(shown.text), ...wideSpans(shown, search())];
    if (spans.length === 0) return input;
    return new Uint8Array(Buffer.from(mask(shown.text, spans), shown.encoding));
  };
  const isWhole = (value: string) => values.has(value) || shortValues.has(value);
  return {
    text,
    bytes,
    json: (value) => redactJson(value, { text, isWhole }),
    learn: (value) => {
      hasLearned ||= value !== "";
      if (value.trim().length >= LEARNED_LENGTH_MIN) add(value);
      else if (value !== "" && shortValues.size < VALUES_MAX) shortValues.add(value);
    },
    get hasLearned() {
      return hasLearned;
    },
    get isEmpty() {
      return values.size + shortValues.size === 0;
    },
  };
}

type Shown = { readonly text: string; readonly encoding: "utf8" | "latin1" };

/** UTF-8 where the bytes are such, else a character a byte: nothing of the rest is changed either way. */
function decoded(bytes: Uint8Array): Shown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return isUtf8(buffer)
    ? { text: buffer.toString("utf8"), encoding: "utf8" }
    : { text: buffer.toString("latin1"), encoding: "latin1" };
}

/** Text of two bytes a character, as browsers keep it in their files, at even and at odd places. */
function wideSpans({ text, encoding }: Shown, search: SecretSearch): Span[] {
  if (!text.includes("\0") || (encoding === "utf8" && !isLatin1(text))) return [];
  return [0, 1].flatMap((first) => {
    const wide = Buffer.from(text.slice(first), "latin1").toString("utf16le");
    return search
      .find(wide)
      .map(({ start, end }) => ({ start: first + start * 2, end: first + end * 2 }));
  });
}

const isLatin1 = (text: string): boolean => /^[\0-\xff]*$/.test(text);

type JsonMask = Pick<Redactor, "text"> & { readonly isWhole: (value: string) => boolean };

function redactJson(value: Json, by: JsonMask): Json {
  if (typeof value === "string") return by.isWhole(value) ? MASK : by.text(value);
  if (typeof value === "number") return by.isWhole(String(value)) ? MASK : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => redactJson(item, by));
  const entries = Object.entries(value).map(([key, item]) => [by.text(key), redactJson(item, by)]);
  return Object.fromEntries(entries);
}

function mask(text: string, found: readonly Span[]): string {
  if (found.length === 0) return text;
  const parts: string[] = [];
  let end = 0;
  for (const span of found.toSorted((a, b) => a.start - b.start)) {
    if (span.start >= end) parts.push(text.slice(end, span.start), MASK);
    end = Math.max(end, span.end);
  }
  parts.push(text.slice(end));
  return parts.join("");
}
