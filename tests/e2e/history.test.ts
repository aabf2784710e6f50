/** Histories, flaky tests and the quarantine list with the real program: files, a gateway that is killed, exit codes. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gateSuite } from "#kit/gate-suite.ts";
import { startGatedApp } from "#kit/gated-app.ts";
import { readReport, startMesh } from "#kit/mesh.ts";
import { type ProgramEnd, runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { HistoryFile, HistorySummary } from "#proto/history.ts";

/** Answers each path with 500 the first time, with 200 from then on. */
async function startMoodyApp(): Promise<string> {
  const seen = new Set<string>();
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    response.writeHead(seen.has(path) ? 200 : 500).end();
    seen.add(path);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

const readHistory = (path: string) => HistoryFile.parse(JSON.parse(readFileSync(path, "utf8")));

test("run --history and --quarantine: read before, written after however the run ends; what cannot be read stops everything", async () => {
  await using app = await startGatedApp();
  const dir = temporaryPlace("panoptic-e2e-");
  const options = { callerDir: dir };
  const tests = [
    { name: "good", paths: ["/fast"] },
    { name: "bad", paths: ["/fail/x"] },
  ];
  writeFileSync(join(dir, "suite.json"), gateSuite(app.url, tests));
  const list = (expiresAt: string) =>
    `- key: gated › bad\n  owner: ann\n  reason: BUG-1\n  expiresAt: ${expiresAt}\n`;
  writeFileSync(join(dir, "known.yaml"), list(inDays(14)));
  const words = ["run", "suite.json", "--history", "h.json", "--nodes", "1", "--slots", "1"];

  const excused = await runProgram([...words, "--quarantine", "known.yaml"], options);
  expect(excused.exitCode, excused.stderr).toBe(0);
  expect(excused.stdout).toMatch(
    /failed {3}gated › bad[^\n]*\n +quarantined by ann until .*: BUG-1/,
  );
  expect(excused.stdout).toMatch(/passed: 2 planned, 1 passed, 1 failed \(1 in quarantine\)/);
  const report = readReport(join(dir, "panoptic-report"));
  expect(report?.totals).toMatchObject({ failed: 1, quarantined: 1 });
  expect(report?.tests.map(({ verdict, quarantined }) => [verdict, quarantined?.owner])).toEqual([
    ["passed", undefined],
    ["failed", "ann"],
  ]);
  const junit = readFileSync(join(dir, "panoptic-report/junit.xml"), "utf8");
  expect(junit).toMatch(/failures="0"[^>]*skipped="1"/);
  expect(junit).not.toContain("<failure");
  expect(readFileSync(join(dir, "panoptic-report/report.html"), "utf8")).toContain(
    "Quarantined by ann",
  );
  expect(
    readHistory(join(dir, "h.json")).tests.map(({ key, outcomes }) => [key, outcomes.length]),
  ).toEqual([
    ["gated › bad", 1],
    ["gated › good", 1],
  ]);

  writeFileSync(join(dir, "known.yaml"), list(inDays(-1)));
  const expired = await runProgram([...words, "--quarantine", "known.yaml"], options);
  expect(expired.exitCode).toBe(1);
  expect(expired.stderr).toMatch(/quarantine of gated › bad has expired .*ann.*BUG-1/);
  const after = readHistory(join(dir, "h.json"));
  expect(after.tests.map(({ outcomes }) => outcomes.length)).toEqual([2, 2]);
  expect(readdirSync(dir).filter((name) => name.startsWith("h.json"))).toEqual(["h.json"]);

  const second = readReport(join(dir, "panoptic-report"))?.tests ?? [];
  const startOf = (name: string) =>
    second.find((one) => one.name === name)?.attempts[0]?.startedAt ?? "";
  expect(startOf("bad") < startOf("good")).toBe(true); // what failed last time goes first

  const before = app.hits("fast");
  const refused = async (file: string, text: string, more: readonly string[]) => {
    writeFileSync(join(dir, file), text);
    const end = await runProgram(["run", "suite.json", ...more, file], options);
    expect(end.exitCode, end.stderr).toBe(2);
    expect(end.stderr).toContain(file);
  };
  await refused("cut.json", '{"format":"panoptic-history","version":1,"tests":[', ["--history"]);
  await refused("newer.json", '{"format":"panoptic-history","version":2,"tests":[]}', [
    "--history",
  ]);
  await refused("odd.json", '{"format":"panoptic-history","version":1,"tests":[{}]}', [
    "--history",
  ]);
  await refused("long.yaml", list(inDays(100)), ["--quarantine"]);
  await refused("bare.yaml", "- key: gated › bad\n", ["--quarantine"]);
  expect(app.hits("fast")).toBe(before);
  expect(readFileSync(join(dir, "cut.json"), "utf8")).toMatch(/\[$/);
});

test("a gateway's history outlives kill -9, is exported and imported without change, and shows who is flaky; --fail-on-flaky fails for it", async () => {
  const url = await startMoodyApp();
  await using mesh = await startMesh({ nodes: 1 });
  const said = async (...words: string[]): Promise<ProgramEnd> => {
    const end = await mesh.ask(...words);
    expect(end.exitCode, end.stderr).toBe(0);
    return end;
  };
  const suite = (name: string) =>
    gateSuite(url, [{ name: "moody", paths: [`/${name}`], retries: 1 }]);
  expect((await mesh.run({ "a.json": suite("a") })).exitCode).toBe(0);
  await mesh.kill9Gateway();
  await mesh.startGateway();
  const [shown] = HistorySummary.array().parse(
    JSON.parse((await said("history", "--json")).stdout),
  );
  expect(shown).toMatchObject({ key: "gated › moody", passed: 1, failed: 1, hasFailedLast: false });
  expect(shown?.flakiness).toBeGreaterThan(0);

  await said("history", "export", "--out", "h.json");
  const exported = readFileSync(join(mesh.dir, "h.json"), "utf8");
  await said("history", "import", "h.json");
  expect((await said("history", "export")).stdout).toBe(exported);
  const more = readHistory(join(mesh.dir, "h.json"));
  const outcomes = more.tests[0]?.outcomes.map((one) => ({ ...one, wallMs: one.wallMs + 1 })) ?? [];
  const grown = { ...more, tests: more.tests.map((one) => ({ ...one, outcomes })) };
  writeFileSync(join(mesh.dir, "more.json"), JSON.stringify(grown));
  for (const _again of [1, 2]) await said("history", "import", "more.json");
  await said("history", "export", "--out", "h.json");
  expect(readHistory(join(mesh.dir, "h.json")).tests[0]?.outcomes).toHaveLength(4);

  const flaky = await mesh.run({ "a.json": suite("b") }, [
    "--fail-on-flaky",
    "--history",
    "own.json",
  ]);
  expect(flaky.exitCode, flaky.stderr).toBe(1);
  expect(flaky.stdout).toMatch(/failed \(1 test is flaky/);
  expect(flaky.report?.tests[0]).toMatchObject({ verdict: "flaky" });
  expect(flaky.report?.tests[0]?.flakiness).toBeGreaterThan(shown?.flakiness ?? 1);
  expect(existsSync(join(mesh.dir, "own.json"))).toBe(true);
});

test("the quarantine list that held when a run was created decides it, also after kill -9 of the gateway and a change of the list", async () => {
  await using app = await startGatedApp();
  await using mesh = await startMesh({ nodes: 1, limits: { quarantineMax: 2 } });
  const add = (key: string, expires: string) =>
    mesh.ask("quarantine", "add", key, "--owner", "ann", "--reason", "BUG-1", "--expires", expires);
  expect((await add("/slow/", "14d")).exitCode).toBe(0);
  expect((await add("other", "91d")).stderr).toContain("at most 90 days");
  expect((await add("other", "1h")).exitCode).toBe(0);
  const third = await add("third", "1h");
  expect([third.exitCode, third.stderr]).toEqual([2, expect.stringContaining("quarantineMax")]);

  const started = mesh.start({
    "a.json": gateSuite(app.url, [{ name: "slow", paths: ["/gate/slow", "/fail/x"] }]),
  });
  await waitUntil(() => app.waiting("slow") === 1, { what: "the test runs", deadlineMs: 40_000 });
  expect((await mesh.ask("quarantine", "remove", "/slow/")).exitCode).toBe(0);
  expect((await mesh.ask("quarantine", "remove", "/slow/")).exitCode).toBe(2);
  await mesh.kill9Gateway();
  await mesh.startGateway();
  app.open("slow");
  const end = await started.ended;
  expect(end.exitCode, end.stderr).toBe(0);
  expect(end.report?.tests[0]).toMatchObject({ verdict: "failed", quarantined: { owner: "ann" } });
  const listed = JSON.parse((await mesh.ask("quarantine", "list", "--json")).stdout) as object[];
  expect(listed).toMatchObject([{ key: "other", owner: "ann", reason: "BUG-1" }]);
});
