/** `panoptic run --watch` on a mesh of its own, piped and in a terminal; `run --last-failed` after it. */
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGatedApp } from "#kit/gated-app.ts";
import { isAlive, readReport } from "#kit/mesh.ts";
import { descendants } from "#kit/process-tree.ts";
import { type Program, runProgram, startProgram } from "#kit/program.ts";
import { startInPty } from "#kit/pty-program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { waitUntil } from "#kit/wait-until.ts";

/** A folder with suites, one of which reads rows; temporary files lie in it, too. */
function watchedFolder(url: string) {
  const callerDir = temporaryPlace("panoptic-watch-");
  const TMPDIR = join(callerDir, "tmp");
  mkdirSync(TMPDIR);
  mkdirSync(join(callerDir, "suites"));
  const write = (file: string, text: string) =>
    writeFileSync(join(callerDir, "suites", file), text);
  const suite = (name: string, path: string, data?: string) => {
    const steps = [{ request: { get: path } }, { expect: { status: 200 } }];
    const one = { name: "one", platform: "http", baseUrl: url, steps, ...(data && { data }) };
    return JSON.stringify({ name, tests: [one] });
  };
  write("a.json", suite("a", "/fast"));
  write("rows.json", suite("rows", "/row/r-${data.id}", "rows.csv"));
  write("rows.csv", "id\n1\n");
  return { callerDir, TMPDIR, write, suite, options: { callerDir, env: { TMPDIR } } };
}

const count = (text: string, part: string | RegExp) => text.split(part).length - 1;

async function untilSaid(program: Program, part: string | RegExp, times = 1): Promise<void> {
  const said = () => program.stdout() + program.stderr();
  await Promise.race([
    waitUntil(() => count(said(), part) >= times, {
      what: `${part} is said ${times} times`,
      deadlineMs: 40_000,
    }),
    program.ended.then((end) => {
      throw new Error(`Ended with ${end.exitCode}\n${end.stdout}\n${end.stderr}`);
    }),
  ]).catch((thrown: unknown) => {
    throw new Error(`${thrown}\n${said()}`);
  });
}

test("--watch runs again what changed, waits for a bad suite to be mended, and leaves nothing; --last-failed runs what it left", async () => {
  await using app = await startGatedApp();
  const { callerDir, TMPDIR, write, suite, options } = watchedFolder(app.url);
  const program = startProgram(["run", "suites", "--watch", "--nodes", "1"], options);
  await untilSaid(program, "watching 3 files");
  expect([app.hits("fast"), app.hits("r-1")]).toEqual([1, 1]);
  const mesh = descendants(program.pid);

  write("rows.csv", "id\n1\n2\n"); // A file that a suite names.
  await untilSaid(program, "watching", 2);
  expect(program.stdout()).toContain("suites/rows.csv: changed, 2 tests");
  expect([app.hits("fast"), app.hits("r-1"), app.hits("r-2")]).toEqual([1, 2, 1]);

  write("a.json", "{");
  await untilSaid(program, "watching", 3);
  expect(program.stderr()).toMatch(/^suites\/a\.json:1:\d+ /m);
  write("new.json.tmp", suite("new", "/fail/new")); // As editors do: written beside, then put in place.
  renameSync(join(callerDir, "suites/new.json.tmp"), join(callerDir, "suites/new.json"));
  await untilSaid(program, "watching", 4);
  expect(app.hits("new")).toBe(0); // A run is of all suites or of none.
  write("a.json", suite("a", "/fast"));
  await untilSaid(program, "watching", 5);
  expect([app.hits("fast"), app.hits("new"), app.hits("r-1")]).toEqual([2, 1, 2]);
  expect(program.stdout()).toContain("watching 4 files, 1 test to mend");
  rmSync(join(callerDir, "suites/rows.json"));
  await untilSaid(program, "watching", 6);
  expect(program.stdout()).toContain("nothing to run");
  // The same processes all along; a report's guard goes a moment after its report is there.
  const isSame = () => descendants(program.pid).every((pid) => mesh.includes(pid));
  await waitUntil(isSame, { what: "nothing was started for a run again" });

  program.signal("SIGINT");
  const { exitCode, stderr } = await program.ended;
  expect(exitCode, stderr).toBe(1); // Of the last run.
  expect(mesh.filter(isAlive)).toEqual([]);
  expect(readdirSync(TMPDIR).filter((name) => name.startsWith("panoptic"))).toEqual([]);

  const again = await runProgram(["run", "--last-failed", "--nodes", "1"], options);
  expect([again.exitCode, again.stderr]).toEqual([1, ""]);
  expect(again.stdout).toMatch(
    /^1 test of the last run, .* runs again: 1 failed\n {2}failed {2}new › one$/m,
  );
  expect(readReport(join(callerDir, "panoptic-report"))?.totals).toMatchObject({
    planned: 1,
    failed: 1,
  });
});

test("--watch in a terminal: Enter runs all, f what failed, q quits and leaves the terminal as it was", async () => {
  await using app = await startGatedApp();
  const { callerDir, write, suite, options } = watchedFolder(app.url);
  write("bad.json", suite("bad", "/fail/bad"));
  rmSync(join(callerDir, "suites/rows.json"));
  const words = ["run", "suites", "--watch", "--nodes", "1", "--quiet"];
  await using pty = startInPty(words, { ...options, size: { columns: 100, rows: 30 } });
  const isWaiting = (times: number) =>
    waitUntil(() => count(pty.written(), "q: quit") >= times, {
      what: `it waits ${times} times\n${pty.written()}`,
      deadlineMs: 40_000,
    });
  await isWaiting(1);
  pty.type("\r");
  await isWaiting(2);
  expect([app.hits("fast"), app.hits("bad")]).toEqual([2, 2]);
  pty.type("f");
  await isWaiting(3);
  expect([app.hits("fast"), app.hits("bad")]).toEqual([2, 3]);
  pty.type("q");
  expect(await pty.ended).toBe(1);
});
