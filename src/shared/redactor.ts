/**
 * Masks the values of secrets in whatever leaves a driver (K1). Owns what counts as an occurrence: the value itself
 * and its usual disguises, also mixed within one occurrence (a URL encoder leaves letters alone and escapes the rest):
 * percent and form encoding, JSON escapes, HTML entities, collapsed whitespace, and base64 or base64url at any of the three
 * alignments. It does not own where text comes from; pictures are the web driver's (`web/mask.ts`).
 *
 * Matches of all secrets are gathered before anything is replaced, and overlapping ones become one mask: masking one
 * secret never leaves the tail of another behind. A long secret (a key file) is looked for piece by piece, since one
 * pattern of 16,000 characters is more than the engine takes (Bun 1.4.5, 2026-11).
 */
import type { Json } from "#proto/matcher.ts";

export type Redactor = {
  readonly text: (text: string) => string;
  /** Masks text in values and keys, and a number that is wholly a secret; for values of a test, not for messages of ours. */
  readonly json: (value: Json) => Json;
  /** Masks in UTF-8 text and leaves every other byte as it is. */
  readonly bytes: (bytes: Uint8Array) => Uint8Array;
  /** No secret to mask: callers may skip costly work. */
  readonly isEmpty: boolean;
};

const MASK = "***";
/** Base64 of fewer bytes has too few letters of its own to be told from other text. */
const BASE64_BYTES_MIN = 4;
/** Longer values are cut into about equal pieces of at most so many characters, and at least half as many. */
const PIECE_LENGTH_MAX = 128;
/** Blank stretches of a long value say nothing, and would mask those of other text. */
const PIECE_TEXT_LENGTH_MIN = 8;
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "amp",
  "<": "lt",
  ">": "gt",
  '"': "quot",
  "'": "apos",
};
const JSON_LETTERS: Readonly<Record<string, string>> = { "\b": "b", "\f": "f" };
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Makes the redactor of one attempt from its secrets' values, by name; empty values are ignored. */
export function createRedactor(secrets: Readonly<Record<string, string>>): Redactor {
  const values = [...new Set(Object.values(secrets))].filter((value) => value !== "");
  if (values.length === 0) return EMPTY;
  const pieces = [...new Set(values.flatMap(piecesOf))];
  const patterns = patternsOf(pieces, patternOfText);
  const numbers = new Set(values);
  let bytePatterns: readonly RegExp[] | undefined;
  const text = (input: string) => mask(input, patterns);
  const bytes = (input: Uint8Array) => {
    bytePatterns ??= patternsOf(pieces, (value) => patternOfText(value, asBytes));
    const before = bytesToLatin1(input);
    const after = mask(before, bytePatterns);
    return after === before ? input : latin1ToBytes(after);
  };
  return { text, json: (value) => redactJson(value, { text, numbers }), bytes, isEmpty: false };
}

const EMPTY: Redactor = {
  text: (text) => text,
  json: (value) => value,
  bytes: (bytes) => bytes,
  isEmpty: true,
};

function piecesOf(value: string): string[] {
  if (value.length <= PIECE_LENGTH_MAX) return [value];
  const characters = [...value];
  const count = Math.ceil(characters.length / PIECE_LENGTH_MAX);
  const startOf = (index: number) => Math.floor((index * characters.length) / count);
  const pieces = Array.from({ length: count }, (_, index) =>
    characters.slice(startOf(index), startOf(index + 1)).join(""),
  );
  return pieces.filter((piece) => piece.trim().length >= PIECE_TEXT_LENGTH_MIN);
}

type JsonMask = { readonly text: (text: string) => string; readonly numbers: ReadonlySet<string> };

function redactJson(value: Json, by: JsonMask): Json {
  if (typeof value === "string") return by.text(value);
  if (typeof value === "number") return by.numbers.has(String(value)) ? MASK : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => redactJson(item, by));
  const entries = Object.entries(value).map(([key, item]) => [by.text(key), redactJson(item, by)]);
  return Object.fromEntries(entries);
}

type Span = { readonly start: number; readonly end: number };

function mask(text: string, patterns: readonly RegExp[]): string {
  const spans = patterns.flatMap((pattern) => spansOf(text, pattern));
  if (spans.length === 0) return text;
  spans.sort((a, b) => a.start - b.start);
  const parts: string[] = [];
  let end = 0;
  for (const span of spans) {
    if (span.start >= end) parts.push(text.slice(end, span.start), MASK);
    end = Math.max(end, span.end);
  }
  parts.push(text.slice(end));
  return parts.join("");
}

/** Every match, overlapping ones too: "aa" is found twice in "aaa". */
function spansOf(text: string, pattern: RegExp): Span[] {
  const spans: Span[] = [];
  pattern.lastIndex = 0;
  let isMore = true;
  while (isMore) {
    const match = pattern.exec(text);
    isMore = match !== null;
    if (match === null) break;
    const last = spans.at(-1);
    const end = match.index + match[0].length;
    // Within the last match of the same pattern: nothing new to cover.
    if (last === undefined || end > last.end) spans.push({ start: match.index, end });
    pattern.lastIndex = match.index + 1;
  }
  return spans;
}

