/** Runs, nodes and reports over HTTP. */
import { expect, test } from "vitest";
import { CreatedRun, NodeList, RunPage, RunSummary, TestPage } from "#proto/api.ts";
import { Report, type ReportTest } from "#proto/report.ts";
import { problemOf, SUITE, serveApi } from "./http-kit.ts";

const testNamed = (name: string): ReportTest => ({
  key: name,
  name,
  suite: "s",
  file: "a.yaml",
  line: 1,
  platform: "http",
  tags: [],
  verdict: "passed",
  attempts: [],
});

test("POST /v1/runs creates a run once for a key and a body, and refuses the key for another", async () => {
  const { post, service } = await serveApi();
  const headers = { "idempotency-key": "k1" };
  const answer = await post("/v1/runs", SUITE, headers);
  const created = CreatedRun.parse(await answer.json());
  expect([answer.status, created.warnings]).toEqual([201, ["careful"]]);
  expect(answer.headers.get("location")).toBe(`/v1/runs/${created.id}`);
  expect(service.submitted[0]).toMatchObject({ env: {}, options: { allowEmpty: false } });
  const again = await post("/v1/runs", SUITE, headers);
  expect([again.status, CreatedRun.parse(await again.json()).id]).toEqual([200, created.id]);
  const other = await post("/v1/runs", { ...SUITE, env: { A: "1" } }, headers);
  expect(await problemOf(other)).toMatchObject({ status: 409, code: "conflict" });
  expect((await post("/v1/runs", SUITE, { "idempotency-key": "k".repeat(256) })).status).toBe(400);
});

test.each([
  ["suite_invalid", 422],
  ["no_matching_node", 422],
  ["nothing_to_run", 422],
  ["disk_full", 507],
  ["too_large", 413],
  ["conflict", 409],
] as const)("a submit refused as %s is answered %i with every fault", async (code, status) => {
  const { post, service } = await serveApi();
  service.refuseNext({ kind: "refused", code, reason: "Cannot", faults: ["a.yaml:1:2 wrong"] });
  const problem = await problemOf(await post("/v1/runs", SUITE));
  expect(problem).toMatchObject({ status, code, detail: "Cannot", faults: ["a.yaml:1:2 wrong"] });
});

test("GET /v1/runs pages through all runs, newest first", async () => {
  const { call, service } = await serveApi();
  for (let index = 0; index < 5; index += 1) service.addRun();
  const seen: string[] = [];
  let path: string | undefined = "/v1/runs?limit=2";
  while (path !== undefined) {
    const page: RunPage = RunPage.parse(await (await call(path)).json());
    seen.push(...page.runs.map((run) => run.id));
    path = page.next === undefined ? undefined : `/v1/runs?limit=2&before=${page.next}`;
  }
  expect(seen).toEqual(["run-5", "run-4", "run-3", "run-2", "run-1"]);
  for (const query of ["limit=0", "limit=x", "limit=100000", "before=%2F"]) {
    expect((await call(`/v1/runs?${query}`)).status).toBe(400);
  }
  // Otherwise whoever pages by an id of another gateway reads the newest page for ever.
  expect((await call("/v1/runs?before=run-unknown")).status).toBe(404);
});

test("GET /v1/runs/:id and what is below it are 404 for a run that is not there", async () => {
  const { call, service } = await serveApi();
  const id = service.addRun();
  expect(RunSummary.parse(await (await call(`/v1/runs/${id}`)).json()).state).toBe("running");
  for (const tail of ["", "/tests", "/events", "/report.json", "/report.xml", "/report.html"]) {
    expect(await problemOf(await call(`/v1/runs/none${tail}`))).toMatchObject({
      status: 404,
      code: "not_found",
    });
    expect((await call(`/v1/runs/%00${tail}`)).status).toBe(404);
  }
});

