/** What GitHub is told of a run: annotations and a summary that hold whatever people wrote, and nothing more. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { annotationLines, faultLines } from "#cli/ci/github-annotations.ts";
import { githubSummary } from "#cli/ci/github-summary.ts";
import { codeBlock, codeSpan } from "#cli/ci/markdown.ts";
import { suiteWithin, withinRoot } from "#cli/ci/report-place.ts";
import { inertLine, inertText } from "#cli/screen/inert-text.ts";
import type { ReportTest } from "#proto/report.ts";
import { anyText, failedAttempt, flakyTest, reportOf, testOf } from "./report-kit.ts";

const placeOf = (file: string) => (file.startsWith("/") ? undefined : `repo/${file}`);
const lines = (tests: readonly ReportTest[], run = {}) =>
  annotationLines(reportOf(tests, run), { placeOf });

/** As actions/runner takes a command apart (ActionCommand.cs). */
function readCommand(line: string) {
  const [, info = "", data = ""] = /^::(.*?)::(.*)$/s.exec(line) ?? [];
  const plainOf = (text: string) =>
    text
      .replaceAll("%0D", "\r")
      .replaceAll("%0A", "\n")
      .replaceAll("%3A", ":")
      .replaceAll("%2C", ",");
  const space = info.indexOf(" ");
  const properties = info
    .slice(space + 1)
    .split(",")
    .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const)
    .map(([name, value]) => [name, plainOf(value).replaceAll("%25", "%")] as const);
  const message = plainOf(data).replaceAll("%25", "%");
  return { name: info.slice(0, space), ...Object.fromEntries(properties), message };
}

describe("annotationLines()", () => {
  test("says of a failed test where and why", () => {
    const [line = ""] = lines([
      testOf("failed", { attempts: [failedAttempt("Expected 100%\nsaw: 50, or so")] }),
    ]);
    expect(line).toBe(
      "::error file=repo/suites/shop.yaml,line=7,col=9,title=failed%3A shop › failed::Expected 100%25%0Asaw: 50, or so%0Astep: click Buy%0Aattempt 1 on node-1",
    );
    expect(readCommand(line)).toEqual({
      name: "error",
      file: "repo/suites/shop.yaml",
      line: "7",
      col: "9",
      title: "failed: shop › failed",
      message: "Expected 100%\nsaw: 50, or so\nstep: click Buy\nattempt 1 on node-1",
    });
  });
  test("puts a lost test at its line in the suite, and a flaky one as a warning", () => {
    const told = lines([
      testOf("passed"),
      testOf("skipped"),
      flakyTest("too slow"),
      testOf("lost", { reason: "its node is gone" }),
    ]).map(readCommand);
    expect(told).toMatchObject([
      { name: "error", line: "3", title: "lost: shop › lost", message: "its node is gone" },
      { name: "warning", line: "7", message: "Attempt 1 failed, attempt 2 passed: too slow" },
    ]);
  });
  test("puts a failed test that is quarantined as a warning, with who mends it", () => {
    const quarantined = { owner: "ann", reason: "BUG-1", until: "2026-12-01T00:00:00.000Z" };
    const one = testOf("failed", { quarantined, attempts: [failedAttempt("too slow")] });
    const [told, ...rest] = lines([one, testOf("passed", { quarantined })]).map(readCommand);
    expect(told).toMatchObject({ name: "warning", title: "failed: shop › failed" });
    expect(told?.message).toMatch(/^quarantined by ann until 2026-12-01: BUG-1\ntoo slow/);
    expect(rest).toEqual([]);
    const summary = githubSummary(reportOf([one]), { reportPlace: "r", bytesMax: 100_000 });
    expect(summary).toContain("### Quarantined");
    expect(summary).not.toContain("### Failed");
  });
  test("names in words a suite that lies outside of the workspace", () => {
    const [line = ""] = lines([testOf("lost", { file: "/elsewhere/a.yaml", reason: "gone" })]);
    expect(readCommand(line)).toEqual({
      name: "error",
      title: "lost: shop › lost",
      message: "gone\nat /elsewhere/a.yaml:3",
    });
  });
  test("says of an incomplete run why", () => {
    expect(lines([], { status: "incomplete", reason: "out of time" }).map(readCommand)).toEqual([
      { name: "error", title: "The run is incomplete", message: "out of time" },
    ]);
  });
  test("shows ten of each kind at most, and says in the tenth how many more there are", () => {
    const many = (verdict: "failed" | "flaky", count: number) =>
      Array.from({ length: count }, () => (verdict === "flaky" ? flakyTest("x") : testOf(verdict)));
    expect(lines(many("failed", 10))).toHaveLength(10);
    const told = lines([...many("failed", 25), ...many("flaky", 11)]).map(readCommand);
    expect(told.filter(({ name }) => name === "error")).toHaveLength(10);
    expect(told.filter(({ name }) => name === "warning")).toHaveLength(10);
    expect(told[9]).toMatchObject({ title: "and 16 more" });
    expect(told[19]).toMatchObject({ title: "and 2 more" });
  });
  test("is one command a line, whatever people wrote", () => {
    fc.assert(
      fc.property(anyText, anyText, anyText, (key, message, file) => {
        const told = lines([
          testOf("failed", { key, file, attempts: [failedAttempt(message)] }),
          flakyTest(message, { key }),
        ]);
        expect(told).toHaveLength(2);
        for (const line of told) {
          expect(line.replaceAll("\t", "")).not.toMatch(/\p{Cc}/u);
          const { title } = readCommand(line) as { title?: string };
          const titles = ["failed", "flaky"].map((verdict) => inertLine(`${verdict}: ${key}`));
          if (!key.includes("%")) expect(titles).toContain(title);
          const wanted = inertText(message);
          const { message: read } = readCommand(line);
          // Cut only when it is long; `%` alone may not come back as it was, since GitHub reads escapes twice.
          if (!wanted.includes("%") && wanted.length < 3_000) expect(read).toContain(wanted);
        }
      }),
    );
  });
});

