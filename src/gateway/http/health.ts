/** For those who watch the gateway: is it there, can it take work, what does it count. */
import { Hono } from "hono";
import type { GatewayService } from "../service.ts";
import { answerProblem } from "./problem.ts";

/** `/healthz` and `/readyz`: the only paths without a key. */
export function healthRoutes(service: GatewayService): Hono {
  const app = new Hono();
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => {
    const health = service.health();
    if (health.isReady) return c.json({ status: "ready" });
    const detail = `Cannot take work: ${health.reason ?? "the gateway is starting"}`;
    return answerProblem(c, { status: 503, code: "not_ready", detail });
  });
  return app;
}

/** `/metrics` in Prometheus' text format. */
export function metricsRoutes(service: GatewayService): Hono {
  const app = new Hono();
  app.get("/", async (c) =>
    c.body(await service.metrics(), 200, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
    }),
  );
  return app;
}
