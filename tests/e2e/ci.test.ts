/** A run as a step of GitHub Actions and as a job of GitLab. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { readReport } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";

const RUN = ["run", "web/suite.json", "--nodes", "1", "--out", "web/out"];
/** Names that GitHub's log would obey at the start of a line and anywhere in one. */
const EVIL = "evil ##[error]owned";

function checkout(url: string): string {
  const dir = temporaryPlace("panoptic-e2e-");
  mkdirSync(join(dir, "web"));
  const tests = [
    { name: "good", paths: ["/fast"] },
    { name: EVIL, paths: ["/fail/x"] },
  ];
  writeFileSync(join(dir, "web", "suite.json"), gateSuite(url, tests));
  return dir;
}

test("GitHub Actions: annotations at the suite's line, a summary of the step, no command of anybody else", async () => {
  await using app = await startGatedApp();
  const dir = checkout(app.url);
  const summary = join(dir, "summary.md");
  writeFileSync(summary, "before\n");
  const env = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: dir, GITHUB_STEP_SUMMARY: summary };
  const { exitCode, stdout } = await runProgram(RUN, { callerDir: dir, env });
  expect(exitCode).toBe(1);
  const commands = stdout.split("\n").filter((line) => /^\s*::/.test(line));
  expect(commands).toHaveLength(1);
  expect(commands[0]).toMatch(
    /^::error file=web\/suite\.json,line=1,col=\d+,title=failed%3A gated › evil ##\[error\]owned::Expected status/,
  );
  expect(
    stdout.split("\n").filter((line) => line.includes("##[") && !commands.includes(line)),
  ).toEqual([]);
  expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^failed: 2 planned/);
  const text = readFileSync(summary, "utf8");
  expect(text).toMatch(/^before\n\n## ❌ Panoptic: failed\n/);
  expect(text).toContain("**`gated › evil ##[error]owned`**");
  expect(text).toContain("Report: `web/out`");
});

test("GitHub Actions: a summary that cannot be written is a warning, and JSON on stdout stays alone", async () => {
  await using app = await startGatedApp();
  const dir = checkout(app.url);
  const env = {
    GITHUB_ACTIONS: "true",
    GITHUB_WORKSPACE: dir,
    GITHUB_STEP_SUMMARY: join(dir, "no", "such", "summary.md"),
  };
  const { exitCode, stdout, stderr } = await runProgram([...RUN, "--json"], {
    callerDir: dir,
    env,
  });
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/Cannot write the step summary: .*ENOENT/);
  expect(stderr).toMatch(/^::error file=web\/suite\.json/m);
  expect(stdout).not.toContain("##[");
  expect(JSON.parse(stdout)).toMatchObject({ failed: [{ key: `gated › ${EVIL}` }] });
});

test("GitHub Actions: a suite that is refused is an error at its line", async () => {
  await using app = await startGatedApp();
  const dir = checkout(app.url);
  writeFileSync(join(dir, "web", "wrong.yaml"), "name: x\ntests:\n  - nmae: y\n");
  const env = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: dir };
  const end = await runProgram(["run", "web/wrong.yaml"], { callerDir: dir, env });
  expect(end.exitCode).toBe(2);
  expect(end.stderr).toMatch(/^web\/wrong\.yaml:3:\d+ /m);
  expect(end.stderr).toMatch(/^::error file=web\/wrong\.yaml,line=3,col=\d+,title=/m);
});

test("GitHub Actions: a report that cannot be written keeps nothing from the step", async () => {
  await using app = await startGatedApp();
  const dir = checkout(app.url);
  const summary = join(dir, "summary.md");
  const env = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: dir, GITHUB_STEP_SUMMARY: summary };
  const words = ["run", "web/suite.json", "--nodes", "1", "--out", "web/suite.json/out"];
  const { exitCode, stdout } = await runProgram(words, { callerDir: dir, env });
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/^::error file=web\/suite\.json/m);
  expect(readFileSync(summary, "utf8")).toContain("The report could not be written.");
});

test("GitLab: junit.xml names everything from the project's folder; report.json does not change", async () => {
  await using app = await startGatedApp();
  const dir = checkout(app.url);
  const env = { GITLAB_CI: "true", CI_PROJECT_DIR: dir };
  expect((await runProgram(RUN, { callerDir: dir, env })).exitCode).toBe(1);
  const xml = readFileSync(join(dir, "web", "out", "junit.xml"), "utf8");
  expect(xml).toMatch(/<testcase [^>]*file="web\/suite\.json"/);
  const paths = [...xml.matchAll(/\[\[ATTACHMENT\|(.+?)\]\]/g)].map(([, path]) => path ?? "");
  expect(paths.length).toBeGreaterThan(0);
  for (const path of paths) expect(readFileSync(join(dir, path)).length).toBeGreaterThan(0);
  const report = readReport(join(dir, "web", "out"));
  expect(JSON.stringify(report)).toContain('"path":"artifacts/');
});
