/** `open`: the last report that a run wrote, in the program that shows pages here. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";

function folder(): string {
  const dir = temporaryPlace("panoptic-e2e-");
  return dir;
}

/** A folder with an xdg-open that notes what it was given, and ends with a code. */
function openerOf(dir: string, exitCode: number) {
  const bin = join(dir, "bin");
  mkdirSync(bin, { recursive: true });
  const note = join(dir, "opened");
  writeFileSync(join(bin, "xdg-open"), `#!/bin/sh\nprintf %s "$1" >'${note}'\nexit ${exitCode}\n`);
  chmodSync(join(bin, "xdg-open"), 0o755);
  return { note, env: { DISPLAY: ":7", WAYLAND_DISPLAY: "", PATH: `${bin}:/usr/bin:/bin` } };
}
const HEADLESS = { DISPLAY: "", WAYLAND_DISPLAY: "" };

test("open: the report of the last run, wherever it was written", async () => {
  await using app = await startGatedApp();
  const dir = folder();
  writeFileSync(join(dir, "suite.json"), gateSuite(app.url, [{ name: "good", paths: ["/fast"] }]));
  const before = await runProgram(["open"], { callerDir: dir, env: HEADLESS });
  expect(before.exitCode).toBe(2);
  expect(before.stderr).toMatch(/none was written yet.*panoptic run SUITE/);

  const run = ["run", "suite.json", "--nodes", "1", "--out", "here/it is"];
  const ran = await runProgram(run, { callerDir: dir });
  expect(ran.exitCode, ran.stderr).toBe(0);
  const page = join(dir, "here", "it is", "report.html");
  expect(existsSync(page)).toBe(true);
  const { note, env } = openerOf(dir, 0);
  const opened = await runProgram(["open"], { callerDir: dir, env });
  expect(opened.exitCode, opened.stderr).toBe(0);
  expect(readFileSync(note, "utf8")).toBe(page);

  const printed = await runProgram(["open", "--print"], { callerDir: dir, env: HEADLESS });
  expect(printed).toMatchObject({ exitCode: 0, stdout: `${page}\n` });
  const headless = await runProgram(["open"], { callerDir: dir, env: HEADLESS });
  expect(headless.exitCode).toBe(2);
  expect(headless.stderr).toContain("there is no display");
  expect(headless.stderr).toContain(page);
  expect(headless.stderr).toContain(pathToFileURL(page).href);
  const refused = await runProgram(["open"], { callerDir: dir, env: openerOf(dir, 3).env });
  expect(refused.exitCode).toBe(2);
  expect(refused.stderr).toMatch(/it ended with 3/);

  rmSync(join(dir, "here"), { recursive: true });
  const gone = await runProgram(["open"], { callerDir: dir, env });
  expect(gone.exitCode).toBe(2);
  expect(gone.stderr).toContain(`the last one was at ${join(dir, "here", "it is")}`);
});

test("open: a named folder, the usual one, a state folder that cannot be written", async () => {
  await using app = await startGatedApp();
  const dir = folder();
  writeFileSync(join(dir, "suite.json"), gateSuite(app.url, [{ name: "good", paths: ["/fast"] }]));
  writeFileSync(join(dir, "file"), "");
  const env = { ...HEADLESS, PANOPTIC_STATE: join(dir, "file", "state") };
  const ran = await runProgram(["run", "suite.json", "--nodes", "1"], { callerDir: dir, env });
  expect(ran.exitCode).toBe(0);
  expect(ran.stderr).toMatch(/Cannot remember the report for `open`: .*ENOTDIR/);
  const page = join(dir, "panoptic-report", "report.html");
  const say = async (...words: string[]) =>
    await runProgram(["open", "--print", ...words], { callerDir: dir, env });
  expect((await say()).stdout).toBe(`${page}\n`);
  expect((await say("panoptic-report")).stdout).toBe(`${page}\n`);
  const none = await say("nowhere");
  expect(none.exitCode).toBe(2);
  expect(none.stderr).toContain(`there is no report.html in ${join(dir, "nowhere")}`);
});
