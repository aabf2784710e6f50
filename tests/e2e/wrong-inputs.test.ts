/** What a person types wrong: exit 2, a sentence that helps, and no mesh was started. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runProgram } from "#kit/program.ts";

let dir = "";
const SUITE =
  "name: s\ntests:\n  - name: t\n    platform: http\n    steps:\n      - request: { get: http://127.0.0.1:1/ }\n";

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "panoptic-wrong-"));
  writeFileSync(join(dir, "good.yaml"), SUITE);
  writeFileSync(
    join(dir, "bad.yaml"),
    `${SUITE.replace("name: s", "name: b")}      - clack: "#x"\n      - wait: soon\n`,
  );
  writeFileSync(join(dir, "empty.yaml"), "name: none\ntests: []\n");
  writeFileSync(join(dir, "secret.yaml"), `secrets: [NO_SUCH_SECRET_HERE]\n${SUITE}`);
  writeFileSync(join(dir, "key"), "x".repeat(40));
  mkdirSync(join(dir, "taken"));
  writeFileSync(join(dir, "taken", "thesis.txt"), "x");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const CASES: readonly (readonly [words: string, said: RegExp])[] = [
  ["rnu good.yaml", /unknown command 'rnu'[\s\S]*run/],
  ["help rnu", /unknown command 'rnu'[\s\S]*run/],
  ["rnu --help", /unknown command 'rnu'[\s\S]*run/],
  ["run good.yaml --tga x", /unknown option '--tga'[\s\S]*--tag/],
  ["run", /missing required argument/],
  ["run nix.yaml", /Cannot find the suite nix\.yaml/],
  ["run bad.yaml", /bad\.yaml:7:9 .*clack[\s\S]*bad\.yaml:8:\d+ /],
  ["run empty.yaml", /none of the 0 tests/],
  ["run good.yaml --grep nothing-like-it", /none of the 1 tests/],
  ["run good.yaml --grep (", /regular expression/],
  ["run good.yaml --trace maybe", /Expected off, on-failure, on/],
  ["run good.yaml --run-timeout never", /duration/],
  ["run good.yaml --nodes 0", /whole number/],
  ["run good.yaml --out taken", /holds no report\.json/],
  ["run good.yaml --out good.yaml", /is a file/],
  ["run secret.yaml", /NO_SUCH_SECRET_HERE/],
  ["run good.yaml --gateway http://127.0.0.1:9", /without its key/],
  ["run good.yaml --gateway http://127.0.0.1:9 --key-file key", /Cannot reach the gateway/],
  ["run good.yaml --gateway http://127.0.0.1:9 --key-file nix", /Cannot read the key file/],
  ["run good.yaml --data nowhere", /Cannot find a gateway/],
  ["run good.yaml --gateway http://127.0.0.1:9 --key-file key --nodes 3", /Cannot use --nodes/],
  ["nodes", /Cannot tell where the gateway is/],
  ["node", /--join TOKEN is missing/],
  ["node --join nonsense", /Cannot read the join token/],
  ["gateway", /required option '--data <dir>'/],
  ["replica --data nowhere", /replica/],
];

describe("exit 2 and a sentence:", () => {
  test.concurrent.each(CASES)("panoptic %s", async (words, said) => {
    const { exitCode, stderr, stdout } = await runProgram(words.split(" "), { callerDir: dir });
    expect(stderr).toMatch(said);
    expect(exitCode, stdout).toBe(2);
  });
});
test("validate prints every fault at once on stdout", async () => {
  const { exitCode, stdout } = await runProgram(["validate", "bad.yaml", "good.yaml"], {
    callerDir: dir,
  });
  expect(exitCode).toBe(2);
  expect(stdout.trim().split("\n")).toHaveLength(2);
});
test("validate --json keeps warnings apart from faults", async () => {
  writeFileSync(
    join(dir, "both.yaml"),
    `${SUITE}      - clack: "#x"\n  - name: none\n    steps: []\n`,
  );
  const { exitCode, stdout } = await runProgram(["validate", "both.yaml", "--json"], {
    callerDir: dir,
  });
  expect(exitCode).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    faults: [expect.stringMatching(/^both\.yaml:7:9 .*clack/)],
    warnings: [expect.stringMatching(/^both\.yaml:9:12 Warning: /)],
  });
});
test("--help works everywhere and exits 0", async () => {
  for (const words of [["--help"], ["run", "--help"], ["help", "node"], ["version"]]) {
    const { exitCode, stdout } = await runProgram(words, { callerDir: dir });
    expect(exitCode, words.join(" ")).toBe(0);
    expect(stdout).not.toBe("");
  }
});

test("a secret that is set but empty has no value", async () => {
  const env = { NO_SUCH_SECRET_HERE: "" };
  const { exitCode, stderr } = await runProgram(["run", "secret.yaml"], { callerDir: dir, env });
  expect(stderr).toMatch(/secret\.yaml:1:\d+ .*NO_SUCH_SECRET_HERE/);
  expect(exitCode).toBe(2);
});
