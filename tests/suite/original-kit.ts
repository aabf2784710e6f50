/** What the tests of the original's format share: a file around a few lines, and what was told about it. */
import { expect, test } from "vitest";
import { faultText } from "#suite/source.ts";
import { type ExpandInput, expandText, testOf } from "./suite-kit.ts";

/** A file of one web app, whose actions start at line 3 (each on a line of its own). */
export function withActions(...actions: readonly string[]): string {
  return [
    "apps: [{ name: shop, type: web, url: 'http://127.0.0.1:3000' }]",
    "actions:",
    ...actions.map((action) => `  - ${action}`),
    "",
  ].join("\n");
}

/** The steps of the only test of such a file. */
export function stepsOf(...actions: readonly string[]) {
  return testOf(withActions(...actions)).steps;
}

/** A file with one app of these fields and one action; the app stands on line 1. */
export function withApp(fields: string): string {
  return `apps: [{ name: shop, type: web, url: /, ${fields} }]\nactions: [{ type: wait }]\n`;
}

/** A file with these settings, each on a line of its own from line 4. */
export function withSettings(...settings: readonly string[]): string {
  return [
    "apps: [{ name: shop, type: web, url: / }]",
    "actions: [{ type: wait }]",
    "settings:",
    ...settings.map((setting) => `  ${setting}`),
    "",
  ].join("\n");
}

/** Errors and warnings as `LINE:COLUMN message`, warnings marked. */
export function toldOf(text: string, input: ExpandInput = {}): readonly string[] {
  const outcome = expandText(text, input);
  const faults = outcome.kind === "refused" ? outcome.faults : outcome.warnings;
  return faults.map((fault) => faultText(fault).replace(/^[^:]*:/, ""));
}

type Row = readonly [text: string, ...told: readonly string[]];

/** One test a row: a file, and exactly what is told about it, each by its beginning. */
export function tellsExactly(rows: readonly Row[]): void {
  test.each(rows)("%j", (text, ...told) => {
    const all = toldOf(text);
    expect(all.map((line, index) => line.slice(0, told[index]?.length))).toEqual(told);
  });
}
