/** Runs over HTTP: submit, list, look, cancel. Reports are reports.ts's, the stream of notices live.ts's. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import {
  CancelRun,
  type CreatedRun,
  type RunPage,
  type RunSummary,
  SubmitRun,
  type TestPage,
} from "#proto/api.ts";
import { RunId } from "#proto/ids.ts";
import { RerunRun, RerunTests } from "#proto/rerun.ts";
import { unreachable } from "#shared/errors.ts";
import type { GatewayService, SubmitOutcome } from "../service.ts";
import { answerProblem, type ProblemParts, throwBadRequest, throwNotFound } from "./problem.ts";
import { readJson, readOptionalJson, readQuery } from "./request-body.ts";

export type RunRoutesOptions = {
  readonly service: GatewayService;
  readonly submitBytesMax: number;
};

const PAGE_DEFAULT = 50;
const PAGE_MAX = 1_000;
const CANCEL_BYTES_MAX = 16 * 1024;
const RERUN_BYTES_MAX = 4 * 1024 * 1024;
const KEY_LENGTH_MAX = 255;

const limit = z.coerce.number().int().min(1).max(PAGE_MAX).default(PAGE_DEFAULT);
const RunsQuery = z.object({ limit, before: RunId.optional() });
const RerunQuery = z.object({ tests: RerunTests.default("all") });
const TestsQuery = z.object({ limit, after: z.coerce.number().int().min(0).optional() });

/** `/v1/runs` but its reports and its stream. */
export function runRoutes({ service, submitBytesMax }: RunRoutesOptions): Hono {
  const app = new Hono();
  app.post("/", async (c) => {
    const key = idempotencyKeyOf(c);
    const body = await readJson(c, SubmitRun, submitBytesMax);
    return answerSubmit(c, await service.submit(body, key));
  });
  app.get("/", (c) => {
    const query = readQuery(c, RunsQuery);
    // A page before a run that nobody knows would be a page of other runs.
    if (query.before !== undefined && service.run(query.before) === undefined)
      throwNotFound(`the run ${query.before.slice(0, 100)} of the page's before`);
    const before = query.before === undefined ? {} : { before: query.before };
    // One more than asked for tells whether there is a next page.
    const found = service.runs({ limit: query.limit + 1, ...before });
    const runs = found.slice(0, query.limit);
    const last = runs.at(-1);
    const next = found.length > runs.length && last !== undefined ? { next: last.id } : {};
    return c.json({ runs, ...next } satisfies RunPage);
  });
  app.get("/:id", (c) => c.json(findRun(c, service)));
  app.post("/:id/cancel", async (c) => {
    const { id } = findRun(c, service);
    const { reason } = await readOptionalJson(c, CancelRun, CANCEL_BYTES_MAX);
    const run = await service.cancel(id, reason ?? "cancelled over the API");
    return run === undefined ? throwNotFound(`the run ${id}`) : c.json(run);
  });
  app.get("/:id/rerun", (c) => {
    const { tests } = readQuery(c, RerunQuery);
    const { id } = findRun(c, service);
    return c.json(service.rerunOutlook(id, tests) ?? throwNotFound(`the run ${id}`));
  });
  app.post("/:id/rerun", async (c) => {
    const key = idempotencyKeyOf(c);
    const { id } = findRun(c, service);
    const body = await readJson(c, RerunRun, RERUN_BYTES_MAX);
    const outcome = await service.rerun(id, body, key);
    return outcome === undefined ? throwNotFound(`the run ${id}`) : answerSubmit(c, outcome);
  });
  app.get("/:id/tests", (c) => {
    const query = readQuery(c, TestsQuery);
    const { id } = findRun(c, service);
    const start = query.after === undefined ? 0 : query.after + 1;
    const page = service.tests(id, { start, limit: query.limit });
    const end = start + query.limit;
    const next = end < (page?.count ?? 0) ? { next: end - 1 } : {};
    return c.json({ tests: [...(page?.tests ?? [])], ...next } satisfies TestPage);
  });
  app.get("/:id/tests/:key/why", (c) => {
    const { id } = findRun(c, service);
    const key = c.req.param("key");
    return c.json(
      service.why(id, key) ?? throwNotFound(`the test ${key.slice(0, 200)} in its run`),
    );
  });
  return app;
}

/** The run that the path names. @throws {HttpProblem} 404 */
export function findRun(c: Context, service: GatewayService): RunSummary {
  const text = c.req.param("id") ?? "";
  const id = RunId.safeParse(text);
  const run = id.success ? service.run(id.data) : undefined;
  return run ?? throwNotFound(`the run ${text.slice(0, 100)}`);
}

function idempotencyKeyOf(c: Context): string | undefined {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return undefined;
  if (key.length >= 1 && key.length <= KEY_LENGTH_MAX) return key;
  return throwBadRequest(
    `Cannot take the Idempotency-Key: 1 to ${KEY_LENGTH_MAX} characters are wanted, ${key.length} were sent`,
  );
}

function answerSubmit(c: Context, outcome: SubmitOutcome): Response {
  switch (outcome.kind) {
    case "created": {
      const body: CreatedRun = { ...outcome.run, warnings: [...outcome.warnings] };
      return c.json(body, 201, { location: `/v1/runs/${outcome.run.id}` });
    }
    case "repeated":
      return c.json({ ...outcome.run, warnings: [] } satisfies CreatedRun, 200);
    case "refused":
      return answerRefusal(c, outcome);
    default:
      return unreachable(outcome);
  }
}

/** Answers with every fault of what was submitted. */
export function answerRefusal(
  c: Context,
  { code, reason, faults }: Extract<SubmitOutcome, { kind: "refused" }>,
): Response {
  return answerProblem(c, { status: REFUSAL_STATUSES[code], code, detail: reason, faults });
}

type RefusalCode = Extract<SubmitOutcome, { kind: "refused" }>["code"];

const REFUSAL_STATUSES: Readonly<Record<RefusalCode, ProblemParts["status"]>> = {
  suite_invalid: 422,
  no_matching_node: 422,
  nothing_to_run: 422,
  disk_full: 507,
  too_large: 413,
  conflict: 409,
};