function patternsOf(values: readonly string[], toPattern: (value: string) => string): RegExp[] {
  return values.flatMap((value) => {
    const sources = [toPattern(value), ...base64Patterns(new TextEncoder().encode(value))];
    return sources.map((source) => new RegExp(source, "g"));
  });
}

/** How a literal character is written in the haystack: as itself, or as its UTF-8 bytes when bytes are searched. */
type Spell = (character: string) => string;
const asItself: Spell = (character) => character;
const asBytes: Spell = (character) => bytesToLatin1(new TextEncoder().encode(character));

function patternOfText(value: string, spell: Spell = asItself): string {
  const trimmed = value.trim();
  if (trimmed === "") return literal(spell(value));
  const units = trimmed.match(/\s+|[^\s]/gu) ?? [];
  return units.map((unit) => (/\s/.test(unit) ? SPACES : patternOfCharacter(unit, spell))).join("");
}

/** Any run of whitespace, however it is written: text that is shown or posted collapses and escapes it. */
const SPACES =
  "(?:\\s|\\xc2\\xa0|\\+|%(?:25)?20|%(?:25)?0[9aAdD]|%(?:25)?[cC]2%(?:25)?[aA]0|\\\\+[nrt]|\\\\+u00(?:20|0[9aAdD]|[aA]0)|&nbsp;|&#(?:0*(?:32|9|10|13|160)|[xX]0*(?:20|9|[aA]|[dD]|[aA]0));)+";

/** Every way to write one character, the longest first: a disguise may begin with the character itself. */
function patternOfCharacter(character: string, spell: Spell): string {
  const code = character.codePointAt(0) ?? 0;
  const forms = [
    percentForm(character),
    `\\\\+${[...utf16Of(character)].map((unit) => `u${anyCase(unit)}`).join("\\\\+")}`,
    `&#(?:0*${code}|[xX]0*${anyCase(code.toString(16))});`,
  ];
  const entity = ENTITIES[character];
  if (entity !== undefined) forms.push(`&${entity};`);
  const letter = JSON_LETTERS[character];
  if (letter !== undefined) forms.push(`\\\\+${letter}`);
  // A JSON writer puts one backslash before these, a writer of JSON in JSON three.
  if (character === '"' || character === "/" || character === "'") forms.push(`\\\\+${character}`);
  if (character === "\\") forms.push("\\\\{2,8}");
  return `(?:${[...forms, literal(spell(character))].join("|")})`;
}

function percentForm(character: string): string {
  const bytes = new TextEncoder().encode(character);
  // Twice encoded (a URL in a query) shows the percent sign itself as %25.
  return [...bytes].map((byte) => `%(?:25)?${anyCase(hex(byte, 2))}`).join("");
}

function utf16Of(character: string): string[] {
  return Array.from({ length: character.length }, (_, index) =>
    hex(character.charCodeAt(index), 4),
  );
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, "0");
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** One pattern for each place in a three-byte group at which the value may begin. */
function base64Patterns(bytes: Uint8Array): string[] {
  if (bytes.length < BASE64_BYTES_MIN) return [];
  return [0, 1, 2].map((offset) => base64Pattern(bytes, offset));
}

function base64Pattern(bytes: Uint8Array, offset: number): string {
  const bits = [..."x".repeat(offset * 8), ...[...bytes].flatMap((byte) => [...hexBits(byte)])];
  const units: string[] = [];
  for (let at = 0; at < bits.length; at += 6) units.push(bits.slice(at, at + 6).join(""));
  return units
    .filter((unit) => unit !== "xxxxxx")
    .map((unit) => lettersOf(unit.padEnd(6, "x")))
    .join("")
    .concat("=?=?");
}

function hexBits(byte: number): string {
  return byte.toString(2).padStart(8, "0");
}

/** The letters whose six bits agree with `unit`, where `x` is a bit of the neighbouring byte. */
function lettersOf(unit: string): string {
  const known = LETTERS.get(unit);
  if (known !== undefined) return known;
  const isFitting = new RegExp(`^${unit.replaceAll("x", ".")}$`);
  const fitting = [...ALPHABET].filter((_, index) =>
    isFitting.test(index.toString(2).padStart(6, "0")),
  );
  const letters = `(?:${fitting.map(spellLetter).join("|")})`;
  LETTERS.set(unit, letters);
  return letters;
}

/** There are at most 3^6 units. */
const LETTERS = new Map<string, string>();

function spellLetter(letter: string): string {
  if (letter === "+") return "[+-]|%2[bB]";
  if (letter === "/") return "[/_]|%2[fF]|\\\\/";
  return letter;
}

function bytesToLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

function latin1ToBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "latin1"));
}
