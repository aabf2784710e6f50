/** What people tell of nodes and projects over HTTP, and why a test waits. */
import { expect, test } from "vitest";
import { NodeSummary } from "#proto/api.ts";
import { QuotaList } from "#proto/fleet.ts";
import type { ReportTest } from "#proto/report.ts";
import { TestWhy } from "#proto/why.ts";
import { problemOf, serveApi } from "./http-kit.ts";

test("a node is cordoned with a reason, and without one it is not", async () => {
  const { service, post } = await serveApi();
  service.addNode("lab");
  const cordoned = await post("/v1/nodes/lab/cordon", { reason: "new kernel" });
  expect(NodeSummary.parse(await cordoned.json()).cordon).toEqual({ reason: "new kernel" });
  for (const body of [{}, { reason: "" }, { reason: "x", more: 1 }])
    expect(await problemOf(await post("/v1/nodes/lab/cordon", body))).toMatchObject({
      status: 400,
    });
  expect(await problemOf(await post("/v1/nodes/other/cordon", { reason: "x" }))).toMatchObject({
    status: 404,
  });
});

test("a drain takes a reason and a deadline, or no body at all", async () => {
  const { service, call, post } = await serveApi();
  service.addNode("lab");
  const wish = { reason: "moved", deadlineMs: 60_000 };
  expect((await post("/v1/nodes/lab/drain", wish)).status).toBe(200);
  expect(service.drains).toEqual([wish]);
  expect((await call("/v1/nodes/lab/drain", { method: "POST" })).status).toBe(200);
  const below = await post("/v1/nodes/lab/drain", { deadlineMs: -1 });
  expect(await problemOf(below)).toMatchObject({ status: 400 });
});

test("quotas are set, listed and lifted; a project's name may hold anything", async () => {
  const { call } = await serveApi();
  const put = (project: string, body: unknown) =>
    call(`/v1/quotas/${encodeURIComponent(project)}`, {
      method: "PUT",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
  expect((await put("shop/web ä", { slots: 4 })).status).toBe(200);
  const listed = QuotaList.parse(await (await call("/v1/quotas")).json());
  expect(listed.quotas).toEqual([{ project: "shop/web ä", slots: 4, busy: 0 }]);
  for (const slots of [0, -1, 1.5, "4", undefined])
    expect(await problemOf(await put("shop", { slots }))).toMatchObject({ status: 400 });
  expect(await problemOf(await put("x".repeat(101), { slots: 1 }))).toMatchObject({ status: 400 });
  const lifted = await call(`/v1/quotas/${encodeURIComponent("shop/web ä")}`, { method: "DELETE" });
  expect(QuotaList.parse(await lifted.json()).quotas).toEqual([]);
});

test("why is asked by the percent-encoded key of a test", async () => {
  const { service, call } = await serveApi();
  const key = "suites/shop.yaml › pays 100 % [a=1] ?x#y";
  const known: ReportTest = {
    key,
    name: "pays",
    suite: "shop",
    file: "suites/shop.yaml",
    line: 1,
    platform: "http",
    tags: [],
    verdict: "passed",
    attempts: [],
  };
  const id = service.addRun([known]);
  const path = (text: string) => `/v1/runs/${id}/tests/${encodeURIComponent(text)}/why`;
  const why = TestWhy.parse(await (await call(path(key))).json());
  expect(why).toMatchObject({ key, state: "decided", verdict: "passed" });
  expect(await problemOf(await call(path("no such test")))).toMatchObject({ status: 404 });
  expect(await problemOf(await call("/v1/runs/run-9/tests/x/why"))).toMatchObject({ status: 404 });
});
