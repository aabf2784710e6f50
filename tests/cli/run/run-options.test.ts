/** What `panoptic run` was told becomes what travels: nothing is lost, nothing is made up. */
import { expect, test } from "vitest";
import { parseName, parseNumber, parseShard } from "#cli/option-values.ts";
import { toRunOptions } from "#cli/run/run-options.ts";
import { RunOptions } from "#proto/api.ts";
import { readConfig } from "#shared/config.ts";

test("toRunOptions() passes on all that is said of scheduling, and the gateway takes it", () => {
  const said = {
    priority: -5,
    weight: 0.5,
    project: "shop",
    pool: "lab",
    maxFailures: 3,
    maxInFlight: 4,
    minNodes: 2,
    failOnFlaky: true,
    repeatEach: 7,
  };
  const options = toRunOptions({ ...said, shard: { index: 2, count: 4 }, shardBuild: "b" }, "ci");
  expect(options).toMatchObject({ ...said, shard: { index: 2, count: 4, build: "b" } });
  expect(RunOptions.parse(options)).toEqual(options);
});

test("toRunOptions() says nothing of what was not said", () => {
  expect(toRunOptions({}, "ci")).toEqual({ tags: [], allowEmpty: false, skipUnsupported: false });
});

test("a slice is of the CI system's build unless another is named; a build without a slice is refused", () => {
  const shard = { index: 1, count: 2 };
  expect(toRunOptions({ shard }, "ci").shard).toEqual({ ...shard, build: "ci" });
  expect(toRunOptions({ shard }).shard).toEqual(shard);
  expect(() => toRunOptions({ shardBuild: "b" })).toThrow(/--shard I\/N is missing/);
});

test("readConfig() knows the builds of four CI systems by their names", () => {
  const buildOf = (env: Readonly<Record<string, string>>) => readConfig(env).ci.buildId;
  expect(buildOf({ GITHUB_RUN_ID: "7", GITHUB_ACTIONS: "true" })).toBe("GITHUB_RUN_ID=7");
  expect(buildOf({ CI_PIPELINE_ID: "7", GITLAB_CI: "true", CI_PROJECT_DIR: "/p" })).toBe(
    "CI_PIPELINE_ID=7",
  );
  expect(buildOf({ BUILDKITE_BUILD_ID: "7" })).toBe("BUILDKITE_BUILD_ID=7");
  expect(buildOf({ CIRCLE_WORKFLOW_ID: "7" })).toBe("CIRCLE_WORKFLOW_ID=7");
  expect(buildOf({ GITHUB_RUN_ID: "", CI: "1" })).toBe(undefined);
});

test("parseShard() takes slices from 1/n to n/n", () => {
  expect(parseShard("1/1")).toEqual({ index: 1, count: 1 });
  expect(parseShard("4/4")).toEqual({ index: 4, count: 4 });
  for (const text of ["5/4", "0/4"])
    expect(() => parseShard(text), text).toThrow(/from 1\/4 to 4\/4/);
  for (const text of ["a/b", "1", "1/", "-1/4", "1.5/4", "1/4/2", ""])
    expect(() => parseShard(text), text).toThrow(/such as 1\/4/);
  for (const text of ["1/0", "1/10001"]) expect(() => parseShard(text), text).toThrow(/slices/);
});

test("parseNumber() and parseName() keep their bounds", () => {
  const priority = parseNumber({ min: -1_000, max: 1_000, isWhole: true });
  expect(["-1000", "0", "12"].map(priority)).toEqual([-1_000, 0, 12]);
  for (const text of ["1.5", "1001", "x", ""]) expect(() => priority(text), text).toThrow(/whole/);
  expect(parseNumber({ min: 0.01, max: 100 })("0.25")).toBe(0.25);
  expect(() => parseNumber({ min: 0.01, max: 100 })("0")).toThrow(/from 0.01/);
  expect(() => parseName(3)("")).toThrow(/1 to 3/);
  expect(() => parseName(3)("four")).toThrow(/1 to 3/);
});
