/** `panoptic run` without a gateway: a mesh of its own, and nothing of it afterwards. */

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type GateTest, gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { isAlive, readReport } from "#kit/mesh.ts";
import { descendants, freezeNodes } from "#kit/process-tree.ts";
import { type Program, runProgram, startProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { waitUntil } from "#kit/wait-until.ts";

/** A folder of the test's own that is also the folder of temporary files of all that it starts. */
function callerFolder() {
  const dir = temporaryPlace("panoptic-e2e-");
  const temporary = join(dir, "tmp");
  mkdirSync(temporary);
  return { dir, temporary, options: { callerDir: dir, env: { TMPDIR: temporary } } };
}

function suiteFile(dir: string, url: string, tests: readonly GateTest[]): void {
  writeFileSync(join(dir, "suite.json"), gateSuite(url, tests));
}

/** The pid of a process that has ended. */
function deadPid(): number {
  return spawnSync("true").pid;
}

async function inItsMiddle(program: Program, condition: () => boolean): Promise<void> {
  await Promise.race([
    waitUntil(condition, { what: "the run is in its middle", deadlineMs: 40_000 }),
    program.ended.then((end) => {
      throw new Error(`Ended early with ${end.exitCode}\n${end.stdout}\n${end.stderr}`);
    }),
  ]);
}

test("a run of passing, failing and flaky-free tests: exit 1, plain lines, a report of all of it, nothing left", async () => {
  await using app = await startGatedApp();
  const { dir, temporary, options } = callerFolder();
  suiteFile(dir, app.url, [
    { name: "good", paths: ["/fast"] },
    { name: "bad", paths: ["/fast", "/fail/x"], retries: 1 },
  ]);
  mkdirSync(join(temporary, `panoptic-run-${deadPid()}-abc123`)); // of a run that was killed with its guard
  const { exitCode, stdout, stderr } = await runProgram(["run", "suite.json"], options);
  expect(exitCode, stderr).toBe(1);
  expect(stdout).toMatch(/^passed {3}gated › good .* node-\d$/m);
  expect(stdout).toMatch(/^failed {3}gated › bad /m);
  expect(stdout).toMatch(/at suite\.json:\d+:\d+/);
  expect(stdout).toMatch(/failed: 2 planned, 1 passed, 1 failed in .*; report: panoptic-report\n$/);
  const report = readReport(join(dir, "panoptic-report"));
  expect(
    report?.tests.map(({ name, verdict, attempts }) => [name, verdict, attempts.length]),
  ).toEqual([
    ["good", "passed", 1],
    ["bad", "failed", 2],
  ]);
  expect(report?.nodes).toHaveLength(2);
  expect(readFileSync(join(dir, "panoptic-report", "junit.xml"), "utf8")).toContain("<testsuites");
  const artifacts = report?.tests[1]?.attempts.flatMap((attempt) => attempt.artifacts) ?? [];
  for (const { path, state } of artifacts) {
    expect(state).toBe("stored");
    readFileSync(join(dir, "panoptic-report", path ?? ""));
  }
  expect(readdirSync(temporary).filter((name) => name.startsWith("panoptic"))).toEqual([]);
});

test("--json: one object on stdout, progress on stderr", async () => {
  await using app = await startGatedApp();
  const { dir, options } = callerFolder();
  suiteFile(dir, app.url, [{ name: "good", paths: ["/fast"] }]);
  const { exitCode, stdout, stderr } = await runProgram(
    ["run", "suite.json", "--json", "--out", "out", "--nodes", "1"],
    options,
  );
  expect(exitCode, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    run: { status: "passed", exitCode: 0 },
    totals: { planned: 1, passed: 1 },
  });
  expect(stderr).toContain("gated › good");
});

test("a proxy in the environment is not asked for this machine's own addresses", async () => {
  await using app = await startGatedApp();
  const { dir, options } = callerFolder();
  suiteFile(dir, app.url, [{ name: "good", paths: ["/fast"] }]);
  const proxy = "http://127.0.0.1:9";
  const env = { ...options.env, HTTP_PROXY: proxy, http_proxy: proxy };
  const { exitCode, stderr } = await runProgram(["run", "suite.json"], { callerDir: dir, env });
  expect(exitCode, stderr).toBe(0);
});

test("Ctrl-C cancels the run and writes the report, exit 3", async () => {
  await using app = await startGatedApp();
  const { dir, options } = callerFolder();
  suiteFile(dir, app.url, [{ name: "slow", paths: ["/gate/slow"] }]);
  const program = startProgram(["run", "suite.json"], options);
  await inItsMiddle(program, () => app.hits("slow") === 1);
  program.signal("SIGINT");
  const { exitCode, stdout } = await program.ended;
  expect(exitCode, stdout).toBe(3);
  const report = readReport(join(dir, "panoptic-report"));
  expect(report?.run.status).toBe("incomplete");
  expect(report?.tests[0]?.verdict).toBe("lost");
});

test("a report that cannot be written: exit 3, and how the run ended is said all the same", async () => {
  await using app = await startGatedApp();
  const { dir, options } = callerFolder();
  suiteFile(dir, app.url, [{ name: "good", paths: ["/fast"] }]);
  const words = ["run", "suite.json", "--nodes", "1", "--out", "suite.json/report"];
  const { exitCode, stdout, stderr } = await runProgram(words, options);
  expect(exitCode, stderr).toBe(3);
  expect(stderr).toContain("Cannot write the report");
  expect(stdout).toMatch(/^passed: 1 planned, 1 passed in /m);
});

test("--run-timeout ends the run, exit 3", async () => {
  await using app = await startGatedApp();
  const { dir, options } = callerFolder();
  suiteFile(dir, app.url, [{ name: "slow", paths: ["/gate/slow"] }]);
  const { exitCode, stdout } = await runProgram(
    ["run", "suite.json", "--run-timeout", "1s", "--nodes", "1"],
    options,
  );
  expect(exitCode, stdout).toBe(3);
  expect(readReport(join(dir, "panoptic-report"))?.tests[0]?.verdict).toBe("lost");
});

test("kill -9 of the run: nothing of its mesh lives on, its folder is gone", async () => {
  await using app = await startGatedApp();
  const { dir, temporary, options } = callerFolder();
  suiteFile(dir, app.url, [{ name: "slow", paths: ["/gate/slow"] }]);
  const program = startProgram(["run", "suite.json"], options);
  await inItsMiddle(program, () => app.hits("slow") === 1);
  const pids = descendants(program.pid);
  expect(pids.length).toBeGreaterThanOrEqual(3);
  program.signal("SIGKILL");
  await program.ended;
  await waitUntil(() => !pids.some(isAlive), { what: `none of ${pids} lives` });
  await waitUntil(() => !readdirSync(temporary).some((name) => name.startsWith("panoptic-run")), {
    what: "the temporary folder is gone",
  });
});

test("a second Ctrl-C leaves at once, exit 130", async () => {
  await using app = await startGatedApp();
  const { dir, options } = callerFolder();
  suiteFile(dir, app.url, [{ name: "slow", paths: ["/gate/slow"] }]);
  const program = startProgram(["run", "suite.json", "--nodes", "1"], options);
  await inItsMiddle(program, () => app.hits("slow") === 1);
  freezeNodes(program.pid); // so that the cancel cannot be answered
  program.signal("SIGINT");
  await inItsMiddle(program, () => program.stdout().includes("cancelling"));
  const again = setInterval(() => program.signal("SIGINT"), 100);
  const { exitCode } = await program.ended;
  clearInterval(again);
  expect(exitCode).toBe(130);
});
