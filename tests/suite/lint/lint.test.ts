import { describe, expect, test } from "vitest";
import { findingText } from "#suite/lint/findings.ts";
import { lintSuite, RULES } from "#suite/lint/lint.ts";
import { fileOf } from "../suite-kit.ts";
import { CASES, web } from "./lint-cases.ts";

/** `LINE:COLUMN RULE what` of each finding. */
function lint(
  text: string,
  levels: Readonly<Record<string, "off" | "warn" | "error">> = {},
): string[] {
  const map = new Map(Object.entries(levels));
  const outcome = lintSuite({ file: "s.yaml", text }, () => fileOf("x"), map);
  if (outcome.kind === "refused") throw new Error(JSON.stringify(outcome.faults));
  return outcome.findings.map(
    ({ line, column, rule, what }) => `${line}:${column} ${rule} ${what}`,
  );
}

describe("each rule finds what it is for, at its place, and nothing else", () => {
  test("there are cases for every rule, found and not found", () => {
    expect(new Set(Object.keys(CASES))).toEqual(new Set(RULES.map(({ id }) => id)));
  });
  test.each(Object.entries(CASES))("%s", (rule, cases) => {
    for (const [suite, ...findings] of cases) {
      const found = lint(suite).filter(
        (line) => line.includes(` ${rule} `) || findings.some((one) => one === line),
      );
      expect([suite, found]).toEqual([suite, findings]);
    }
  });
});

test("levels are changed by rule, and a finding says what, why and how to mend it", () => {
  expect(lint(web("wait: 2s"), { "wait-time": "off" })).toEqual([]);
  const outcome = lintSuite(
    { file: "s.yaml", text: web("wait: 2s") },
    () => undefined,
    new Map([["wait-time", "error"]]),
  );
  const [finding] = outcome.kind === "linted" ? outcome.findings : [];
  expect(finding?.level).toBe("error");
  expect(finding === undefined ? "" : findingText(finding)).toMatch(
    /^s\.yaml:4:15 error wait-time: The test sleeps for 2 s\. It is too short .* Wait for what is to be seen: /,
  );
});

test("a suite that could not run is refused with its faults", () => {
  const outcome = lintSuite(
    { file: "s.yaml", text: "tests:\n  - nam: x\n" },
    () => undefined,
    new Map(),
  );
  expect(outcome.kind === "refused" && outcome.faults.map(({ message }) => message)).toEqual([
    expect.stringContaining('Unknown key "nam"'),
  ]);
});

test("a suite of the original Panoptic gets the rules that apply to it", () => {
  const text = `name: old
apps:
  - name: shop
    type: web
    url: http://a.test
actions:
  - { name: open, type: navigate, value: http://a.test }
  - { name: press, type: click, selector: "div > ul > li > a" }
  - { name: rest, type: wait, wait_time: 3 }
`;
  expect(lint(text)).toEqual([
    expect.stringContaining(
      '8:5 locator-long-css The CSS selector "div > ul > li > a" has 4 parts',
    ),
    "9:5 wait-time The test sleeps for 3 s",
  ]);
});
