/** Joins over HTTP: a node shows its public key, by the join key of its token, and gets credentials of its own. */
import { Hono } from "hono";
import { JoinRequest } from "#proto/api.ts";
import type { Join } from "../join.ts";
import { readJson } from "./request-body.ts";

const JOIN_BYTES_MAX = 4 * 1024;

/** `/v1/join` */
export function joinRoutes(join: Join): Hono {
  const app = new Hono();
  app.post("/", async (c) => c.json(join(await readJson(c, JoinRequest, JOIN_BYTES_MAX))));
  return app;
}