test("POST /v1/runs/:id/cancel takes a reason or nothing", async () => {
  const { call, post, service } = await serveApi();
  const [first, second] = [service.addRun(), service.addRun()];
  const answer = await post(`/v1/runs/${first}/cancel`, { reason: "no time" });
  expect(RunSummary.parse(await answer.json())).toMatchObject({
    state: "ended",
    status: "incomplete",
  });
  expect((await call(`/v1/runs/${second}/cancel`, { method: "POST" })).status).toBe(200);
  expect(service.cancelReasons).toEqual(["no time", "cancelled over the API"]);
  expect((await post(`/v1/runs/${second}/cancel`, { why: "x" })).status).toBe(400);
  expect((await call("/v1/runs/none/cancel", { method: "POST" })).status).toBe(404);
});

test("GET /v1/runs/:id/tests pages through all tests in their order", async () => {
  const { call, service } = await serveApi();
  const names = ["a", "b", "c", "d"];
  const id = service.addRun(names.map(testNamed));
  const seen: string[] = [];
  let query: string | undefined = "limit=2";
  while (query !== undefined) {
    const page: TestPage = TestPage.parse(
      await (await call(`/v1/runs/${id}/tests?${query}`)).json(),
    );
    seen.push(...page.tests.map((one) => one.name));
    query = page.next === undefined ? undefined : `limit=2&after=${page.next}`;
  }
  expect(seen).toEqual(names);
});

test("reports come as JSON, JUnit and a page that may load nothing from elsewhere", async () => {
  const { call, service } = await serveApi();
  const id = service.addRun([testNamed("a")]);
  expect(Report.parse(await (await call(`/v1/runs/${id}/report.json`)).json()).tests).toHaveLength(
    1,
  );
  const xml = await call(`/v1/runs/${id}/report.xml`);
  expect(xml.headers.get("content-type")).toContain("application/xml");
  expect(await xml.text()).toContain("<testsuites");
  const page = await call(`/v1/runs/${id}/report.html`);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain(
    "default-src 'none'; script-src 'sha256-",
  );
  expect(await page.text()).toContain('<div id="page"></div>');
});

test("the JSON Schema of report.json is there for those who read reports by program", async () => {
  const { call } = await serveApi();
  expect(await (await call("/v1/schemas/report.json")).json()).toMatchObject({ type: "object" });
});

test("nodes are listed, drained and resumed by name or id", async () => {
  const { call, service } = await serveApi();
  service.addNode("lab");
  expect(NodeList.parse(await (await call("/v1/nodes")).json()).nodes).toHaveLength(1);
  const drained = await call("/v1/nodes/lab/drain", { method: "POST" });
  expect(await drained.json()).toMatchObject({ name: "lab", isDraining: true });
  const resumed = await call("/v1/nodes/node-lab/resume", { method: "POST" });
  expect(await resumed.json()).toMatchObject({ isDraining: false });
  expect(await problemOf(await call("/v1/nodes/other/drain", { method: "POST" }))).toMatchObject({
    status: 404,
  });
});

test("/v1/runs/:id/rerun says what would run, and runs it once for a key; an unknown run and a wrong body are refused", async () => {
  const { call, post, service } = await serveApi();
  const id = service.addRun([testNamed("t")]);
  const outlook = await call(`/v1/runs/${id}/rerun?tests=failed`);
  expect(await outlook.json()).toEqual({ count: 1, secrets: ["KEY"] });
  const body = { tests: "failed", secrets: { KEY: "v" } };
  const headers = { "idempotency-key": "again" };
  const answer = await post(`/v1/runs/${id}/rerun`, body, headers);
  expect(answer.status).toBe(201);
  const created = CreatedRun.parse(await answer.json());
  expect((await post(`/v1/runs/${id}/rerun`, body, headers)).status).toBe(200);
  expect(service.submitted.at(-1)).toMatchObject({ secrets: { KEY: "v" } });
  expect(created.id).not.toBe(id);
  expect((await call("/v1/runs/run-99/rerun?tests=all")).status).toBe(404);
  expect((await post("/v1/runs/run-99/rerun", body)).status).toBe(404);
  expect((await call(`/v1/runs/${id}/rerun?tests=some`)).status).toBe(400);
  for (const wrong of [{}, { tests: "some" }, { tests: "all", options: { tags: ["a"] } }])
    expect((await post(`/v1/runs/${id}/rerun`, wrong)).status).toBe(400);
});
