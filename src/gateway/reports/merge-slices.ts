/**
 * Pure: the reports of a run's slices (`run --shard i/n`) become one report. All that is decided of it is here: whether
 * they belong together, what is missing, and how the whole ended. Nothing is merged that cannot be shown to belong.
 *
 * M1 The result does not depend on the order of the reports.
 * M2 Every test of the plan is in the result once; those of a missing slice are lost.
 * M3 The whole passed only when every slice is there and ended so.
 */
import { createHash } from "node:crypto";
import type {
  Report,
  ReportAttempt,
  ReportNode,
  ReportShard,
  ReportTest,
  Totals,
} from "#proto/report.ts";
import { byCodeUnit } from "#suite/reading/order.ts";
import { slicingSha256 } from "../planning/slices.ts";

/** A report and where it lies, as the person named it. */
export type FoundReport = { readonly place: string; readonly report: Report };

export type Slice = {
  readonly place: string;
  readonly report: Report;
  readonly shard: ReportShard;
};

export type MergedSlices =
  | {
      readonly kind: "merged";
      readonly report: Report;
      /** The slices that were there, the first one first. */
      readonly slices: readonly Slice[];
      /** Sentences about slices that are not there; empty when all are. */
      readonly missing: readonly string[];
    }
  /** One sentence a fault. */
  | { readonly kind: "refused"; readonly faults: readonly string[] };

/** @param found At least one. */
export function mergeSlices(found: readonly FoundReport[]): MergedSlices {
  const slices = found.flatMap(({ place, report }): Slice[] => {
    const { shard } = report.run;
    return shard === undefined ? [] : [{ place, report, shard }];
  });
  const sorted = slices.toSorted(
    (a, b) => a.shard.index - b.shard.index || byCodeUnit(a.report.run.id, b.report.run.id),
  );
  const first = sorted[0];
  const faults = [
    ...found.flatMap(({ place, report }) => noSlice(place, report)),
    ...sorted.flatMap(falseSlice),
    ...strangers(sorted),
    ...doubles(sorted),
  ];
  if (first === undefined || faults.length > 0)
    return { kind: "refused", faults: [...faults, ...missingOf(sorted, first?.shard)] };
  const missing = missingOf(sorted, first.shard);
  return { kind: "merged", report: wholeOf(sorted, first.shard), slices: sorted, missing };
}

function noSlice(place: string, report: Report): string[] {
  if (report.run.shard !== undefined) return [];
  return [`${place} is no slice: run ${report.run.id} was not made by --shard`];
}

/** A report that does not hold what its own plan says cannot speak for its slice. */
function falseSlice({ place, report, shard }: Slice): string[] {
  const { index, count, plan, slices } = shard;
  const name = `slice ${index} of ${count}`;
  const isWhole = index <= count && slices.length === count && slicingSha256(slices) === plan;
  if (!isWhole || new Set(slices.flat()).size !== slices.flat().length)
    return [`${place} cannot be believed: the plan of ${name} is not whole`];
  const planned = new Set(slices[index - 1]);
  const told = new Set(report.tests.map(({ key }) => key));
  const absent = [...planned].find((key) => !told.has(key));
  const foreign = [...told].find((key) => !planned.has(key));
  if (absent !== undefined)
    return [`${place} cannot be believed: ${name} does not report its test ${absent}`];
  if (foreign !== undefined)
    return [`${place} cannot be believed: ${name} reports ${foreign}, a test of another slice`];
  if (told.size === report.tests.length) return [];
  return [`${place} cannot be believed: ${name} reports a test twice`];
}

/** What most of them are is what is meant; among equals the first one's. */
function strangers(slices: readonly Slice[]): string[] {
  const kinds = Map.groupBy(slices, ({ shard }) => kindOf(shard));
  const [main, ...others] = [...kinds.values()].toSorted((a, b) => b.length - a.length);
  const meant = main?.[0];
  if (meant === undefined) return [];
  return others.flat().map(({ place, shard }) => {
    const name = `slice ${shard.index} of ${shard.count}`;
    return `${place} is of another run: ${name} ${differenceOf(shard, meant)}`;
  });
}

