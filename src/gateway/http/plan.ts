/** Plans over HTTP: what a submit would take, before it is a run. */
import { Hono } from "hono";
import { PlanRun } from "#proto/plan.ts";
import type { GatewayService } from "../service.ts";
import { readJson } from "./request-body.ts";
import { answerRefusal } from "./runs.ts";

/** `POST /v1/plan`. */
export function planRoutes(options: {
  readonly service: GatewayService;
  readonly submitBytesMax: number;
}): Hono {
  const app = new Hono();
  app.post("/", async (c) => {
    const body = await readJson(c, PlanRun, options.submitBytesMax);
    const outcome = await options.service.plan(body);
    return outcome.kind === "planned" ? c.json(outcome.forecast) : answerRefusal(c, outcome);
  });
  return app;
}
