/** Baselines over HTTP; their bytes are blobs. A key may hold anything, so it is a query's value and no part of the path. */
import { Hono } from "hono";
import { z } from "zod";
import { BASELINE_PAGE_MAX, PutBaselines } from "#proto/baseline.ts";
import { TestKey } from "#proto/ids.ts";
import type { BaselineService } from "../baselines/baseline-service.ts";
import { throwNotFound } from "./problem.ts";
import { readJson, readQuery } from "./request-body.ts";

const PAGE_DEFAULT = 100;
const PLACE_LENGTH_MAX = 5_000;
const BODY_BYTES_MAX = 8 * 1024 * 1024;

const word = z.string().min(1).max(100).optional();
const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(BASELINE_PAGE_MAX).default(PAGE_DEFAULT),
  after: z.string().min(1).max(PLACE_LENGTH_MAX).optional(),
});
const RemoveQuery = z.object({ key: TestKey, browser: word, os: word, name: word });

/** `/v1/baselines` */
export function baselineRoutes(baselines: BaselineService): Hono {
  const app = new Hono();
  app.get("/", (c) =>
    c.json(
      baselines.page(readQuery(c, PageQuery)) ?? throwNotFound("the place of the page's after"),
    ),
  );
  app.put("/", async (c) => {
    const body = await readJson(c, PutBaselines, BODY_BYTES_MAX);
    await baselines.put(body);
    return c.json({ baselines: body.baselines.length });
  });
  app.delete("/", async (c) => {
    const which = readQuery(c, RemoveQuery);
    const count = await baselines.remove(which);
    if (count > 0) return c.json({ baselines: count });
    return throwNotFound(`any baseline of ${which.key.slice(0, 100)} that is so`);
  });
  return app;
}
