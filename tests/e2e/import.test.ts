/** `panoptic import`, and what it writes, played on real pages: green, and red once the pages have changed. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readReport, writeSuites } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { foreignFiles, startShop } from "./import-pages.ts";

/** What is not there is looked for as long as Maestro does; this test has less time. */
function lookBriefly(path: string): void {
  const text = readFileSync(path, "utf8").replace(/\n {2}stepTimeout: .*/, "");
  writeFileSync(path, text.replace("\ndefaults:", "\ndefaults:\n  stepTimeout: 1500ms"));
}

test("a script of codegen and two flows pass as suites, and fail where their pages have changed", async () => {
  await using shop = await startShop();
  const dir = temporaryPlace("panoptic-import-");
  mkdirSync(join(dir, "suites"));
  writeSuites(dir, foreignFiles(shop.url));
  writeFileSync(join(dir, "suites", "pot.txt"), "a pot");
  const options = { callerDir: dir, env: { PASSWORD: "other-one" } };
  const files = ["codegen.spec.ts", "buy.yaml", "leave.yaml"];
  const imported = await runProgram(["import", ...files, "-o", "suites/"], options);
  expect(imported.exitCode, imported.stderr).toBe(3);
  expect(imported.stderr.split("\n").filter((line) => line.includes("Not translated"))).toEqual([
    expect.stringMatching(/^codegen\.spec\.ts:59:5 Not translated: await page\.coverage/),
  ]);
  const script = readFileSync(join(dir, "suites", "codegen.yaml"), "utf8");
  expect(script).not.toContain("hunter2");
  expect(script).toContain("# line 59: NOT TRANSLATED: await page.coverage.startJSCoverage();");

  const run = (out: string) =>
    runProgram(["run", "suites", "--nodes", "1", "--slots", "3", "--out", out], options);
  const green = await run("green");
  expect(green.exitCode, `${green.stdout}${green.stderr}`).toBe(0);
  expect(readReport(join(dir, "green"))?.tests.map(({ key }) => key)).toEqual([
    "buy › Buy as a guest",
    "codegen › shop › buys tea @smoke",
    "leave › leave",
  ]);

  shop.change();
  for (const name of ["buy", "codegen", "leave"]) lookBriefly(join(dir, "suites", `${name}.yaml`));
  await run("red");
  const errors = readReport(join(dir, "red"))?.tests.map(
    ({ attempts }) => attempts.at(-1)?.error?.message ?? "",
  );
  expect(errors).toEqual([
    expect.stringContaining('Expected shown "3" to be visible'),
    expect.stringContaining('to equal "2", last seen "4"'),
    expect.stringContaining('Expected shown "Goodbye, come again" to be visible'),
  ]);
});
