import { expect, test } from "vitest";
import { loadSuite } from "#suite/load.ts";
import { forgetDeselected, selectTests } from "#suite/select-tests.ts";
import { errorLines, expandText, testOf, testsOf } from "./suite-kit.ts";

const STEPS = "steps: [{ back: true }]";
const one = (fields: string, root = "") =>
  testOf(`${root}\ntests: [{ name: t, ${fields}, ${STEPS} }]`);
/** A suite whose tests stand on a line each, from line 3 on. */
const suite = (tests: readonly string[], root = "name: s") =>
  `${root}\ntests:\n${tests.map((fields) => `  - { ${fields}, ${STEPS} }`).join("\n")}\n`;

test("needs: every field, expressions in their one spelling", () => {
  const { needs } = one(
    'needs: { browser: "chromium>=120", os: macos, arch: amd64, cpus: ">=4", memory: ">= 8gb", node: n-1, pool: lab-2, labels: [a], not: { labels: [slow], os: "windows < 11" } }',
  );
  expect(needs).toEqual({
    browser: "chromium >= 120",
    os: "darwin",
    arch: "x64",
    cpus: ">= 4",
    memory: ">= 8 GB",
    node: "n-1",
    pool: "lab-2",
    labels: ["a"],
    not: { labels: ["slow"], os: "windows < 11" },
  });
});

test("schedule: every field; none set, none sent", () => {
  expect(
    one("priority: -5, group: g, locks: [db, { name: sandbox, limit: 3 }, { name: x }]").schedule,
  ).toEqual({
    priority: -5,
    group: { name: "suite › g", isSerial: false },
    locks: [
      { name: "db", limit: 1 },
      { name: "sandbox", limit: 3 },
      { name: "x", limit: 1 },
    ],
  });
  expect(one("locks: db, each: node").schedule).toEqual({
    locks: [{ name: "db", limit: 1 }],
    each: "node",
  });
  expect(one("tags: [a]")).not.toHaveProperty("schedule");
  expect(one("after: []")).not.toHaveProperty("schedule");
});

test("a matrix and vars fill them in, and an own field replaces that of defaults", () => {
  const tests = testsOf(
    suite(
      [
        'name: a, matrix: { os: [linux, darwin] }, needs: { os: "${matrix.os}" }, group: "g ${matrix.os}", priority: "${vars.p}"',
        'name: b, locks: "${vars.l}", after: "${vars.before}"',
      ],
      'defaults: { locks: db, priority: 1 }\nvars: { p: "3", l: [x, { name: y, limit: 2 }], before: [a] }',
    ),
  );
  expect(tests.map(({ needs, schedule }) => [needs.os, schedule])).toEqual([
    [
      "linux",
      {
        priority: 3,
        group: { name: "suite › g linux", isSerial: false },
        locks: [{ name: "db", limit: 1 }],
      },
    ],
    ["darwin", expect.objectContaining({ group: { name: "suite › g darwin", isSerial: false } })],
    [
      undefined,
      {
        priority: 1,
        locks: [
          { name: "x", limit: 1 },
          { name: "y", limit: 2 },
        ],
        after: ["a"],
      },
    ],
  ]);
});

test("after in defaults: all tests wait, but not for themselves", () => {
  const tests = testsOf(
    suite(["name: setup, data: [{ i: 1 }, { i: 2 }]", "name: b"], "defaults: { after: setup }"),
  );
  expect(tests.map(({ schedule }) => schedule?.after)).toEqual([undefined, undefined, ["setup"]]);
});

test("after may name a skipped test, one without rows, and one of many rows", () => {
  const tests = testsOf(
    suite([
      "name: a, skip: later",
      "name: b, data: []",
      "name: c, data: [{ i: 1 }, { i: 2 }]",
      "name: d, after: [a, b, c, a]",
    ]),
  );
  expect(tests.at(-1)?.schedule?.after).toEqual(["a", "b", "c"]);
});

