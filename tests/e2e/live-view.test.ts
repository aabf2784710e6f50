/** The live view of `run` in a real terminal: what a person sees, and how the terminal is left. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type GateTest, gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { freezeNodes } from "#kit/process-tree.ts";
import { runProgram, startProgram } from "#kit/program.ts";
import { type PtyProgram, startInPty } from "#kit/pty-program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { waitUntil } from "#kit/wait-until.ts";

const SIZE = { columns: 200, rows: 24 };
const STARTED = { deadlineMs: 40_000 };
/** A name that clears the screen, titles the window and rings, where it is obeyed. */
const EVIL = "evil\u001b[2J\u001b]0;owned\u0007\rname\u202e";

function folderWith(url: string, tests: readonly GateTest[]): string {
  const dir = temporaryPlace("panoptic-e2e-");
  writeFileSync(join(dir, "suite.json"), gateSuite(url, tests));
  return dir;
}
const RUN = ["run", "suite.json", "--nodes", "1", "--slots", "2"];

const shows = (pty: PtyProgram, text: string | RegExp) =>
  pty.screen
    .screen()
    .some((row) => (typeof text === "string" ? row.includes(text) : text.test(row)));

test("a run in a terminal: what runs is shown in place, failures stay above, the terminal is left as it was", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [
    { name: "slow", paths: ["/gate/slow"] },
    { name: "bad", paths: ["/fail/x"] },
    { name: EVIL, paths: ["/fail/y"] },
    { name: "good", paths: ["/fast"] },
  ]);
  await using pty = startInPty(RUN, { callerDir: dir, size: SIZE });
  await waitUntil(() => shows(pty, "3/4 · 2 failed · 1 running"), {
    what: "all but the slow test have ended",
    ...STARTED,
  });
  expect(pty.screen.isCursorVisible).toBe(false);
  expect(pty.screen.rows().slice(-2)[0]).toMatch(/^ {2}node-1 {2}gated › slow +\d+\.\ds$/);
  expect(pty.screen.rows().filter((row) => row.startsWith("failed "))).toHaveLength(2);
  app.open("slow");
  expect(await pty.ended).toBe(1);
  const rows = pty.screen.rows();
  // Nothing of the view is left, and what was printed is there once.
  expect(rows.filter((row) => /running|slow|\[#/.test(row))).toEqual([]);
  expect(rows.filter((row) => row.startsWith("failed "))).toHaveLength(2);
  expect(rows.join("\n")).toContain("gated › evil name\\u202e");
  expect(rows.at(-1)).toMatch(
    /^failed: 4 planned, 2 passed, 2 failed in .*; report: panoptic-report$/,
  );
  expect(pty.screen.isCursorVisible).toBe(true);
  expect(pty.written()).toContain("\u001b[31;1mfailed");
});

test("a terminal that gets narrow and low: the view fits, what was printed stays", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [
    { name: "bad", paths: ["/fail/x"] },
    { name: "slow", paths: ["/gate/slow"] },
    { name: "slow too", paths: ["/gate/slow"] },
    { name: "later", paths: ["/gate/slow"] },
  ]);
  await using pty = startInPty(RUN, { callerDir: dir, size: SIZE });
  await waitUntil(() => shows(pty, "1/4 · 1 failed · 2 running"), { what: "two run", ...STARTED });
  pty.resize({ columns: 30, rows: 5 });
  await waitUntil(() => shows(pty, "… and 2 more running"), { what: "the view is lower" });
  await waitUntil(() => shows(pty, /1\/4 · 1 failed · 2 running ·…$/), { what: "it is cut" });
  pty.resize({ columns: 100, rows: 30 });
  await waitUntil(() => shows(pty, /\] 1\/4 · 1 failed · 2 running · \d+s/), {
    what: "it is wide",
  });
  app.open("slow");
  expect(await pty.ended).toBe(1);
  expect(pty.screen.rows().filter((row) => row.startsWith("failed   gated › bad"))).toHaveLength(1);
  expect(pty.screen.isCursorVisible).toBe(true);
});

test("Ctrl-C: the run is cancelled, the terminal is left as it was", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [{ name: "slow", paths: ["/gate/slow"] }]);
  await using pty = startInPty(RUN, { callerDir: dir, size: SIZE });
  await waitUntil(() => shows(pty, "1 running"), { what: "it runs", ...STARTED });
  pty.type("\u0003");
  expect(await pty.ended).toBe(3);
  expect(pty.screen.isCursorVisible).toBe(true);
  expect(pty.screen.rows().at(-1)).toMatch(/^incomplete \(cancelled by Ctrl-C\): /);
  expect(pty.screen.rows().join("\n")).toContain("cancelling the run; interrupt again");
});

test("a report that cannot be written: said below all else, and the cursor is given back", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [{ name: "slow", paths: ["/gate/slow"] }]);
  await using pty = startInPty(RUN, { callerDir: dir, size: SIZE });
  await waitUntil(() => shows(pty, "1 running"), { what: "it runs", ...STARTED });
  writeFileSync(join(dir, "panoptic-report"), "");
  app.open("slow");
  expect(await pty.ended).toBe(3);
  expect(pty.screen.isCursorVisible).toBe(true);
  // Its path may take it over more than one row.
  const rows = pty.screen.rows();
  const from = rows.findIndex((row) => row.startsWith("panoptic: Cannot write the report"));
  expect(rows.slice(from).join("")).toMatch(
    /^panoptic: Cannot write the report to .*it is a file$/,
  );
});

