/** What of consoles and networks goes into the report's page: whole where there is room, cut and said to be cut beyond. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readTexts } from "#cli/report/read-texts.ts";
import type { ReportArtifact, ReportAttempt } from "#proto/report.ts";
import { attempt, reportOf, reportTest } from "../reports/report-kit.ts";

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-texts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "artifacts"));
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(folder, "artifacts", name), text);
  return folder;
}

const artifactOf = (
  name: string,
  text: string,
  more: Partial<ReportArtifact> = {},
): ReportArtifact => ({
  name,
  kind: "console",
  state: "stored",
  bytes: Buffer.byteLength(text),
  sha256: name,
  path: `artifacts/${name}`,
  ...more,
});
const failed = (artifacts: ReportArtifact[], more: Partial<ReportAttempt> = {}) =>
  reportTest({ verdict: "failed", attempts: [attempt({ status: "failed", artifacts, ...more })] });

test("readTexts() reads console and network of attempts that went wrong, and nothing else", () => {
  const folder = folderWith({ a: "said", b: "{}", c: "picture", d: "fine" });
  const report = reportOf([
    failed([
      artifactOf("a", "said"),
      artifactOf("b", "{}", { kind: "network" }),
      artifactOf("c", "picture", { kind: "screenshot" }),
      artifactOf("gone", "gone", { state: "missing" }),
    ]),
    reportTest({ attempts: [attempt({ artifacts: [artifactOf("d", "fine")] })] }),
  ]);
  expect([...readTexts(report, folder)]).toEqual([
    ["a", { text: "said", isCut: false }],
    ["b", { text: "{}", isCut: false }],
  ]);
});

test("readTexts() cuts an attempt at 16 KB, between characters, and says so", () => {
  const long = `x${"é".repeat(20_000)}`;
  const folder = folderWith({ long, more: "more" });
  const texts = readTexts(
    reportOf([failed([artifactOf("long", long), artifactOf("more", "more")])]),
    folder,
  );
  expect(texts.get("long")?.isCut).toBe(true);
  expect(texts.get("long")?.text).toBe(`x${"é".repeat((16 * 1024 - 2) / 2)}`);
  expect(texts.has("more")).toBe(false);
});

test("readTexts() keeps all attempts together below 4 MB", () => {
  const text = "y".repeat(16 * 1024);
  const names = Array.from({ length: 300 }, (_, index) => `file-${index}`);
  const folder = folderWith(Object.fromEntries(names.map((name) => [name, text])));
  const texts = readTexts(reportOf(names.map((name) => failed([artifactOf(name, text)]))), folder);
  expect(texts.size).toBe(256);
});

test("readTexts() throws when a file that was just written cannot be read: nothing is swallowed", () => {
  expect(() => readTexts(reportOf([failed([artifactOf("none", "none")])]), folderWith({}))).toThrow(
    /ENOENT/,
  );
});

test("readTexts() reads metrics of any attempt, without their samples, and leaves other files of that name alone", () => {
  const metrics = JSON.stringify({ pages: [{ url: "/" }], processes: [], samples: [1, 2, 3] });
  const folder = folderWith({ good: metrics, bad: "{}", odd: "no JSON" });
  const named = (sha256: string) =>
    artifactOf(sha256, metrics, { name: "metrics.json", kind: "file" });
  const artifacts = ["good", "bad", "odd"].map(named);
  const texts = readTexts(reportOf([reportTest({ attempts: [attempt({ artifacts })] })]), folder);
  expect([...texts]).toEqual([
    ["good", { text: '{"pages":[{"url":"/"}],"processes":[]}', isCut: false }],
  ]);
});
