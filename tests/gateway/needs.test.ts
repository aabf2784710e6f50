import fc from "fast-check";
import { expect, test } from "vitest";
import { withGroupNeeds, withPools } from "#gateway/planning/run-needs.ts";
import {
  type Bearer,
  missingNeeds,
  needsInWords,
  needsSignature,
  unfitInWords,
} from "#gateway/scheduler/needs.ts";
import type { Capabilities } from "#proto/hello.ts";
import { capabilitiesOf, definitionOf } from "./make.ts";

const node = (own: Partial<Capabilities> = {}, name = "node-1"): Bearer => ({
  name,
  capabilities: capabilitiesOf(own),
});
const testWith = (needs: Record<string, unknown>, platform = "http") =>
  definitionOf(0, { platform, needs });
const chromium = (version?: string): Capabilities["able"] => [
  { platform: "web", browser: "chromium", ...(version === undefined ? {} : { version }) },
];

test("missingNeeds() names each lack, and equal needs have one signature", () => {
  const web = testWith({ browser: "chromium", labels: ["b", "a"] }, "web");
  const able = [{ platform: "web" as const, browser: "firefox" }];
  expect(missingNeeds(web, node())).toEqual(["platform web", "label b", "label a"]);
  expect(missingNeeds(web, node({ able, labels: ["a"] }))).toEqual([
    "browser chromium (it has firefox of an unknown version)",
    "label b",
  ]);
  const http = testWith({ browser: "chromium" });
  const both = [{ platform: "http" as const }, ...chromium()];
  expect(missingNeeds(http, node())).toEqual(["browser chromium"]);
  expect(missingNeeds(http, node({ able: both }))).toEqual([]);
  const other = testWith({ browser: "chromium", labels: ["a", "b"] }, "web");
  expect(needsSignature(web)).toBe(needsSignature(other));
  expect(needsSignature(web)).not.toBe(needsSignature(definitionOf(2)));
  expect(needsInWords(web)).toBe("platform web, browser chromium, label b, label a");
});

test.each<[Record<string, unknown>, Partial<Capabilities>, readonly string[]]>([
  [{ browser: "chromium >= 120" }, { able: chromium("140.0.7339.16") }, []],
  [
    { browser: "chromium >= 120" },
    { able: chromium("99.0.1") },
    ["browser chromium >= 120 (it has chromium 99.0.1)"],
  ],
  [
    { browser: "chromium >= 120" },
    { able: chromium() },
    ["browser chromium >= 120 (it has chromium of an unknown version)"],
  ],
  [{ os: "linux" }, { os: "linux 6.1.0-28-amd64" }, []],
  [{ os: "linux >= 6.1" }, { os: "linux 6.1.0-28-amd64" }, []],
  [
    { os: "linux >= 6.2" },
    { os: "linux 6.1.0-28-amd64" },
    ["os linux >= 6.2 (it is linux 6.1.0-28-amd64)"],
  ],
  [{ os: "windows" }, { os: "win32 10.0.22631" }, []],
  [{ os: "darwin" }, { os: "Something else 1.0", osFamily: "darwin" }, []],
  [{ os: "darwin" }, { os: "linux 6.1.0" }, ["os darwin (it is linux 6.1.0)"]],
  [{ arch: "arm64" }, { arch: "x64" }, ["arch arm64 (it is x64)"]],
  [{ cpus: ">= 4" }, { cpuCount: 4 }, []],
  [{ cpus: ">= 4" }, { cpuCount: 2 }, ["cpus >= 4 (it has 2)"]],
  [{ memory: ">= 8 GB" }, { memoryBytes: 8e9 }, []],
  [{ memory: ">= 8 GB" }, { memoryBytes: 7_999_999_999 }, ["memory >= 8 GB (it has 7.9 GB)"]],
  [{ node: "node-1" }, {}, []],
  [{ node: "node-2" }, {}, ["node node-2"]],
  [{ pool: "lab-2" }, {}, ["pool lab-2 (it is in default)"]],
  [{}, { pool: "lab-2" }, ["pool default (it is in lab-2)"]],
  [{ pool: "lab-2" }, { pool: "lab-2" }, []],
  [{ not: { labels: ["slow", "old"] } }, { labels: ["slow"] }, ["not label slow"]],
  [{ not: { labels: ["slow"] } }, { labels: ["fast"] }, []],
  [{ not: { os: "windows" } }, { os: "win32 10" }, ["not os windows"]],
  [{ not: { cpus: "< 4" } }, { cpuCount: 3 }, ["not cpus < 4"]],
  [
    { not: { browser: "chromium < 120" } },
    { able: chromium("119.9") },
    ["not browser chromium < 120"],
  ],
  [{ not: { node: "node-1" } }, {}, ["not node node-1"]],
])("missingNeeds() of %j at %j", (needs, own, missing) => {
  const platform = own.able === undefined ? "http" : "web";
  expect(missingNeeds(testWith(needs, platform), node(own))).toEqual(missing);
});

