/** Which files are meant by a file, a folder and a glob. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findSuites } from "#cli/run/find-suites.ts";

const SUITE = "tests: []\n";
const FILES: Readonly<Record<string, string>> = {
  "a.yaml": SUITE,
  "b.yml": SUITE,
  "c.json": '{"tests":[]}',
  "rows.json": '[{"id":1}]',
  "broken.json": "{",
  "notes.txt": "x",
  "login.yaml": "flows: { signIn: [] }\n",
  "deep/er/d.yaml": SUITE,
  "node_modules/x/e.yaml": SUITE,
  ".hidden/f.yaml": SUITE,
  "history.json": '{"format":"panoptic-history","version":1,"tests":[]}',
  "panoptic-report/report.json": '{"schemaVersion":1,"run":{"id":"run-1"},"tests":[]}',
  "panoptic-report/artifacts/t/attempt-1/g.json": '{"tests":[]}',
};

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "panoptic-find-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return path;
}

const named = (words: string[], at = folder()) => findSuites(words, at).map(({ file }) => file);

test("findSuites() takes a file as it is named", () =>
  expect(named(["./a.yaml"])).toEqual(["./a.yaml"]));
test("findSuites() takes a file of flows only when it is named, by a folder and a glob not", () =>
  expect(named(["login.yaml"])).toEqual(["login.yaml"]));
test("findSuites() takes a JSON file that is named whatever it holds", () =>
  expect(named(["rows.json"])).toEqual(["rows.json"]));
test("findSuites() takes the suites of a folder, its subfolders too, no rows and no report", () => {
  expect(named(["."])).toEqual(["a.yaml", "b.yml", "broken.json", "c.json", "deep/er/d.yaml"]);
});
test("findSuites() takes what a glob matches", () => {
  expect(named(["*.yaml"])).toEqual(["a.yaml"]);
  expect(named(["**/*.{yaml,yml}"])).toEqual(["a.yaml", "b.yml", "deep/er/d.yaml"]);
  expect(named(["./deep/**/*.yaml"])).toEqual(["deep/er/d.yaml"]);
});
test("findSuites() takes no report for a glob", () =>
  expect(named(["**/*.json"])).toEqual(["broken.json", "c.json", "history.json", "rows.json"]));
test("findSuites() passes over what is named as something else, unless it is named as a suite, too", () => {
  const at = folder();
  const others = [join(at, "a.yaml"), join(at, "deep/er/d.yaml")];
  const found = (...words: string[]) => findSuites(words, at, others).map(({ file }) => file);
  expect(found(".")).toEqual(["b.yml", "broken.json", "c.json"]);
  expect(found("**/*.yaml")).toEqual([]);
  expect(found("a.yaml")).toEqual(["a.yaml"]);
});
test("findSuites() takes an absolute glob", () => {
  const at = folder();
  expect(named([`${at}/deep/*/*.yaml`], "/")).toEqual([`${at}/deep/er/d.yaml`]);
});
test("findSuites() takes each file once", () => {
  expect(named(["a.yaml", ".", "*.yaml"]).filter((file) => file === "a.yaml")).toHaveLength(1);
});
test("findSuites() refuses a word that names nothing", () => {
  expect(() => named(["nix.yaml"])).toThrow(/no such file/);
  expect(() => named(["nix*.yaml"])).toThrow(/no .yaml/);
  expect(() => named(["notes.txt"])).toThrow(/ends neither/);
  expect(() => named([".hidden/nix"])).toThrow(/no such file/);
});