test("serial: the whole suite is one group, unlike any group of another suite", () => {
  const serial = testsOf(suite(["name: a", "name: b"], "name: s\nserial: true"));
  expect(serial.map(({ schedule }) => schedule?.group)).toEqual([
    { name: "s", isSerial: true },
    { name: "s", isSerial: true },
  ]);
  expect(one("tags: []", "serial: false")).not.toHaveProperty("schedule");
  const groupOf = (root: string, fields: string) => one(fields, root).schedule?.group?.name;
  const names = [
    groupOf("name: a › b\nserial: true", "tags: []"),
    groupOf("name: a", "group: b"),
    groupOf("name: a › b", "group: c"),
    groupOf("name: a", "group: b › c"),
    groupOf(`name: ${"x".repeat(500)}`, `group: ${"y".repeat(400)}`),
    groupOf(`name: ${"x".repeat(500)}`, `group: ${"y".repeat(401)}`),
  ];
  expect(new Set(names).size).toBe(names.length);
  expect(names[1]).toBe("a › b");
  expect(Math.max(...names.map((name) => name?.length ?? 0))).toBeLessThanOrEqual(300);
});

test.each<[fault: string, tests: readonly string[], root?: string]>([
  [
    '3:31 Expected processors such as ">= 4", found 4',
    ["name: a, needs: { cpus: 4 }"].map((line) => line),
  ],
  [
    '3:35 Expected a browser such as chromium or chromium >= 120 < 130, found "chromium => 1": "=> 1" is no bound: one is >=, >, <=, < or = and a version such as 120 or 120.0.1',
    ['name: ab, needs: { browser: "chromium => 1" }'],
  ],
  [
    '3:29 Unknown word "linus": did you mean "linux"? Expected one of linux, darwin, windows',
    ["name: a, needs: { os: linus }"],
  ],
  [
    '3:25 Unknown key "pol" in needs such as { browser: chromium >= 120, labels: [lab-2] }: did you mean "pool"? Expected one of browser, os, arch, cpus, memory, node, labels, pool, not',
    ["name: a, needs: { pol: lab-2 }"],
  ],
  [
    '3:32 Unknown key "pool" in what a node must not be, such as { labels: [slow], os: windows }: expected one of browser, os, arch, cpus, memory, node, labels',
    ["name: a, needs: { not: { pool: lab-2, os: linux } }"],
  ],
  [
    "3:30 Missing one of browser, os, arch, cpus, memory, node, labels in what a node must not be, such as { labels: [slow], os: windows }: found an empty mapping",
    ["name: a, needs: { not: {} }"],
  ],
  ["3:26 Expected a whole number from -1000 to 1000, found 1001", ["name: a, priority: 1001"]],
  ['3:22 Unknown word "nodes": did you mean "node"? Expected node', ["name: a, each: nodes"]],
  ["3:23 Expected a name, found 5", ["name: a, group: 5"]],
  ['3:28 Expected each lock once, found "db" again', ["name: a, locks: [db, db]"]],
  [
    "3:43 Expected a whole number from 1 to 10000, found 0",
    ["name: a, locks: [{ name: db, limit: 0 }]"],
  ],
  [
    '4:23 Expected one limit of the lock "db" in a suite, found 2: on line 3 it is 1',
    ["name: a, locks: db", "name: b, locks: { name: db, limit: 2 }"],
  ],
  [
    '4:23 Expected one limit of the lock "db" in a suite, found 1: on line 1 it is 2',
    ["name: a", "name: b, locks: db"],
    "defaults: { locks: [{ name: db, limit: 2 }] }",
  ],
  [
    '4:24 Unknown test "setpu" in "after": did you mean "setup"? Expected one of setup, b',
    ["name: setup", "name: b, after: [setpu]"],
  ],
  ['3:23 Expected another test, found "a": no test can wait for itself', ["name: a, after: a"]],
  [
    '4:23 Expected no tests that wait for one another, found a circle: "a" after "b", "b" after "a"',
    ["name: a, after: b", "name: b, after: a"],
  ],
  [
    '3:33 Expected no tests that wait for one another, found a circle: "a" after "b", "b" behind "a" in their group',
    ["name: a, group: g, after: b", "name: b, group: g"],
  ],
  [
    '3:24 Expected no tests that wait for one another, found a circle: "a" after "b", "b" behind "a" in their group',
    ["name: a, after: [b]", "name: b"],
    "serial: true",
  ],
  [
    '3:16 Expected no "group" in a serial suite, found one: all its tests are one group',
    ["name: a, group: g"],
    "serial: true",
  ],
  [
    '3:32 Expected "each" on all tests of a group or on none, found 1 without it in "suite › g"',
    ["name: a, group: g, each: node", "name: b, group: g"],
    "description: d",
  ],
  ['1:9 Expected true or false, found "yes"', ["name: a"], "serial: yes"],
])("%s", (fault, tests, root) => {
  expect(errorLines(suite(tests, root))).toEqual([fault]);
});

