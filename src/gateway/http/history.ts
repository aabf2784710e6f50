/** Histories over HTTP: pages for people, exports and imports for files. */
import { Hono } from "hono";
import { z } from "zod";
import { HISTORY_PAGE_MAX, HistoryFile } from "#proto/history.ts";
import { RunId } from "#proto/ids.ts";
import type { HistoryService } from "../history/history-service.ts";
import { throwNotFound } from "./problem.ts";
import { readJson, readQuery } from "./request-body.ts";

const PAGE_DEFAULT = 100;
/** Read in one piece: a larger file is sent in several, as the CLI does. */
const IMPORT_BYTES_MAX = 64 * 1024 * 1024;
const PLACE_LENGTH_MAX = 2_100;

const limit = z.coerce.number().int().min(1).max(HISTORY_PAGE_MAX);
const after = z.string().min(1).max(PLACE_LENGTH_MAX).optional();
const PageQuery = z.object({ limit: limit.default(PAGE_DEFAULT), after });
const ExportQuery = z.object({
  limit: limit.default(HISTORY_PAGE_MAX),
  after,
  run: RunId.optional(),
});

/** `/v1/history` */
export function historyRoutes(history: HistoryService): Hono {
  const app = new Hono();
  app.get("/", (c) => {
    const page = history.page(readQuery(c, PageQuery));
    return page === undefined ? throwNotFound("the test of the page's after") : c.json(page);
  });
  app.get("/export", (c) => {
    const { run, ...place } = readQuery(c, ExportQuery);
    const page = history.exportPage({ ...place, runId: run });
    return page === undefined
      ? throwNotFound(
          run === undefined
            ? "the test of the page's after"
            : `the run ${run}, or the page's after in it`,
        )
      : c.json(page);
  });
  app.post("/", async (c) => {
    const file = await readJson(c, HistoryFile, IMPORT_BYTES_MAX);
    await history.merge(file.tests);
    return c.json({ tests: file.tests.length });
  });
  return app;
}
