/** Plans over HTTP. */
import { expect, test } from "vitest";
import { RunForecast } from "#proto/plan.ts";
import { problemOf, SUITE, serveApi } from "./http-kit.ts";

test("POST /v1/plan answers with a forecast and makes no run; what a submit would be refused for is refused", async () => {
  const { post, service } = await serveApi();
  const answer = await post("/v1/plan", { run: SUITE, fleet: [{ nodes: 2, slots: 1 }] });
  expect(answer.status).toBe(200);
  expect(RunForecast.parse(await answer.json())).toMatchObject({ isStated: true });
  expect(service.submitted).toEqual([]);
  for (const wrong of [
    SUITE,
    { run: SUITE, fleet: [] },
    { run: SUITE, fleet: [{ nodes: 0, slots: 1 }] },
    { run: SUITE, fleet: Array.from({ length: 2 }, () => ({ nodes: 9_999, slots: 1 })) },
  ])
    expect((await post("/v1/plan", wrong)).status).toBe(400);
  service.refuseNext({ kind: "refused", code: "suite_invalid", reason: "No", faults: ["a:1:1 x"] });
  expect(await problemOf(await post("/v1/plan", { run: SUITE }))).toMatchObject({
    status: 422,
    code: "suite_invalid",
    faults: ["a:1:1 x"],
  });
});