test("a web test needs a browser that drives pages, an http test any; of one node", () => {
  const both = node({
    able: [
      { platform: "http", browser: "chromium" },
      { platform: "web", browser: "firefox" },
    ],
  });
  expect(missingNeeds(testWith({ browser: "chromium" }), both)).toEqual([]);
  expect(missingNeeds(testWith({ browser: "chromium" }, "web"), both)).toHaveLength(1);
});

test("what no node can have is had by none, and nothing throws", () => {
  expect(missingNeeds(testWith({ cpus: "many" }), node())).toEqual(["cpus many (it has 2)"]);
});

test("unfitInWords() tells what is lacking from what must not be there", () => {
  expect(unfitInWords(["label a", "pool b (it is in c)"])).toBe(
    "lacks label a and pool b (it is in c)",
  );
  expect(unfitInWords(["label a", "not label slow"])).toBe(
    "lacks label a and is excluded by not label slow",
  );
  expect(unfitInWords(["not label slow", "not os windows"])).toBe(
    "is excluded by not label slow and not os windows",
  );
});

test("needsInWords() says all of them", () => {
  const all = testWith({
    pool: "lab-2",
    os: "linux",
    cpus: ">= 4",
    labels: ["a"],
    not: { labels: ["slow"], arch: "arm64" },
  });
  expect(needsInWords(all)).toBe(
    "platform http, pool lab-2, os linux, cpus >= 4, label a, not arch arm64, not label slow",
  );
});

test("withPools() takes the test's pool, else the run's, else default", () => {
  const [own, none] = [testWith({ pool: "lab-2" }), testWith({})];
  const pools = (pool?: string) => withPools([own, none], pool).map(({ needs }) => needs.pool);
  expect(pools()).toEqual(["lab-2", "default"]);
  expect(pools("lab-3")).toEqual(["lab-2", "lab-3"]);
});

const inGroup = (index: number, own: Record<string, unknown>, group = "g") =>
  definitionOf(index, { schedule: { group: { name: group, isSerial: false } }, ...own });

test("withGroupNeeds() asks one node for what all tests of a group need, and says whose need it is", () => {
  const [api, page, slow, skipped, other] = withGroupNeeds([
    inGroup(0, { needs: { labels: ["a"] } }),
    inGroup(1, { platform: "web", needs: { browser: "chromium >= 120" } }),
    inGroup(2, { needs: { not: { labels: ["slow"] } } }),
    inGroup(3, { needs: { labels: ["nowhere"] }, skip: "later" }),
    inGroup(4, { needs: { labels: ["b"] } }, "h"),
  ]);
  if (api === undefined || page === undefined || other === undefined || slow === undefined)
    throw new Error("Expected all tests");
  expect(missingNeeds(api, node({ labels: ["a", "slow"] }))).toEqual([
    "platform web for its group",
    "not label slow for its group",
  ]);
  expect(missingNeeds(page, node())).toEqual(["platform web", "label a for its group"]);
  const able = [{ platform: "http" as const }, ...chromium("130")];
  for (const one of [api, page, slow])
    expect(missingNeeds(one, node({ able, labels: ["a"] }))).toEqual([]);
  expect(needsInWords(api)).toBe(
    "platform http, label a; for its group platform web, browser chromium >= 120; for its group platform http, not label slow",
  );
  expect(unfitInWords(missingNeeds(api, node({ labels: ["slow"] })))).toBe(
    "lacks label a and platform web for its group and is excluded by not label slow for its group",
  );
  expect(new Set([api, page, slow, other].map(needsSignature)).size).toBe(4);
  expect(skipped).toEqual(inGroup(3, { needs: { labels: ["nowhere"] }, skip: "later" }));
  expect(other).toEqual(inGroup(4, { needs: { labels: ["b"] } }, "h"));
});

test("withGroupNeeds() leaves alone a group of equal needs, and groups of two suites apart", () => {
  const equal = [
    inGroup(0, {}),
    inGroup(1, {}),
    inGroup(2, { suite: "t", needs: { labels: ["x"] } }),
  ];
  expect(withGroupNeeds(equal)).toEqual(equal);
});

