/** Reports over HTTP, of a running run too: as they are now. Their artifacts are blobs, by the sha256 in `report.json`. */
import { type Context, Hono } from "hono";
import type { Report } from "#proto/report.ts";
import { PAGE_POLICY, reportHtml } from "../reports/html/report-html.ts";
import { junitXml } from "../reports/junit.ts";
import type { GatewayService } from "../service.ts";
import { throwNotFound } from "./problem.ts";
import { findRun } from "./runs.ts";

/** `/v1/runs/:id/report.json`, `.xml`, `.html`. */
export function reportRoutes(service: GatewayService): Hono {
  const reportOf = (c: Context): Report => {
    const { id } = findRun(c, service);
    return service.report(id) ?? throwNotFound(`the report of run ${id}`);
  };
  const app = new Hono();
  app.get("/:id/report.json", (c) => c.json(reportOf(c)));
  app.get("/:id/report.xml", (c) =>
    c.body(junitXml(reportOf(c)), 200, { "content-type": "application/xml; charset=utf-8" }),
  );
  app.get("/:id/report.html", (c) =>
    c.body(reportHtml(reportOf(c), { hasArtifacts: false }), 200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `${PAGE_POLICY}; frame-ancestors 'none'`,
    }),
  );
  return app;
}