function kindOf({ count, build, plan }: ReportShard): string {
  return JSON.stringify([count, build ?? "", plan]);
}

function differenceOf({ count, build }: ReportShard, { place, shard: meant }: Slice): string {
  if (count !== meant.count) return `is none of the ${meant.count} that ${place} is one of`;
  if (build !== meant.build)
    return `is of ${buildText(build)}, and ${place} of ${buildText(meant.build)}`;
  return `was planned from other tests or another history than ${place}`;
}

function buildText(build: string | undefined): string {
  return build === undefined ? "no named build" : `build ${build}`;
}

function doubles(slices: readonly Slice[]): string[] {
  const same = Map.groupBy(slices, ({ shard }) => JSON.stringify([kindOf(shard), shard.index]));
  return [...same.values()].flatMap((copies) => {
    const [first] = copies;
    if (first === undefined || copies.length < 2) return [];
    const { index, count } = first.shard;
    const runs = new Set(copies.map(({ report }) => report.run.id));
    const what = runs.size === 1 ? "the same run" : `${runs.size} runs of it`;
    const places = copies.map(({ place }) => place).toSorted(byCodeUnit);
    return [`Slice ${index} of ${count} is doubled (${what}): ${places.join(", ")}`];
  });
}

function missingOf(slices: readonly Slice[], shard: ReportShard | undefined): string[] {
  if (shard === undefined) return [];
  const there = new Set(slices.map((slice) => slice.shard.index));
  return indexes(shard.count)
    .filter((index) => !there.has(index))
    .map((index) => missingText(index, shard.count));
}

const missingText = (index: number, count: number): string =>
  `Slice ${index} of ${count} is missing`;

const indexes = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

function wholeOf(slices: readonly Slice[], shard: ReportShard): Report {
  const there = new Set(slices.map((slice) => slice.shard.index));
  const nodes = namedNodes(slices);
  const told = slices.flatMap((slice) =>
    slice.report.tests.map((test) => renameNodes(test, (name) => nodes.nameOf(slice, name))),
  );
  const lost = indexes(shard.count)
    .filter((index) => !there.has(index))
    .flatMap((index) => (shard.slices[index - 1] ?? []).map((key) => lostTest(key, index, shard)));
  const tests = [...told, ...lost].toSorted(byPlace);
  return {
    schemaVersion: slices[0]?.report.schemaVersion ?? 1,
    run: { ...timesOf(slices), ...conclusionOf(slices, shard), ...originOf(slices) },
    totals: totalsOf(tests),
    nodes: nodes.all,
    tests,
  };
}

function byPlace(a: ReportTest, b: ReportTest): number {
  return byCodeUnit(a.file, b.file) || a.line - b.line || byCodeUnit(a.key, b.key);
}

/** All that a plan tells of a test is its key, and the file of its suite. */
function lostTest(key: string, index: number, { count, files }: ReportShard): ReportTest {
  const suite = Object.keys(files)
    .filter((name) => key.startsWith(`${name} › `))
    .reduce((longest, name) => (name.length > longest.length ? name : longest), "");
  return {
    key,
    name: suite === "" ? key : key.slice(suite.length + 3),
    suite,
    file: files[suite] ?? "",
    line: 1,
    platform: "unknown",
    tags: [],
    verdict: "lost",
    reason: missingText(index, count),
    attempts: [],
  };
}

type NamedNodes = {
  readonly all: ReportNode[];
  /** What an attempt of the slice calls its node in the whole. */
  readonly nameOf: (slice: Slice, name: string) => string;
};

/** Attempts go by the names of nodes, and each machine has its own `node-1`: names that are shared say their slice. */
function namedNodes(slices: readonly Slice[]): NamedNodes {
  const all = new Map<string, ReportNode>();
  const owners = Map.groupBy(
    slices.flatMap(({ report }) => report.nodes),
    ({ name }) => name,
  );
  const isShared = (name: string) => new Set(owners.get(name)?.map(({ id }) => id)).size > 1;
  for (const { report, shard } of slices)
    for (const node of report.nodes) {
      if (all.has(node.id)) continue;
      const name = isShared(node.name) ? `${node.name} (slice ${shard.index})` : node.name;
      all.set(node.id, { ...node, name });
    }
  const nameOf = ({ report }: Slice, name: string): string => {
    const id = report.nodes.find((node) => node.name === name)?.id;
    return (id === undefined ? undefined : all.get(id)?.name) ?? name;
  };
  return { all: [...all.values()], nameOf };
}

