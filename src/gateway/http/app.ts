/**
 * The gateway's HTTP API put together: what guards every request, and which file answers which path.
 * It decides nothing about runs or nodes: every answer is a call of `GatewayService` or of the blob store.
 */
import { Hono } from "hono";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Clock } from "#shared/clock.ts";
import type { BlobStore } from "../blobs/blob-store.ts";
import type { Join } from "../join.ts";
import { reportJsonSchema } from "../reports/report-schema.ts";
import type { GatewayService } from "../service.ts";
import { type Keys, requireKey } from "./auth.ts";
import { baselineRoutes } from "./baselines.ts";
import { blobRoutes } from "./blobs.ts";
import { healthRoutes, metricsRoutes } from "./health.ts";
import { historyRoutes } from "./history.ts";
import { requireKnownHost } from "./host-check.ts";
import { joinRoutes } from "./join.ts";
import { createLiveStreams } from "./live.ts";
import { nodeRoutes } from "./nodes.ts";
import { planRoutes } from "./plan.ts";
import { answerProblem, problemOf } from "./problem.ts";
import { quarantineRoutes } from "./quarantine.ts";
import { quotaRoutes } from "./quotas.ts";
import { reportRoutes } from "./reports.ts";
import { runRoutes } from "./runs.ts";
import { secureHeaders } from "./security-headers.ts";

export type AppOptions = Keys & {
  readonly service: GatewayService;
  readonly blobs: BlobStore;
  readonly clock: Clock;
  readonly join: Join;
  /** Writes a join token for a new node. */
  readonly joinToken: () => string;
  readonly programVersion: string;
  /** Names of this gateway besides `localhost`: that of the public URL. Addresses need no name. */
  readonly hosts: readonly string[];
  /** The most that a submit may carry. */
  readonly submitBytesMax: number;
  readonly log: (message: string) => void;
};

export type App = {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Ends the streams that would never end by themselves: before the server stops. */
  readonly close: () => void;
};

/** Makes the handler of the whole API. */
export function createApp(options: AppOptions): App {
  const live = createLiveStreams(options);
  const app = new Hono();
  app.onError((thrown, c) => {
    const parts = problemOf(thrown);
    if (parts.status === 500)
      options.log(`Fault in ${c.req.method} ${c.req.path}: ${thrown.stack ?? thrown.message}`);
    return answerProblem(c, parts);
  });
  app.notFound((c) => {
    const detail = `Cannot find ${c.req.path.slice(0, 200)}: there is no such path`;
    return answerProblem(c, { status: 404, code: "unknown_path", detail });
  });
  app.use(secureHeaders());
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const detail = `Cannot ${c.req.method} ${c.req.path.slice(0, 200)}: it takes ${methods.join(", ")}`;
        return answerProblem(c, {
          status: 405,
          code: "method_not_allowed",
          detail,
          headers: { allow: methods.join(", ") },
        });
      },
    }),
  );
  app.use(requireKnownHost(options.hosts));
  app.route("/", healthRoutes(options.service));
  app.use("/v1/*", requireKey(options));
  app.use("/metrics", requireKey(options));
  app.route("/metrics", metricsRoutes(options.service));
  app.get("/v1", (c) => c.json({ name: "panoptic", version: options.programVersion }));
  app.get("/v1/schemas/report.json", (c) => c.json(reportJsonSchema()));
  app.get("/v1/token", (c) => c.json({ token: options.joinToken() }));
  app.route("/v1/join", joinRoutes(options.join));
  app.route("/v1/runs", runRoutes(options));
  app.route("/v1/runs", reportRoutes(options.service));
  app.route("/v1/runs", live.routes);
  app.route("/v1/plan", planRoutes(options));
  app.route("/v1/nodes", nodeRoutes(options.service));
  app.route("/v1/quotas", quotaRoutes(options.service.quotas));
  app.route("/v1/blobs", blobRoutes(options));
  app.route("/v1/quarantine", quarantineRoutes(options.service.quarantine));
  app.route("/v1/history", historyRoutes(options.service.history));
  app.route("/v1/baselines", baselineRoutes(options.service.baselines));
  return { fetch: async (request) => app.fetch(request), close: live.close };
}
