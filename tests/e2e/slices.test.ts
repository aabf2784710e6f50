/** Slices of a run by the real program, and the one report that `merge` makes of theirs, or refuses to. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { type ProcessMesh, readReport, startMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { HistoryFile } from "#proto/history.ts";
import { RunForecast } from "#proto/plan.ts";

const NAMES = Array.from({ length: 10 }, (_, index) => `t${index}`);

/** Runs a slice of the mesh's suite; returns the folder's name of its report. */
async function runSlice(mesh: ProcessMesh, shard: string, more: readonly string[] = []) {
  const out = `slice-${shard.replace("/", "-of-")}${more.join("")}`;
  const words = ["run", "suite.json", "--shard", shard, "--out", out, ...more];
  const end = await mesh.ask(...words);
  return { out, end };
}

test("four slices run by themselves; merged in any order they are the whole run, and a slice that is missing, doubled or strange is named with exit 3", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, slots: 2, env: { CI_PIPELINE_ID: "7" } });
  const tests = NAMES.map((name) => ({ name, paths: [name === "t3" ? "/fail/x" : "/fast"] }));
  writeFileSync(join(mesh.dir, "suite.json"), gateSuite(app.url, tests));
  const slices = await Promise.all(["1/4", "2/4", "3/4", "4/4"].map((one) => runSlice(mesh, one)));
  expect(slices.map(({ end }) => end.exitCode).toSorted()).toEqual([0, 0, 0, 1]);
  const reports = slices.map(({ out }) => readReport(join(mesh.dir, out)));
  expect(reports.map((report) => report?.run.shard?.build)).toEqual(
    Array.from({ length: 4 }, () => "CI_PIPELINE_ID=7"),
  );
  expect(reports.map((report) => report?.tests.length).toSorted()).toEqual([2, 2, 3, 3]);
  const [one, two, three, four] = slices.map(({ out }) => out);
  if (one === undefined || two === undefined || three === undefined || four === undefined)
    throw new Error("Not four slices");
  const merge = (...words: string[]) => runProgram(["merge", ...words], { callerDir: mesh.dir });

  const whole = await merge(three, one, four, two, "--out", "whole", "--history", "h.json");
  expect(whole.exitCode, whole.stderr).toBe(1);
  expect(whole.stdout).toMatch(/^failed: 10 planned, 9 passed, 1 failed in .*; report: whole\n$/);
  const report = readReport(join(mesh.dir, "whole"));
  expect(report?.tests.map(({ name }) => name)).toEqual(NAMES);
  expect(report?.run).toMatchObject({ status: "failed", exitCode: 1 });
  expect(report?.nodes.map(({ name }) => name)).toEqual(["node-1"]);
  const artifacts = report?.tests.flatMap(({ attempts }) => attempts.flatMap((a) => a.artifacts));
  expect(artifacts?.length).toBeGreaterThan(0);
  for (const { state, path } of artifacts ?? []) {
    expect(state).toBe("stored");
    expect(existsSync(join(mesh.dir, "whole", path ?? "?"))).toBe(true);
  }
  expect(readFileSync(join(mesh.dir, "whole", "junit.xml"), "utf8")).toContain('tests="10"');
  expect(existsSync(join(mesh.dir, "whole", "report.html"))).toBe(true);
  const learned = readFileSync(join(mesh.dir, "h.json"), "utf8");
  expect(HistoryFile.parse(JSON.parse(learned)).tests.map(({ key }) => String(key))).toEqual(
    NAMES.map((name) => `gated › ${name}`),
  );
  const more = ["--json", "--history", "h.json"];
  const again = await merge(two, three, one, four, "--out", "again", ...more);
  expect(readFileSync(join(mesh.dir, "h.json"), "utf8")).toBe(learned);
  expect(readReport(join(mesh.dir, "again"))).toEqual(report);
  expect(JSON.parse(again.stdout)).toMatchObject({ totals: { planned: 10 }, run: { exitCode: 1 } });

  const missing = await merge(one, three, four, "--out", "missing");
  expect(missing.exitCode).toBe(3);
  expect(missing.stderr).toContain("Slice 2 of 4 is missing");
  const incomplete = readReport(join(mesh.dir, "missing"));
  expect(incomplete?.run).toMatchObject({
    status: "incomplete",
    reason: "Slice 2 of 4 is missing",
  });
  expect(incomplete?.totals).toMatchObject({ planned: 10, lost: reports[1]?.tests.length });

  const doubled = await merge(one, two, three, four, three, "--out", "doubled");
  expect(doubled.exitCode).toBe(3);
  expect(doubled.stderr).toContain(`Slice 3 of 4 is doubled (the same run): ${three}, ${three}`);
  expect(existsSync(join(mesh.dir, "doubled"))).toBe(false);

  // What the slices took is known now.
  const plan = await mesh.ask("plan", "suite.json", "--json", "--fleet", "2x1");
  expect(plan.exitCode, plan.stderr).toBe(0);
  const forecast = RunForecast.parse(JSON.parse(plan.stdout));
  expect(forecast).toMatchObject({ isStated: true, unknown: 1 }); // t3 never passed
  expect(forecast.tests.length).toBe(10);
  expect(forecast.makespanMs).toBeGreaterThanOrEqual(
    forecast.lowerBoundMs ?? Number.POSITIVE_INFINITY,
  );
  const planned = await mesh.ask("plan", "suite.json");
  expect(planned.stdout).toMatch(/^expected: .*, lower bound .*; 10 tests on 1 node, 2 slots$/m);
  expect(planned.stdout).toMatch(/^\S+ +\S+ +node-1 +gated › t0$/m);

  const strange = await runSlice(mesh, "2/4", ["--shard-build", "other"]);
  const other = await merge(one, strange.out, three, four, "--out", "strange");
  expect(other.exitCode).toBe(3);
  expect(other.stderr).toMatch(
    /is of another run: slice 2 of 4 is of build other, and .* of build CI_PIPELINE_ID=7/,
  );
});

