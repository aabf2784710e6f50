/**
 * `GET /v1/runs/:id/events`: what happens in a run, as Server-Sent Events (WHATWG HTML, 9.2).
 *
 * Notices carry their number as `id:`, so that a client goes on after the last one it has (`Last-Event-ID`, or
 * `?after=`); `test_started` has none, since it may be lost and is never repeated. The stream ends after `run_ended`.
 *
 * Invariants:
 * - N1 Nothing is queued for a client but what may be lost: notices are read from the service when the client has room,
 *   so a slow one is late and never costs memory. Refused: a queue for each client that drops the slow at its bound.
 * - N2 Watching begins before the first look, so no notice falls between the two.
 * - N3 A client that takes nothing for a minute is dropped, and the log names it.
 */
import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Clock } from "#shared/clock.ts";
import type { GatewayService } from "../service.ts";
import { createNoticeSource } from "./notice-source.ts";
import { openNoticeStream } from "./notice-stream.ts";
import { HttpProblem, throwBadRequest } from "./problem.ts";
import { readQuery } from "./request-body.ts";
import { findRun } from "./runs.ts";

export type LiveOptions = {
  readonly service: GatewayService;
  readonly clock: Clock;
  readonly log: (message: string) => void;
};

export type LiveStreams = {
  readonly routes: Hono;
  /** Ends every stream. */
  readonly close: () => void;
};

const CLIENTS_MAX = 1_000;
const HEADERS = { "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" };
const EventsQuery = z.object({ after: z.coerce.number().int().min(0).default(0) });

/** Makes the route of the streams and knows the open ones. */
export function createLiveStreams(options: LiveOptions): LiveStreams {
  const open = new Set<() => void>();
  const routes = new Hono();
  routes.get("/:id/events", (c) => {
    const after = lastEventId(c) ?? readQuery(c, EventsQuery).after;
    const { id: runId } = findRun(c, options.service);
    if (c.req.method === "HEAD") return c.body(null, 200, HEADERS);
    if (open.size >= CLIENTS_MAX) throw tooMany();
    const stream = openNoticeStream({
      clock: options.clock,
      source: createNoticeSource({ service: options.service, runId, after }),
      onStalled: (stallMs) =>
        options.log(
          `Dropped ${clientName(c)}, which follows ${runId}: it took nothing for ${stallMs} ms`,
        ),
      onClosed: () => void open.delete(stream.end),
    });
    open.add(stream.end);
    return c.body(stream.body, 200, HEADERS);
  });
  const close = () => {
    for (const end of [...open]) end();
  };
  return { routes, close };
}

function clientName(c: Context): string {
  return (c.req.header("user-agent") ?? "a client without a name").slice(0, 80);
}

function lastEventId(c: Context): number | undefined {
  const text = c.req.header("last-event-id") ?? "";
  if (text === "") return undefined;
  return /^\d{1,15}$/.test(text)
    ? Number(text)
    : throwBadRequest("Cannot go on: Last-Event-ID is not a number");
}

function tooMany(): HttpProblem {
  const detail = `Cannot follow the run: ${CLIENTS_MAX} clients follow already`;
  return new HttpProblem({ status: 503, code: "too_many_clients", detail });
}