const label = fc.constantFrom("a", "b", "not a", "");
const traits = fc.record(
  {
    browser: fc.constantFrom("chromium", "chromium >= 120", "firefox"),
    os: fc.constantFrom("linux", "windows", "linux >= 6"),
    arch: fc.constantFrom("x64", "arm64"),
    cpus: fc.constantFrom(">= 2", "< 2"),
    memory: fc.constantFrom(">= 1 GB", "> 1 GB"),
    node: fc.constantFrom("node-1", "node-2"),
    labels: fc.array(label, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const wanted = fc.record(
  { base: traits, pool: fc.constantFrom("default", "lab-2"), not: traits },
  { requiredKeys: ["base"] },
);
const offered = fc.record({
  name: fc.constantFrom("node-1", "node-2"),
  own: fc.record(
    {
      able: fc.constantFrom(chromium("119.0"), chromium("120.1"), chromium()),
      os: fc.constantFrom("linux 5.9", "linux 6.1", "win32 10.0"),
      arch: fc.constantFrom("x64", "arm64"),
      cpuCount: fc.integer({ min: 1, max: 3 }),
      memoryBytes: fc.constantFrom(1e9, 2e9),
      labels: fc.array(label, { maxLength: 3 }),
      pool: fc.constantFrom("default", "lab-2"),
    },
    { requiredKeys: [] },
  ),
});
const definitionFrom = ({ base, ...rest }: { base: object }) =>
  testWith({ ...base, ...rest }, "web");

test("the order of labels and a named default pool change neither signature nor answer", () => {
  fc.assert(
    fc.property(wanted, offered, (one, { name, own }) => {
      const { base, not } = one;
      const turned = {
        pool: "default",
        ...one,
        base: { ...base, labels: base.labels?.toReversed() },
        ...(not === undefined ? {} : { not: { ...not, labels: not.labels?.toReversed() } }),
      };
      const [a, b] = [definitionFrom(one), definitionFrom(turned)];
      expect(needsSignature(a)).toBe(needsSignature(b));
      const lacks = [a, b].map((each) => missingNeeds(each, node(own, name)).toSorted());
      expect(lacks[0]).toEqual(lacks[1]);
    }),
  );
});

/** Most nodes could run it: a change of one need decides. */
const sparse = fc.oneof(
  { weight: 3, arbitrary: fc.constant<{ base: object; not?: object }>({ base: {} }) },
  { weight: 1, arbitrary: wanted },
);
const changes = fc.record({ traits, isNot: fc.boolean() });

test("different answers of a node mean different signatures", () => {
  fc.assert(
    fc.property(sparse, changes, offered, (one, { traits, isNot }, { name, own }) => {
      for (const [trait, value] of [...Object.entries(traits), ["pool", "lab-2"]]) {
        const change = { [String(trait)]: value };
        const other = isNot
          ? { ...one, not: { ...one.not, ...change } }
          : { ...one, base: { ...one.base, ...change } };
        const [a, b] = [definitionFrom(one), definitionFrom(other)];
        const canRun = [a, b].map((each) => missingNeeds(each, node(own, name)).length === 0);
        if (canRun[0] !== canRun[1]) expect(needsSignature(a)).not.toBe(needsSignature(b));
      }
    }),
    { numRuns: 500 },
  );
});

test("a trait under not is the opposite of the trait, where the platform is there", () => {
  fc.assert(
    fc.property(traits, offered, (asked, { name, own }) => {
      const bearer = node({ ...own, pool: "default", able: own.able ?? chromium("120") }, name);
      const single = Object.entries(asked).filter(([, value]) => !Array.isArray(value));
      for (const [trait, value] of single) {
        const has = missingNeeds(testWith({ [trait]: value }, "web"), bearer).length === 0;
        const excluded = missingNeeds(testWith({ not: { [trait]: value } }, "web"), bearer);
        expect(excluded.length === 0).toBe(!has);
      }
    }),
  );
});

test("the first of a group goes exactly where each of them could", () => {
  fc.assert(
    fc.property(fc.array(wanted, { minLength: 1, maxLength: 4 }), offered, (all, { name, own }) => {
      const plain = all.map(({ base, ...rest }, index) =>
        inGroup(index, { platform: "web", needs: { ...base, ...rest } }),
      );
      const canAll = plain.every((one) => missingNeeds(one, node(own, name)).length === 0);
      for (const one of withGroupNeeds(plain))
        expect(missingNeeds(one, node(own, name)).length === 0).toBe(canAll);
    }),
    { numRuns: 300 },
  );
});
