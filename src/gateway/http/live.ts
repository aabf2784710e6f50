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
 * - N3 A client that takes nothing for `STALL_MS` is dropped, and the log names it.
 */
import { Hono } from "hono";
import { z } from "zod";
import type { NumberedNotice, RunNotice } from "#proto/api.ts";
import type { RunId } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import type { GatewayService } from "../service.ts";
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

const HEARTBEAT_MS = 5_000;
const STALL_MS = 60_000;
const NOTICES_PER_CHUNK = 200;
const STARTS_WAITING_MAX = 1_000;
const CLIENTS_MAX = 1_000;
const EventsQuery = z.object({ after: z.coerce.number().int().min(0).optional() });

/** Makes the route of the streams and knows the open ones. */
export function createLiveStreams(options: LiveOptions): LiveStreams {
  const open = new Set<() => void>();
  const routes = new Hono();
  routes.get("/:id/events", (c) => {
    const { after = 0 } = readQuery(c, EventsQuery);
    const { id } = findRun(c, options.service);
    if (open.size >= CLIENTS_MAX) throw tooMany();
    const client = {
      runId: id,
      after: lastEventId(c.req.header("last-event-id")) ?? after,
      name: clientName(c.req.raw),
    };
    const headers = {
      "content-type": "text/event-stream; charset=utf-8",
      "x-accel-buffering": "no",
    };
    return c.body(
      c.req.method === "HEAD" ? null : openStream({ ...options, ...client, open }),
      200,
      headers,
    );
  });
  return { routes, close: () => [...open].forEach((end) => end()) };
}

function clientName(request: Request): string {
  return (request.headers.get("user-agent") ?? "a client without a name").slice(0, 80);
}

function lastEventId(header: string | undefined): number | undefined {
  if (header === undefined || header === "") return undefined;
  return /^\d{1,15}$/.test(header)
    ? Number(header)
    : throwBadRequest("Cannot go on: Last-Event-ID is not a number");
}

function tooMany(): HttpProblem {
  return new HttpProblem({
    status: 503,
    code: "too_many_clients",
    detail: `Cannot follow the run: ${CLIENTS_MAX} clients follow already`,
  });
}

type Stream = LiveOptions & {
  readonly runId: RunId;
  /** Number of the last notice that the client has. */
  readonly after: number;
  readonly name: string;
  readonly open: Set<() => void>;
};

function openStream(of: Stream): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = createNoticeSource(of);
  const encoder = new TextEncoder();
  let wake = () => undefined as void;
  let isClosed = false;
  let isHeartbeatDue = false;
  let takenMs = of.clock.monotonicMs();
  let end = () => undefined as void;

  const release = () => {
    isClosed = true;
    of.open.delete(end);
    timer.cancel();
    source.stop();
    wake();
  };
  const beat = () => {
    isHeartbeatDue = true;
    if (of.clock.monotonicMs() - takenMs > STALL_MS) {
      of.log(`Dropped ${of.name}, which follows ${of.runId}: it took nothing for ${STALL_MS} ms`);
      return end();
    }
    timer = of.clock.after(HEARTBEAT_MS, beat);
    return wake();
  };
  let timer = of.clock.after(HEARTBEAT_MS, beat);
  source.watch(() => wake());

  const nextText = (): string => {
    const text = source.next();
    if (text !== "" || !isHeartbeatDue) return text;
    isHeartbeatDue = false;
    return ": heartbeat\n\n";
  };
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
    takenMs = of.clock.monotonicMs();
    let text = nextText();
    while (text === "" && !source.isAtEnd() && !isClosed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      takenMs = of.clock.monotonicMs();
      text = nextText();
    }
    if (isClosed) return; // re-checked after await
    if (text !== "") controller.enqueue(encoder.encode(text));
    if (source.isAtEnd()) end();
  };
  const start = (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
    end = () => {
      if (isClosed) return;
      release();
      controller.close();
    };
    of.open.add(end);
    // Something at once, so that the client sees its stream open.
    controller.enqueue(encoder.encode("retry: 1000\n\n"));
  };
  return new ReadableStream({ start, pull, cancel: release }, { highWaterMark: 1 });
}

type NoticeSource = {
  /** The text of what comes next, "" when there is nothing now. */
  readonly next: () => string;
  /** `run_ended` was given, or had been given before `after`. */
  readonly isAtEnd: () => boolean;
  readonly watch: (onNews: () => void) => void;
  readonly stop: () => void;
};

function createNoticeSource({ service, runId, after }: Stream): NoticeSource {
  let given = after;
  let isAtEnd = false;
  let page: readonly NumberedNotice[] = [];
  let starts: string[] = [];
  let unwatch: readonly (() => void)[] = [];

  const fillPage = () => {
    // Looked at before the notices: a run that ends between the two is at its end at the next look.
    const isEnded = service.run(runId)?.state !== "running";
    page = service.notices(runId, given);
    if (isEnded && page.length === 0) isAtEnd = true;
  };
  const nextNotices = (): string => {
    if (page.length === 0 && !isAtEnd) fillPage();
    const chunk = page.slice(0, NOTICES_PER_CHUNK);
    page = page.slice(NOTICES_PER_CHUNK);
    given = chunk.at(-1)?.number ?? given;
    if (chunk.some(({ notice }) => notice.kind === "run_ended")) isAtEnd = true;
    return chunk.map(({ number, notice }) => eventText(notice, number)).join("");
  };
  return {
    // Starts first: the end of an attempt never comes before its start.
    next: () => {
      const text = starts.join("");
      starts = [];
      return text + nextNotices();
    },
    isAtEnd: () => isAtEnd,
    watch: (onNews) => {
      const onStart = (start: Omit<Extract<RunNotice, { kind: "test_started" }>, "kind">) => {
        if (starts.length < STARTS_WAITING_MAX)
          starts.push(eventText({ kind: "test_started", ...start }));
        onNews();
      };
      unwatch = [service.watchNotices(runId, onNews), service.watchStarts(runId, onStart)];
    },
    stop: () => unwatch.forEach((stop) => stop()),
  };
}

function eventText(notice: RunNotice, number?: number): string {
  const id = number === undefined ? "" : `id: ${number}\n`;
  return `${id}event: ${notice.kind}\ndata: ${JSON.stringify(notice)}\n\n`;
}
