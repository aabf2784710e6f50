/** Nodes over HTTP: who is there, drain, cordon and resume. */
import { type Context, Hono } from "hono";
import type { NodeList, NodeSummary } from "#proto/api.ts";
import { CordonNode, DrainNode } from "#proto/fleet.ts";
import type { GatewayService } from "../service.ts";
import { throwNotFound } from "./problem.ts";
import { readJson, readOptionalJson } from "./request-body.ts";

const BODY_BYTES_MAX = 16 * 1024;

/** `/v1/nodes`; a node is named by its id or its name. */
export function nodeRoutes(service: GatewayService): Hono {
  const nameOf = (c: Context) => c.req.param("id") ?? "";
  const answer = async (c: Context, changed: Promise<NodeSummary | undefined>) => {
    const node = await changed;
    return node === undefined ? throwNotFound(`the node ${nameOf(c).slice(0, 100)}`) : c.json(node);
  };
  const app = new Hono();
  app.get("/", (c) => c.json({ nodes: [...service.nodes()] } satisfies NodeList));
  app.post("/:id/drain", async (c) => {
    const wish = await readOptionalJson(c, DrainNode, BODY_BYTES_MAX);
    return answer(c, service.setDrained(nameOf(c), true, wish));
  });
  app.post("/:id/cordon", async (c) => {
    const { reason } = await readJson(c, CordonNode, BODY_BYTES_MAX);
    return answer(c, service.cordon(nameOf(c), reason));
  });
  app.post("/:id/resume", (c) => answer(c, service.setDrained(nameOf(c), false)));
  return app;
}
