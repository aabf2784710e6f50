/** Names of artifacts and the replacing of a report's folder. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { placeArtifacts } from "#cli/report/artifact-paths.ts";
import { checkOutFolder, replaceFolder } from "#cli/report/out-folder.ts";
import type { Report, ReportArtifact, ReportAttempt, ReportTest } from "#proto/report.ts";

const OURS = '{"schemaVersion":1,"run":{"id":"run-1"}}';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "panoptic-out-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function testWith(key: string, names: readonly string[]): ReportTest {
  const artifacts = names.map(
    (name): ReportArtifact => ({ name, kind: "file", state: "stored", bytes: 1, sha256: "ab" }),
  );
  const attempt: ReportAttempt = {
    number: 1,
    status: "failed",
    counted: true,
    late: false,
    node: "n",
    startedAt: "",
    durationMs: 1,
    steps: [],
    artifacts,
  };
  return {
    key,
    name: key,
    suite: "s",
    file: "s.yaml",
    line: 1,
    platform: "web",
    tags: [],
    verdict: "failed",
    attempts: [attempt],
  };
}

function reportOf(...tests: ReportTest[]): Report {
  return {
    schemaVersion: 1,
    run: { id: "run-1", status: "failed", exitCode: 1, startedAt: "", durationMs: 1 },
    totals: { planned: 1, passed: 0, failed: 1, flaky: 0, skipped: 0, lost: 0 },
    nodes: [],
    tests,
  };
}

test("placeArtifacts() stays inside its folder and takes no path twice, whatever the names", () => {
  const name = fc.oneof(
    fc.string(),
    fc.constantFrom("../../etc/passwd", "..", ".", "a/b", "A.png", "a.png", "a\\b", "con\u0000"),
  );
  fc.assert(
    fc.property(
      fc.array(name),
      fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 3 }),
      (names, keys) => {
        const paths = placeArtifacts(reportOf(...keys.map((key) => testWith(key, names)))).map(
          ({ path }) => path,
        );
        for (const path of paths)
          expect(path).toMatch(/^artifacts\/[a-z0-9-]+\/attempt-1\/[^/\\]+$/);
        for (const path of paths) expect(path.split("/").at(-1)).not.toMatch(/^\.+$/);
        expect(new Set(paths.map((path) => path.toLowerCase())).size).toBe(paths.length);
      },
    ),
  );
});
test("placeArtifacts() gives no file the name of a Windows device", () => {
  const devices = ["con", "NUL.txt", "aux.tar.gz", "COM1", "lpt9.png", "com\u00b2", "prn .txt"];
  const harmless = ["console.txt", "com10", "nullable.txt", "a.con"];
  const placed = placeArtifacts(reportOf(testWith("t", [...devices, ...harmless])));
  expect(placed.map(({ path }) => path.split("/").at(-1))).toEqual([
    ...devices.map((name) => `_${name}`),
    ...harmless,
  ]);
});
test("placeArtifacts() gives no file a name that is longer than a file system takes", () => {
  const long = ["検".repeat(200), "😀".repeat(120), "a".repeat(300)].map((name) => `${name}.png`);
  const placed = placeArtifacts(reportOf(testWith("t", [...long, ...long])));
  for (const { path } of placed) {
    const name = path.split("/").at(-1) ?? "";
    expect(Buffer.byteLength(name)).toBeLessThan(256);
    expect(name.isWellFormed() && name.endsWith(".png")).toBe(true);
  }
});
test("placeArtifacts() keeps a usual name", () => {
  const [placed] = placeArtifacts(reportOf(testWith("shop › pay", ["done.png"])));
  expect(placed?.path).toMatch(/^artifacts\/shop-pay-[0-9a-f]{8}\/attempt-1\/done\.png$/);
});

test("checkOutFolder() allows none, an empty one and one of ours", () => {
  const path = folder();
  checkOutFolder(join(path, "none"));
  checkOutFolder(path);
  writeFileSync(join(path, "report.json"), OURS);
  writeFileSync(join(path, "more.txt"), "x");
  checkOutFolder(path);
});
test("checkOutFolder() refuses a folder of others, a report of others and a file", () => {
  const path = folder();
  writeFileSync(join(path, "precious.txt"), "x");
  expect(() => checkOutFolder(path)).toThrow(/holds no report.json/);
  writeFileSync(join(path, "report.json"), '{"stats":{}}');
  expect(() => checkOutFolder(path)).toThrow(/holds no report.json/);
  expect(() => checkOutFolder(join(path, "precious.txt"))).toThrow(/is a file/);
});

test("replaceFolder() replaces the whole folder and leaves nothing beside it", async () => {
  const parent = folder();
  const path = join(parent, "report");
  mkdirSync(path);
  writeFileSync(join(path, "report.json"), OURS);
  writeFileSync(join(path, "old.txt"), "old");
  await replaceFolder(path, async (fresh) =>
    writeFileSync(join(fresh, "report.json"), `${OURS}\n`),
  );
  expect(readdirSync(path)).toEqual(["report.json"]);
  expect(readdirSync(parent)).toEqual(["report"]);
});
test("replaceFolder() keeps what was there when filling fails", async () => {
  const parent = folder();
  const path = join(parent, "report");
  mkdirSync(path);
  writeFileSync(join(path, "report.json"), OURS);
  const failing = replaceFolder(path, async () => {
    throw new Error("disk full");
  });
  await expect(failing).rejects.toMatchObject({ code: "report_failed" });
  expect(readFileSync(join(path, "report.json"), "utf8")).toBe(OURS);
  expect(readdirSync(parent)).toEqual(["report"]);
});
test("replaceFolder() fails by name where nothing can be written", async () => {
  const path = join(folder(), "file");
  writeFileSync(path, "x");
  await expect(replaceFolder(join(path, "report"), async () => undefined)).rejects.toMatchObject({
    code: "report_failed",
  });
  expect(existsSync(join(path, "report"))).toBe(false);
});
