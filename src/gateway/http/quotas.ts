/** Quotas over HTTP: who may use how many slots at once. */
import { type Context, Hono } from "hono";
import { Quota, SetQuota } from "#proto/fleet.ts";
import type { QuotaService } from "../fleet/quotas.ts";
import { throwBadRequest } from "./problem.ts";
import { readJson } from "./request-body.ts";

const BODY_BYTES_MAX = 16 * 1024;

/** `/v1/quotas`; a project needs no run yet to have one. */
export function quotaRoutes(quotas: QuotaService): Hono {
  const app = new Hono();
  app.get("/", (c) => c.json(quotas.list()));
  app.put("/:project", async (c) => {
    const project = projectOf(c);
    const { slots } = await readJson(c, SetQuota, BODY_BYTES_MAX);
    return c.json(await quotas.set(project, slots));
  });
  app.delete("/:project", async (c) => c.json(await quotas.set(projectOf(c), undefined)));
  return app;
}

function projectOf(c: Context): string {
  const project = Quota.shape.project.safeParse(c.req.param("project"));
  return project.success
    ? project.data
    : throwBadRequest("Cannot read the project: a name of 1 to 100 characters is wanted");
}