test("faultLines() says of refused suites what and where", () => {
  const fault = {
    file: "a.yaml",
    line: 2,
    column: 5,
    message: "no: such, step",
    severity: "error",
  } as const;
  const told = faultLines([fault, { ...fault, file: "/tmp/b.yaml" }], { placeOf });
  expect(told).toEqual([
    "::error file=repo/a.yaml,line=2,col=5,title=The suite is refused::no: such, step",
    "::error title=The suite is refused::no: such, step%0Aat /tmp/b.yaml:2",
  ]);
  expect(
    faultLines(
      Array.from({ length: 12 }, () => fault),
      { placeOf },
    ),
  ).toHaveLength(10);
});

describe("Markdown", () => {
  /** GitHub's rules for code (GFM 6.3, 4.5): a span ends at a run of backticks as long as its own. */
  const readSpan = (span: string) => {
    const fence = /^`+/.exec(span)?.[0] ?? "";
    const inner = span.slice(fence.length, -fence.length);
    expect(span.endsWith(fence)).toBe(true);
    expect([...inner.matchAll(/`+/g)].some(([run]) => run.length === fence.length)).toBe(false);
    return inner;
  };
  test("codeSpan() cannot be left by any text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const span = codeSpan(text);
        if (span === "") {
          expect(inertLine(text).trim()).toBe("");
          return;
        }
        expect(span).not.toContain("\n");
        expect(readSpan(span).trim()).toBe(inertLine(text).trim());
      }),
    );
  });
  test("codeBlock() ends where it ends, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const [open = "", ...rest] = codeBlock(text).split("\n");
        const fence = open.replace(/text$/, "");
        const close = rest.findIndex((line) =>
          new RegExp(`^ {0,3}\`{${fence.length},} *$`).test(line),
        );
        expect(close).toBe(rest.length - 1);
        expect(rest.slice(0, -1).join("\n")).toBe(inertText(text));
      }),
    );
  });
});

describe("githubSummary()", () => {
  const options = { reportPlace: "panoptic-report", bytesMax: 1_000_000 };
  test("has totals, what failed and was lost with its error, what was flaky, and the report's place", () => {
    const report = reportOf([
      testOf("passed"),
      testOf("failed", { attempts: [failedAttempt("Expected A\nsaw B")] }),
      testOf("lost", { reason: "its node is gone" }),
      flakyTest("too | slow"),
    ]);
    expect(githubSummary(report, options)).toBe(`
## ❌ Panoptic: failed

| planned | passed | failed | flaky | skipped | lost | time |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 4 | 1 | 1 | 1 | 0 | 1 | 1m01s |

### Failed

**\`shop › failed\`**${"  "}
\`suites/shop.yaml:7:9\` · step \`click Buy\` · attempt 1 on \`node-1\`

\`\`\`text
Expected A
saw B
\`\`\`

### Lost

**\`shop › lost\`**${"  "}
\`suites/shop.yaml:3\`

\`\`\`text
its node is gone
\`\`\`

### Flaky

- \`shop › flaky\`: 2 attempts, the first failure: \`too | slow\`

Report: \`panoptic-report\`, as an artifact when this workflow keeps it.
`);
  });
  test("says that there is no report when it could not be written", () => {
    const text = githubSummary(reportOf([]), { ...options, reportPlace: undefined });
    expect(text.trimEnd().split("\n").at(-1)).toBe("The report could not be written.");
  });
  test("keeps to its bound in bytes, and counts what has no room", () => {
    const tests = Array.from({ length: 500 }, (_, index) =>
      testOf("failed", { key: `shop › ${index}`, attempts: [failedAttempt("é".repeat(3_000))] }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400_000 }), (bytesMax) => {
        const text = githubSummary(reportOf(tests), { ...options, bytesMax });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytesMax);
        if (bytesMax < 2_000) return;
        const shown = text.split("**`shop").length - 1;
        expect(text).toContain(`… and ${500 - shown} more in the report`);
        expect(text).toContain("Report: `panoptic-report`");
      }),
      { numRuns: 30 },
    );
    expect(githubSummary(reportOf(tests), { ...options, bytesMax: 100 })).toBe("");
  });
  test("has no markup of people's outside of code", () => {
    fc.assert(
      fc.property(anyText, anyText, (key, message) => {
        const more = { key, attempts: [failedAttempt(message, { node: key })] };
        const report = reportOf([testOf("failed", more), flakyTest(message, { key })], {
          reason: message,
        });
        const text = githubSummary(report, options);
        const outside = text
          .replace(/^(`{3,})text\n[\s\S]*?\n\1$/gm, "")
          .replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, "");
        expect(outside).not.toMatch(/[<>[\]@#]script|octocat|<\/details>|http:|^# head/m);
      }),
    );
  });
});

test("withinRoot() and suiteWithin() speak as the CI system does: from the folder that it checked out", () => {
  expect(withinRoot("/repo", "/repo/a/b.yaml")).toBe("a/b.yaml");
  expect(withinRoot("/repo", "/repository/a.yaml")).toBeUndefined();
  expect(withinRoot("/repo", "/repo")).toBeUndefined();
  expect(suiteWithin("/repo", "/repo/web", "suites/a.yaml")).toBe("web/suites/a.yaml");
  expect(suiteWithin("/repo", "/repo/web", "../a.yaml")).toBe("a.yaml");
  expect(suiteWithin("/repo", "/repo/web", "/tmp/a.yaml")).toBeUndefined();
});
