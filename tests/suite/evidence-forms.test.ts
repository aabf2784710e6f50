/** `har`, `isolation` and `limits` as people write them, and the profiles of nodes. */
import { expect, test } from "vitest";
import { readProfile } from "../../src/cli/mesh/profile.ts";
import { errorsOf, expandText } from "./suite-kit.ts";

const suite = (fields: string, platform = "web") => {
  const step = platform === "web" ? "goto: http://h/" : "request: { get: http://h/ }";
  return `name: s\ntests:\n  - name: t\n    platform: ${platform}\n    ${fields}\n    steps: [{ ${step} }]\n`;
};

function definitionOf(text: string) {
  const outcome = expandText(text);
  if (outcome.kind === "refused") throw new Error(JSON.stringify(outcome.faults));
  return outcome.tests[0];
}

test("har, isolation and limits travel with the test", () => {
  const fields =
    "har: on-failure\n    isolation: browser\n    limits: { memory: 1GiB, disk: 500 MB, cpu: 50% }";
  const definition = definitionOf(suite(fields));
  expect(definition?.evidence?.har).toBe("on-failure");
  expect(definition?.web).toMatchObject({
    isolation: "browser",
    limits: { memoryBytes: 2 ** 30, diskBytes: 5e8, cpuShare: 0.5 },
  });
  expect(definitionOf(suite("har: on", "http"))?.evidence?.har).toBe("on");
  expect(definitionOf(suite("tags: [a]"))?.evidence).toBeUndefined();
});

test.each([
  ["limits: { memory: 1 }", /Expected a size such as 500MiB or 1GiB/],
  ["limits: { memory: lots }", /Expected a size such as 500MiB or 1GiB/],
  ["limits: { cpu: 0.5 }", /Expected a share of one processor such as 50% or 200%/],
  ["limits: { memry: 1GiB }", /did you mean "memory"/],
  ["limits: {}", /memory|disk|cpu/],
  ["isolation: page", /context|browser/],
  ["har: always", /off|on-failure|on/],
])("%s is refused, with what was expected", (fields, message) => {
  const [error] = errorsOf(suite(fields));
  expect(error?.message).toMatch(message);
});

test("limits and isolation are errors in an http test", () => {
  for (const fields of ["limits: { memory: 1GiB }", "isolation: browser"])
    expect(errorsOf(suite(fields, "http"))).not.toEqual([]);
});

test("readProfile() brings flags over the profile, and refuses what a browser elsewhere cannot do", () => {
  const memory = 8 * 2 ** 30;
  expect(readProfile({}, memory)).toMatchObject({
    slots: undefined,
    browsers: { isPrefetching: true, contextsMax: 500 },
  });
  const edge = readProfile({ profile: "edge", recycleAfter: 7 }, memory);
  expect(edge).toMatchObject({ slots: 1, browsers: { isPrefetching: false, contextsMax: 7 } });
  if (process.platform === "linux") {
    expect(edge.allowance).toEqual({ memoryBytes: 4 * 2 ** 30 });
    expect(readProfile({ profile: "edge", limitMemory: 5 }, memory).allowance?.memoryBytes).toBe(5);
  }
  const elsewhere = { browserEndpoint: "cdp:http://h:1" };
  expect(readProfile(elsewhere, memory).browsers?.endpoint).toBe("cdp:http://h:1");
  expect(() => readProfile({ ...elsewhere, headed: true }, memory)).toThrow(
    /Cannot use --headed together with --browser-endpoint/,
  );
  expect(() => readProfile({ ...elsewhere, isolation: "browser" }, memory)).toThrow(/--isolation/);
  expect(() => readProfile({ browserEndpoint: "h:9222" }, memory)).toThrow(/Expected a browser/);
});
