/** Files that nobody should give as a suite: each is refused at once, by its name, and nothing waits for it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "#kit/program.ts";
import { MeshError } from "#shared/errors.ts";
import { loadSuites } from "../../src/cli/run/load-suites.ts";

let dir = "";
const GOOD = "tests: [{ name: t, platform: http, steps: [{ wait: 1 }] }]\n";

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "panoptic-hostile-"));
  const at = (name: string) => join(dir, name);
  writeFileSync(at("empty.yaml"), "");
  writeFileSync(at("blank.yaml"), " \n\n# nothing\n");
  writeFileSync(
    at("binary.yaml"),
    Uint8Array.from({ length: 4_096 }, (_, index) => index % 256),
  );
  writeFileSync(at("large.yaml"), "");
  truncateSync(at("large.yaml"), 100 * 1024 * 1024);
  execFileSync("mkfifo", [at("pipe.yaml"), at("pipe.json")]);
  symlinkSync("/dev/zero", at("zero.yaml"));
  symlinkSync("loop.yaml", at("loop.yaml"));
  symlinkSync("nowhere.yaml", at("dangling.yaml"));
  mkdirSync(at("folder.yaml"));
  mkdirSync(at("linked"));
  symlinkSync("../pipe.json", at("linked/rows.json"));
  symlinkSync("/dev/zero", at("linked/zero.yml"));
  symlinkSync("..", at("linked/up"));
  mkdirSync(at("many"));
  for (let index = 0; index < 10_000; index += 1) writeFileSync(at(`many/${index}.txt`), "");
  writeFileSync(at("many/one.yaml"), GOOD);
  writeFileSync(at("sent.yaml"), "tests: [{ name: t, data: rows.csv, steps: [] }]\n");
  writeFileSync(at("rows.csv"), "");
  truncateSync(at("rows.csv"), 2 * 1024 ** 3);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function toldOf(word: string): string {
  try {
    return loadSuites([word], { callerDir: dir, isStrict: true }).faults.join("\n");
  } catch (thrown) {
    if (thrown instanceof MeshError && thrown.code === "usage") return thrown.message;
    throw thrown;
  }
}

test.each([
  ["empty.yaml", /^empty\.yaml:1:1 Expected a suite with tests, found an empty file$/],
  ["blank.yaml", /^blank\.yaml:1:1 .*found an empty file$/],
  ["binary.yaml", /^binary\.yaml:\d+:\d+ Expected UTF-8 text/],
  ["large.yaml", /large\.yaml: it has 104857600 bytes, a suite has at most 1048576$/],
  ["pipe.yaml", /pipe\.yaml: it is a pipe, no file$/],
  ["zero.yaml", /zero\.yaml: it is a device or a socket, no file$/],
  ["loop.yaml", /Cannot find the suite loop\.yaml/],
  ["dangling.yaml", /Cannot find the suite dangling\.yaml/],
  ["folder.yaml", /Cannot find a suite in the folder folder\.yaml/],
  ["linked", /linked\/(rows\.json|zero\.yml): it is a (pipe|device or a socket), no file$/],
  ["sent.yaml", /Cannot send the file rows\.csv: it has 2147483648 bytes/],
])("%s is refused by name", (word, said) => {
  expect(toldOf(word)).toMatch(said);
});

test("a folder of 10,000 other files gives its one suite", () => {
  expect(loadSuites(["many"], { callerDir: dir, isStrict: true })).toMatchObject({
    faults: [],
    tests: [{ name: "t" }],
  });
});

test("run and validate of 100 MB end with 2 and the size, and no mesh was started", async () => {
  for (const command of ["run", "validate", "convert"]) {
    const { exitCode, stdout, stderr } = await runProgram([command, "large.yaml"], {
      callerDir: dir,
    });
    expect(exitCode, stderr).toBe(2);
    expect(stdout + stderr).toContain("104857600 bytes");
  }
});

test.runIf(process.getuid?.() !== 0)("an unreadable suite is named", () => {
  writeFileSync(join(dir, "closed.yaml"), GOOD, { mode: 0o000 });
  expect(toldOf("closed.yaml")).toMatch(/Cannot read the suite closed\.yaml: EACCES/);
});