function renameNodes(test: ReportTest, nameOf: (name: string) => string): ReportTest {
  const attempts = test.attempts.map(
    (attempt): ReportAttempt => ({ ...attempt, node: nameOf(attempt.node) }),
  );
  return { ...test, attempts };
}

function timesOf(slices: readonly Slice[]): {
  readonly startedAt: string;
  readonly durationMs: number;
} {
  const starts = slices.map(({ report }) => Date.parse(report.run.startedAt));
  const ends = slices.map(({ report }, at) => (starts[at] ?? 0) + report.run.durationMs);
  const startMs = Math.min(...starts);
  const earliest = slices.find((_, at) => starts[at] === startMs)?.report.run.startedAt ?? "";
  return { startedAt: earliest, durationMs: Math.max(0, Math.max(...ends) - startMs) };
}

type Conclusion = Pick<Report["run"], "status" | "exitCode" | "reason">;

/** The code of a run of which nothing was executed: every test of the slice was skipped. */
const NOTHING_EXECUTED = 2;

/** As a run ends (README, "Exit codes"), by how its slices ended: they know what was quarantined and allowed. */
function conclusionOf(slices: readonly Slice[], shard: ReportShard): Conclusion {
  const missing = missingOf(slices, shard);
  const cut = slices.filter(isCut);
  const reasons = [...missing, ...cut.map(cutText)];
  if (reasons.length > 0) return { status: "incomplete", exitCode: 3, reason: reasons.join("; ") };
  const ended = (status: Report["run"]["status"]) =>
    slices.some(({ report }) => report.run.status === status);
  const hasFailed = ({ report: { tests } }: Slice) =>
    tests.some((test) => test.verdict === "failed" && !isExcused(test));
  if (ended("failed") || slices.some(hasFailed))
    return { status: "failed", exitCode: 1, ...firstReason(slices) };
  if (ended("passed")) return { status: "passed", exitCode: 0 };
  const reason = "Nothing was executed: every test was skipped";
  return { status: "incomplete", exitCode: NOTHING_EXECUTED, reason };
}

function isCut({ report: { run, tests } }: Slice): boolean {
  if (run.status === "incomplete" && run.exitCode !== NOTHING_EXECUTED) return true;
  return tests.some(({ verdict }) => verdict === "lost");
}

function cutText({ report, shard: { index, count } }: Slice): string {
  return `Slice ${index} of ${count} is incomplete: ${report.run.reason ?? `${totalsOf(report.tests).lost} of its tests were lost`}`;
}

function firstReason(slices: readonly Slice[]): { readonly reason?: string } {
  const reason = slices.map(({ report }) => report.run.reason).find((one) => one !== undefined);
  return reason === undefined ? {} : { reason };
}

/** An id that the same slices have again, in whatever order they are given. */
function originOf(slices: readonly Slice[]): Pick<Report["run"], "id" | "mergedFrom"> {
  const mergedFrom = slices.map(({ report }) => report.run.id);
  const digest = createHash("sha256").update(JSON.stringify(mergedFrom)).digest("hex");
  return { id: `merged-${digest.slice(0, 32)}`, mergedFrom };
}

function totalsOf(tests: readonly ReportTest[]): Totals {
  const totals = { planned: tests.length, passed: 0, failed: 0, flaky: 0, skipped: 0, lost: 0 };
  for (const { verdict } of tests) totals[verdict] += 1;
  const quarantined = tests.filter(isExcused).length;
  return quarantined === 0 ? totals : { ...totals, quarantined };
}

const isExcused = ({ verdict, quarantined }: ReportTest): boolean =>
  verdict === "failed" && quarantined !== undefined;
