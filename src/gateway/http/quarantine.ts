/** The quarantine list over HTTP. A key may hold anything, so it is a query's value and no part of the path. */
import { Hono } from "hono";
import { z } from "zod";
import { QuarantineEntry, QuarantineList } from "#proto/quarantine.ts";
import type { QuarantineService } from "../quarantine/quarantine-service.ts";
import { throwNotFound } from "./problem.ts";
import { readJson, readQuery } from "./request-body.ts";

const BODY_BYTES_MAX = 4 * 1024 * 1024;

const PutBody = z.union([QuarantineList, QuarantineEntry]);
const RemoveQuery = z.object({ key: z.string().min(1).max(2000) });

/** `/v1/quarantine` */
export function quarantineRoutes(quarantine: QuarantineService): Hono {
  const answer = (): QuarantineList => ({ entries: [...quarantine.list()] });
  const app = new Hono();
  app.get("/", (c) => c.json(answer()));
  app.put("/", async (c) => {
    const body = await readJson(c, PutBody, BODY_BYTES_MAX);
    await quarantine.put("entries" in body ? body.entries : [body]);
    return c.json(answer());
  });
  app.delete("/", async (c) => {
    const { key } = readQuery(c, RemoveQuery);
    if (await quarantine.remove(key)) return c.json(answer());
    return throwNotFound(`the quarantine of ${key.slice(0, 100)}`);
  });
  return app;
}
