/** Nodes over HTTP: who is there, drain and resume. */
import { type Context, Hono } from "hono";
import type { NodeList } from "#proto/api.ts";
import type { GatewayService } from "../service.ts";
import { throwNotFound } from "./problem.ts";

/** `/v1/nodes`; a node is named by its id or its name. */
export function nodeRoutes(service: GatewayService): Hono {
  const setDrained = async (c: Context, isDrained: boolean) => {
    const name = c.req.param("id") ?? "";
    const node = await service.setDrained(name, isDrained);
    return node === undefined ? throwNotFound(`the node ${name.slice(0, 100)}`) : c.json(node);
  };
  const app = new Hono();
  app.get("/", (c) => c.json({ nodes: [...service.nodes()] } satisfies NodeList));
  app.post("/:id/drain", (c) => setDrained(c, true));
  app.post("/:id/resume", (c) => setDrained(c, false));
  return app;
}
