/** `panoptic lint` as people call it: what is printed where, and the exit codes. */
import { expect, test } from "vitest";
import { writeSuites } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";

const SLEEPS = "tests:\n  - name: a\n    steps:\n      - wait: 2s\n      - expect: { url: x }\n";

test("lint exits 0 on warnings, 1 on them with --strict or as errors, 2 on what is no suite or no rule", async () => {
  const dir = temporaryPlace("panoptic-lint-");
  writeSuites(dir, { "s.yaml": SLEEPS, "bad.yaml": "tests:\n  - nam: a\n" });
  const call = (...words: readonly string[]) =>
    runProgram(["lint", ...words], { callerDir: dir, env: {} });
  const plain = await call("s.yaml");
  expect([plain.exitCode, plain.stderr]).toEqual([0, "1 suites, 0 errors, 1 warnings\n"]);
  expect(plain.stdout).toMatch(/^s\.yaml:4:15 warning wait-time: The test sleeps for 2 s\. .*\n$/);
  const ends = await Promise.all([
    call("s.yaml", "--strict"),
    call("s.yaml", "--rule", "wait-time=error", "--format", "github"),
    call("s.yaml", "bad.yaml", "--format", "json"),
    call("s.yaml", "--rule", "wait-tim=off"),
  ]);
  expect(ends.map(({ exitCode }) => exitCode)).toEqual([1, 1, 2, 2]);
  expect(ends[1]?.stdout).toMatch(/^::error file=s\.yaml,line=4,col=15,title=lint%3A wait-time::/);
  expect(JSON.parse(ends[2]?.stdout ?? "")).toMatchObject({
    faults: [expect.objectContaining({ file: "bad.yaml", line: 2 })],
    findings: [expect.objectContaining({ rule: "wait-time", line: 4 })],
  });
  expect(ends[3]?.stderr).toContain('Cannot set the rule "wait-tim": did you mean "wait-time"?');
});