test("two limits are told at the later place in the file, whichever test comes first", () => {
  const tests = `tests:\n  - { name: a, ${STEPS} }\n  - { name: b, locks: db, ${STEPS} }\n`;
  expect(errorLines(`${tests}defaults: { locks: { name: db, limit: 2 } }\n`)).toEqual([
    '4:20 Expected one limit of the lock "db" in a suite, found 2: on line 3 it is 1',
  ]);
});

test("of many unknown names the first are told with the nearest, the rest without, and one place once", () => {
  const after = Array.from({ length: 60 }, (_, at) => `setpu${at}`).join(", ");
  const root = `name: s\ndefaults: { after: [${after}] }`;
  const lines = errorLines(suite(["name: setup", "name: b"], root));
  expect(lines).toHaveLength(60);
  expect(lines[0]).toBe(
    '2:21 Unknown test "setpu0" in "after": did you mean "setup"? Expected one of setup, b',
  );
  expect(lines[59]).toMatch(/Unknown test "setpu59" in "after": no test here has that name$/);
});

test("a group has a bounded number of different needs", () => {
  const tests = (count: number) =>
    Array.from({ length: count }, (_, at) => `name: t${at}, group: g, needs: { labels: [l${at}] }`);
  expect(errorLines(suite(tests(20)))).toEqual([]);
  expect(errorLines(suite(tests(21)))).toEqual([
    '23:35 Expected at most 20 different needs in a group, found more in "s › g"',
  ]);
});

test.each([
  ["tests:\n  - name: t\n    needs:\n      cpus: >= 4\n    steps: []\n", "4:14"],
  ["tests: [{ name: t, needs: { cpus: >= 4 }, steps: [] }]\n", "1:35"],
])("an unquoted >= is told with the way to write it", (text, at) => {
  const [line] = errorLines(text);
  expect(line).toMatch(new RegExp(`^${at} Not YAML: .*stands in quotes, such as ">= 4"$`));
});

test("one location has one fault, and every other test of the suite is checked too", () => {
  const lines = errorLines(
    suite(["name: a, after: x", "name: b, after: [y, a]", "name: c, needs: { os: 5 }"]),
  );
  expect(lines.map((line) => line.split(" ")[0])).toEqual(["3:23", "4:24", "5:29"]);
});

test("a name that the environment makes is not called unknown before it is there", () => {
  const text = suite(['name: "t ${env.N}"', "name: b, after: t 1", "name: c, after: b"]);
  expect(loadSuite({ file: "s.yaml", text }, () => undefined).kind).toBe("loaded");
  expect(expandText(text, { env: { N: "1" } }).kind).toBe("expanded");
  expect(errorLines(text, { env: { N: "2" } })).toEqual([
    '4:23 Unknown test "t 1" in "after": did you mean "t 2"? Expected one of b, c, t 2',
  ]);
});

test("who is not chosen is not waited for, and that is told once a name", () => {
  const all = testsOf(
    suite([
      "name: setup",
      "name: rows, data: [{ i: 1 }, { i: 2 }], tags: [x]",
      "name: a, after: [setup, rows], tags: [x], priority: 1",
      "name: b, after: setup, tags: [x], priority: 2",
    ]),
  );
  const chosen = selectTests(all, { tags: ["x"] });
  const { tests, warnings } = forgetDeselected(chosen, all);
  expect(tests.map(({ schedule }) => schedule)).toEqual([
    undefined,
    undefined,
    { priority: 1, after: ["rows"] },
    { priority: 2 },
  ]);
  expect(warnings).toEqual([
    {
      file: "suite.yaml",
      line: 5,
      column: 1,
      message: 's › a does not wait for "setup", as it is not among the selected tests',
      severity: "warning",
    },
  ]);
  expect(forgetDeselected(all, all)).toEqual({ tests: all, warnings: [] });
  const some = all.filter(({ key }) => !key.includes("i=1"));
  const told = forgetDeselected(some, all);
  expect(told.tests).toEqual(some);
  expect(told.warnings.map(({ message }) => message)).toEqual([
    's › a does not wait for 1 of 2 tests of the name "rows", as it is not among the selected tests',
  ]);
});