test("merge of what is no slice: exit 3 by name; of no folder, or into one that it reads: exit 2", async () => {
  await using app = await startGatedApp();
  const dir = temporaryPlace("panoptic-merge-");
  const ask = (...words: string[]) => runProgram(words, { callerDir: dir });
  writeFileSync(join(dir, "suite.json"), gateSuite(app.url, [{ name: "t", paths: ["/fast"] }]));
  expect((await ask("run", "suite.json", "--nodes", "1", "--out", "whole")).exitCode).toBe(0);
  const whole = await ask("merge", "whole", "--out", "out");
  expect([whole.exitCode, whole.stderr]).toEqual([3, expect.stringContaining("whole is no slice")]);
  mkdirSync(join(dir, "empty"));
  mkdirSync(join(dir, "torn"));
  mkdirSync(join(dir, "linked"));
  writeFileSync(join(dir, "torn", "report.json"), '{"schemaVersion": 1');
  symlinkSync(join(dir, "whole", "report.json"), join(dir, "linked", "report.json"));
  const unreadable = await ask("merge", "empty", "torn", "linked", "--out", "out");
  expect(unreadable.exitCode).toBe(3);
  expect(unreadable.stderr).toContain("empty holds no report.json");
  expect(unreadable.stderr).toContain("torn has a report.json that cannot be read");
  expect(unreadable.stderr).toContain("linked holds no report.json");
  expect((await ask("merge", "nowhere", "--out", "out")).exitCode).toBe(2);
  expect((await ask("merge")).exitCode).toBe(2);
  const own = await ask("merge", "whole", "--out", "whole");
  expect([own.exitCode, own.stderr]).toEqual([2, expect.stringContaining("choose another folder")]);
  for (const shard of ["5/4", "0/4", "a/b"]) {
    const refused = await ask("run", "suite.json", "--shard", shard);
    expect([refused.exitCode, refused.stderr]).toEqual([2, expect.stringContaining("slice")]);
  }
});

test("slices that run one after the other by one file of histories belong together; an artifact that is not what its report says is missing in the merged report, and a link out of the folder is not followed", async () => {
  await using app = await startGatedApp();
  const dir = temporaryPlace("panoptic-merge-");
  const ask = (...words: string[]) => runProgram(words, { callerDir: dir });
  const tests = ["a", "b"].map((name) => ({ name, paths: [`/fail/${name}`] }));
  writeFileSync(join(dir, "suite.json"), gateSuite(app.url, tests));
  const history = ["--history", "h.json"];
  for (const index of [1, 2]) {
    const words = ["--shard", `${index}/2`, "--nodes", "1", "--out", `slice-${index}`];
    const run = await ask("run", "suite.json", ...words, ...history);
    expect(run.exitCode, run.stderr).toBe(1);
    expect(run.stderr).toContain("only reads its history");
    expect(existsSync(join(dir, "h.json"))).toBe(false);
  }
  const pathIn = (slice: string) =>
    readReport(join(dir, slice))?.tests[0]?.attempts[0]?.artifacts[0]?.path ?? "none";
  writeFileSync(join(dir, "slice-1", pathIn("slice-1")), "other bytes");
  const secret = join(dir, "secret.txt");
  cpSync(join(dir, "slice-2", pathIn("slice-2")), secret);
  symlinkSync(secret, join(dir, "slice-2", "link.txt"));
  const written = join(dir, "slice-2", "report.json");
  const text = readFileSync(written, "utf8");
  writeFileSync(
    written,
    text.replaceAll(JSON.stringify(pathIn("slice-2")), JSON.stringify("link.txt")),
  );
  const merged = await ask("merge", "slice-1", "slice-2", "--out", "out", ...history);
  expect(merged.exitCode, merged.stderr).toBe(1);
  const first = (readReport(join(dir, "out"))?.tests ?? []).map(
    ({ attempts }) => attempts[0]?.artifacts[0],
  );
  expect(first).toMatchObject([
    { state: "missing", reason: expect.stringContaining("has other bytes") },
    { state: "missing", reason: expect.stringContaining("is not in the folder") },
  ]);
  expect(first.map((one) => one?.path)).toEqual([undefined, undefined]);
  const learned = HistoryFile.parse(JSON.parse(readFileSync(join(dir, "h.json"), "utf8")));
  expect(learned.tests.map(({ key }) => String(key))).toEqual(["gated › a", "gated › b"]);
});
