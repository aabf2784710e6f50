/** P: how the words of a command line become values: durations, counts, ports, patterns. Wrong ones are refused by name. */
import { InvalidArgumentError } from "commander";
import type { EvidenceWhen } from "#proto/evidence.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/;

/** `500ms`, `30s`, `2m`; a bare number is seconds. Returns milliseconds. @throws {InvalidArgumentError} */
export function parseDuration(text: string): number {
  const match = DURATION.exec(text.trim());
  const ms =
    match === null ? Number.NaN : Number(match[1]) * (UNIT_MS[match[2] ?? "s"] ?? Number.NaN);
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError("Expected a duration such as 30s, 500ms or 2m.");
}

/** A duration above zero. @throws {InvalidArgumentError} */
export function parseBound(text: string): number {
  const ms = parseDuration(text);
  if (ms >= 1) return ms;
  throw new InvalidArgumentError("Expected a duration above zero such as 30s, 500ms or 2m.");
}

/** A whole number from `min` to `max`. */
export function parseWhole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

const LINE_DIGITS_MAX = 9;

/** The line of `--debug LINE`, from 1; any other word is handed on, as the next argument may stand there. */
export function parseLine(text: string): { readonly line?: number; readonly word?: string } {
  const isLine = /^[1-9]\d*$/.test(text) && text.length <= LINE_DIGITS_MAX;
  return isLine ? { line: Number(text) } : { word: text };
}

/** A number from `min` to `max`, also below zero and with decimals where it need not be whole. @throws {InvalidArgumentError} */
export function parseNumber(bounds: {
  readonly min: number;
  readonly max: number;
  readonly isWhole?: boolean;
}): (text: string) => number {
  const { min, max, isWhole = false } = bounds;
  const form = isWhole ? /^-?\d+$/ : /^-?\d+(\.\d+)?$/;
  return (text) => {
    const value = form.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(
      `Expected a ${isWhole ? "whole " : ""}number from ${min} to ${max}.`,
    );
  };
}

/** A name that is not empty. @throws {InvalidArgumentError} */
export function parseName(lengthMax: number): (text: string) => string {
  return (text) => {
    if (text !== "" && text.length <= lengthMax) return text;
    throw new InvalidArgumentError(`Expected a name of 1 to ${lengthMax} characters.`);
  };
}

const SHARD_COUNT_MAX = 10_000;

/** Slice `2/4`: both whole and 1-based. @throws {InvalidArgumentError} */
export function parseShard(text: string): { readonly index: number; readonly count: number } {
  const match = /^(\d+)\/(\d+)$/.exec(text.trim());
  if (match === null)
    throw new InvalidArgumentError("Expected a slice such as 1/4: the first of four.");
  const index = Number(match[1]);
  const count = Number(match[2]);
  if (count < 1 || count > SHARD_COUNT_MAX)
    throw new InvalidArgumentError(`Expected 1 to ${SHARD_COUNT_MAX} slices, found ${count}.`);
  if (index >= 1 && index <= count) return { index, count };
  throw new InvalidArgumentError(
    `Expected a slice from 1/${count} to ${count}/${count}: slices are counted from 1.`,
  );
}

const FLEET_PART = /^(\d{1,5})x(\d{1,4})$/;

/** A fleet such as `4x2,2x1`: four nodes with two slots each, and two with one. @throws {InvalidArgumentError} */
export function parseFleet(
  text: string,
): readonly { readonly nodes: number; readonly slots: number }[] {
  return text.split(",").map((part) => {
    const match = FLEET_PART.exec(part.trim());
    const [nodes, slots] = [Number(match?.[1]), Number(match?.[2])];
    if (nodes >= 1 && nodes <= 10_000 && slots >= 1 && slots <= 1_000) return { nodes, slots };
    throw new InvalidArgumentError(
      "Expected a fleet such as 4x2,2x1: four nodes of two slots, and two of one.",
    );
  });
}

/** A regular expression's text, checked. @throws {InvalidArgumentError} */
export function parsePattern(text: string): string {
  try {
    new RegExp(text);
    return text;
  } catch {
    throw new InvalidArgumentError("Expected a regular expression.");
  }
}

/** A URL of HTTP. @throws {InvalidArgumentError} */
export function parseHttpUrl(text: string): string {
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return text.replace(/\/+$/, "");
  throw new InvalidArgumentError("Expected a URL such as http://127.0.0.1:4500.");
}

/** Gathers an option that may be given several times. */
export function gather(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** All of them, by their type: every start of the program would have to load the schema for three words. */
const WHEN: Readonly<Record<EvidenceWhen, EvidenceWhen>> = {
  off: "off",
  "on-failure": "on-failure",
  on: "on",
};

/** When evidence is kept. @throws {InvalidArgumentError} */
export function parseWhen(text: string): EvidenceWhen {
  const when = Object.values(WHEN).find((one) => one === text);
  if (when !== undefined) return when;
  throw new InvalidArgumentError(`Expected ${Object.keys(WHEN).join(", ")}.`);
}
