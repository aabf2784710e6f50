/** What the self-test makes of reports: it goes red for everything that is not as it must be. */
import { describe, expect, test } from "vitest";
import { type Finding, findingLines } from "#cli/finding.ts";
import { lineText } from "#cli/screen/line.ts";
import { judgeHttp, judgeWeb } from "#cli/self-test/judge.ts";
import type { PracticeRun } from "#cli/self-test/practice-run.ts";
import { API_TEST, FILM_TEST, PAGE_TEST, RED_TEST } from "#cli/self-test/practice-suites.ts";
import type { Report, ReportArtifact, ReportTest } from "#proto/report.ts";

type Step = ReportTest["attempts"][number]["steps"][number];

function made(
  name: string,
  verdict: ReportTest["verdict"],
  { steps = [], artifacts = [] }: { steps?: Step[]; artifacts?: ReportArtifact[] } = {},
): ReportTest {
  const attempt = {
    number: 1,
    status: verdict === "passed" ? ("passed" as const) : ("failed" as const),
    counted: true,
    late: false,
    node: "node-1",
    startedAt: "2026-11-21T12:00:00Z",
    durationMs: 5,
    steps,
    artifacts,
  };
  const where = { suite: "s", file: "s.json", line: 1, platform: "web", tags: [] };
  return { key: `s › ${name}`, name, verdict, attempts: [attempt], ...where };
}

function runOf(tests: ReportTest[], changes: Partial<PracticeRun> = {}): PracticeRun {
  const report: Report = {
    schemaVersion: 1,
    run: { id: "run-1", status: "failed", exitCode: 1, startedAt: "", durationMs: 9 },
    totals: { planned: 2, passed: 1, failed: 1, flaky: 0, skipped: 0, lost: 0 },
    nodes: [
      {
        id: "n",
        name: "node-1",
        version: "1",
        platform: "linux",
        slots: 1,
        labels: [],
        browsers: ["chromium 1"],
      },
    ],
    tests,
  };
  return { exitCode: 1, said: "", report, out: "/out", durationMs: 1_000, ...changes };
}

const status404: Step = {
  name: "expect status 200",
  kind: "expect",
  status: "failed",
  durationMs: 1,
  error: { message: "Expected status to equal 200, it is 404" },
};
const red = made(RED_TEST, "failed", { steps: [status404] });
const api = made(API_TEST, "passed");
const states = (findings: ReturnType<typeof judgeHttp>) =>
  Object.fromEntries(findings.map(({ name, state }) => [name, state]));

describe("judgeHttp()", () => {
  test("all works when one test passed and the planned one failed", () => {
    const found = states(judgeHttp(runOf([api, red])));
    expect(found).toEqual({ mesh: "works", "http tests": "works", failures: "works" });
  });

  test.each([
    ["it passed", [api, made(RED_TEST, "passed")], {}],
    ["it is lost", [api, made(RED_TEST, "lost")], {}],
    [
      "it failed at another step",
      [api, made(RED_TEST, "failed", { steps: [{ ...status404, kind: "request" }] })],
      {},
    ],
    ["it is not in the report", [api], {}],
    ["the exit code says that all passed", [api, red], { exitCode: 0 }],
    ["the run was ended", [api, red], { exitCode: undefined }],
  ] as const)("failures are broken when %s", (_, tests, changes) => {
    expect(states(judgeHttp(runOf([...tests], changes)))["failures"]).toBe("broken");
  });

  test("http tests are broken with the reason of the report", () => {
    const failed = made(API_TEST, "failed", { steps: [status404] });
    const found = judgeHttp(runOf([failed, red])).find(({ name }) => name === "http tests");
    expect(found?.state).toBe("broken");
    expect(found?.said).toContain("it is 404");
  });

  test("no report: the mesh is broken, with what was said", () => {
    const none = { report: undefined, exitCode: 2, said: "Cannot start NATS" };
    const [mesh, ...others] = judgeHttp(runOf([], none));
    expect(mesh).toMatchObject({ name: "mesh", state: "broken" });
    expect(mesh?.said).toBe("no report (exit code 2): Cannot start NATS");
    expect(others).toEqual([]);
  });
});

const shot: ReportArtifact = { name: "page.png", kind: "screenshot", state: "stored", bytes: 9 };
const film: ReportArtifact = { name: "record.webm", kind: "video", state: "stored", bytes: 9 };

function png(width: number, height: number): Uint8Array {
  const head = Buffer.alloc(32);
  head.writeUInt32BE(0x89504e47);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head;
}

const heads = new Map([
  [shot.kind, png(1280, 720)],
  [film.kind, Buffer.from([0x1a, 0x45, 0xdf, 0xa3])],
]);
const page = made(PAGE_TEST, "passed", { artifacts: [shot] });
const filmed = made(FILM_TEST, "passed", { artifacts: [film] });

describe("judgeWeb()", () => {
  test("all works with a picture of the right size and a webm", () => {
    const found = judgeWeb(runOf([page, filmed]), ({ kind }) => heads.get(kind));
    expect(states(found)).toEqual({
      "web tests": "works",
      screenshots: "works",
      recordings: "works",
    });
  });

  test("no recording was tried: nothing is said of recordings", () => {
    const found = judgeWeb(runOf([page]), ({ kind }) => heads.get(kind));
    expect(Object.keys(states(found))).toEqual(["web tests", "screenshots"]);
  });

  test.each([
    ["screenshots", "of another size", page, png(800, 600)],
    ["screenshots", "no PNG", page, Buffer.from("<html>")],
    ["screenshots", "not there", page, undefined],
    ["screenshots", "not in the report", made(PAGE_TEST, "passed"), png(1280, 720)],
    ["recordings", "no webm", filmed, Buffer.from("nothing")],
    ["recordings", "not there", filmed, undefined],
    ["recordings", "failed", made(FILM_TEST, "failed", { artifacts: [film] }), heads.get("video")],
    ["web tests", "failed", made(PAGE_TEST, "failed", { artifacts: [shot] }), png(1280, 720)],
  ] as const)("%s are broken: %s", (...[name, , one, head]) => {
    expect(states(judgeWeb(runOf([one]), () => head))[name]).toBe("broken");
  });

  test("no report: web tests are broken", () => {
    expect(states(judgeWeb(runOf([], { report: undefined }), () => undefined))).toEqual({
      "web tests": "broken",
    });
  });
});

test("findingLines() marks the three states apart and names the fix", () => {
  const told = (finding: Finding) => findingLines(finding).map((line) => lineText(line, false));
  expect(told({ name: "a", state: "works", said: "b" })).toEqual(["ok   a: b"]);
  expect(told({ name: "a", state: "absent", said: "b", fix: "c" })).toEqual([
    "--   a: b",
    "     fix: c",
  ]);
  expect(told({ name: "a", state: "broken", said: "b" })).toEqual(["BAD  a: b"]);
});