test("a fault of ours in the middle of a view: said whole, exit 70, and the cursor is given back", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [{ name: "slow", paths: ["/gate/slow"] }]);
  const preload = join(dir, "fault.ts");
  writeFileSync(preload, 'process.on("SIGUSR2", () => { throw new Error("planted"); });\n');
  await using pty = startInPty(RUN, { callerDir: dir, size: SIZE, preload });
  await waitUntil(() => shows(pty, "1 running"), { what: "it runs", ...STARTED });
  expect(pty.screen.isCursorVisible).toBe(false);
  process.kill(pty.pid(), "SIGUSR2");
  expect(await pty.ended).toBe(70);
  expect(pty.screen.isCursorVisible).toBe(true);
  const rows = pty.screen.rows();
  expect(rows[0]).toBe("panoptic: a fault of Panoptic itself: planted");
  expect(rows.filter((row) => row.includes("running"))).toEqual([]);
});

test("a second Ctrl-C in the middle of a view: exit 130, and the cursor is given back", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [{ name: "slow", paths: ["/gate/slow"] }]);
  await using pty = startInPty(RUN, { callerDir: dir, size: SIZE });
  await waitUntil(() => shows(pty, "1 running"), { what: "it runs", ...STARTED });
  freezeNodes(pty.pid()); // so that the cancel cannot be answered
  pty.type("\u0003");
  await waitUntil(() => shows(pty, "interrupt again to leave"), { what: "it is cancelling" });
  expect(pty.screen.isCursorVisible).toBe(false);
  const again = setInterval(() => pty.type("\u0003"), 100);
  expect(await pty.ended).toBe(130);
  clearInterval(again);
  expect(pty.screen.isCursorVisible).toBe(true);
  expect(pty.screen.rows().filter((row) => row.includes("running"))).toEqual([]);
});

test("TERM=dumb and CI: plain lines in a terminal, nothing is drawn over", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [{ name: "good", paths: ["/fast"] }]);
  for (const env of [{ TERM: "dumb" }, { CI: "true" }]) {
    await using pty = startInPty(RUN, { callerDir: dir, size: SIZE, env });
    expect(await pty.ended).toBe(0);
    expect(pty.written()).not.toMatch(/\[(\?|\d*[AJK])/);
    expect(pty.written().includes("\u001b[32m")).toBe(!("TERM" in env));
    expect(pty.screen.rows()[0]).toMatch(/^passed {3}gated › good/);
  }
});

test("--quiet, --verbose and piped: how much is told, without a control character", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [
    { name: "good", paths: ["/fast"] },
    { name: EVIL, paths: ["/fail/x"], retries: 1 },
  ]);
  const say = async (...words: string[]) => {
    const end = await runProgram([...RUN, ...words], { callerDir: dir });
    expect(end.exitCode, end.stderr).toBe(1);
    expect(end.stdout.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\u202e/u);
    return end.stdout.split("\n").map((line) => line.split(" ")[0]);
  };
  const marks = (lines: readonly (string | undefined)[]) =>
    lines.filter((word) => word !== "").sort();
  expect(marks(await say("--quiet"))).toEqual(["failed", "failed:"]);
  expect(marks(await say())).toEqual(["again", "failed", "failed:", "passed"]);
  // A start that nobody followed yet when it was over is not told: only whether it was heard is left to chance.
  const verbose = marks(await say("--verbose")).filter((mark) => mark !== "started");
  expect(verbose).toEqual(["again", "failed", "failed", "failed:", "passed"]);
  const both = await runProgram([...RUN, "--quiet", "--verbose"], { callerDir: dir });
  expect(both.exitCode).toBe(2);
  expect(both.stderr).toMatch(/--quiet.*cannot be used with.*--verbose/);
});

test("--verbose tells of an attempt that runs, and at the end of the steps of what failed", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [{ name: "slow", paths: ["/gate/slow", "/fail/x"] }]);
  const program = startProgram([...RUN, "--verbose"], { callerDir: dir });
  await waitUntil(() => program.stdout().includes("started  gated › slow  attempt 1 on node-1"), {
    what: "the start is told",
    ...STARTED,
  });
  app.open("slow");
  const { exitCode, stdout } = await program.ended;
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^ {4}attempt 1 on node-1: failed after/m);
  expect(stdout).toMatch(/^ {6}passed {3}expect status 200/m);
  expect(stdout).toMatch(
    /^ {6}failed {3}expect status 200 .*: Expected status to be 200, got 500/m,
  );
});

test("--color always colours a pipe, NO_COLOR and --color never do not", async () => {
  await using app = await startGatedApp();
  const dir = folderWith(app.url, [{ name: "good", paths: ["/fast"] }]);
  const isColoured = async (words: readonly string[], env = {}) =>
    (await runProgram([...RUN, ...words], { callerDir: dir, env })).stdout.includes("\u001b[32m");
  expect(await isColoured(["--color", "always"], { NO_COLOR: "1" })).toBe(true);
  expect(await isColoured([], { FORCE_COLOR: "1" })).toBe(true);
  expect(await isColoured([], { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
  expect(await isColoured(["--color", "never"], { FORCE_COLOR: "1" })).toBe(false);
  expect((await runProgram([...RUN, "--color", "yes"], { callerDir: dir })).exitCode).toBe(2);
});
