/** Following a run by number, over a real HTTP server that breaks off. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createApiClient } from "#cli/api-client.ts";
import { followRun } from "#cli/run/follow.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { waitUntil } from "#kit/wait-until.ts";
import type { RunNotice } from "#proto/api.ts";
import { systemClock } from "#shared/clock.ts";

const TOTALS = { planned: 3, passed: 3, failed: 0, flaky: 0, skipped: 0, lost: 0 };

function ended(testIndex: number): RunNotice {
  return {
    kind: "test_ended",
    testIndex,
    key: `s › t${testIndex}`,
    verdict: "passed",
    durationMs: 1,
    finished: 1,
    planned: 3,
  };
}
const NOTICES: readonly RunNotice[] = [
  ended(0),
  ended(1),
  ended(2),
  { kind: "run_ended", status: "passed", exitCode: 0, totals: TOTALS },
];

/** A server that answers by `answer`; returns its URL and what `Last-Event-ID`s were asked for. */
async function serve(answer: (response: ServerResponse, after: number) => void) {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    const after = Number(request.headers["last-event-id"]);
    asked.push(after);
    answer(response, after);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function follow(url: string, clock = systemClock, signal = new AbortController().signal) {
  const seen: RunNotice[] = [];
  const contact: boolean[] = [];
  const reasons: string[] = [];
  const end = followRun({
    client: createApiClient({ url, apiKey: "k".repeat(40) }),
    runId: "run-1",
    clock,
    signal,
    onNotice: (notice) => void seen.push(notice),
    onContact: (isLost, reason) => {
      contact.push(isLost);
      reasons.push(reason);
    },
  });
  return { end, seen, contact, reasons };
}

const eventText = (number: number) =>
  `id: ${number}\nevent: x\ndata: ${JSON.stringify(NOTICES[number - 1])}\n\n`;

test("followRun() hands over every notice once, though each connection ends after one and repeats the last", async () => {
  const { url, asked } = await serve((response, after) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end((after === 0 ? "" : eventText(after)) + eventText(after + 1));
  });
  const { end, seen, contact } = follow(url);
  expect(await end).toEqual({ kind: "ended" });
  expect(seen).toEqual(NOTICES);
  expect(asked).toEqual([0, 1, 2, 3]);
  expect(contact).toEqual([]);
});

test("followRun() says in our words that the gateway broke off", async () => {
  const { url } = await serve((response, after) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (after === 3) return void response.end(eventText(4));
    response.write(eventText(after + 1));
    setTimeout(() => response.destroy(), 50);
  });
  const { end, reasons } = follow(url);
  expect(await end).toEqual({ kind: "ended" });
  expect(reasons[0]).toMatch(/closed/);
  expect(reasons.join()).not.toMatch(/verbose|fetch/);
});

test("followRun() ends when the gateway does not know the run", async () => {
  const { url } = await serve((response) => {
    response.writeHead(404, { "content-type": "application/problem+json" });
    response.end(
      JSON.stringify({
        title: "Not found",
        status: 404,
        detail: "Cannot find the run run-1",
        code: "not_found",
      }),
    );
  });
  expect(await follow(url).end).toMatchObject({
    kind: "unreachable",
    reason: "Cannot find the run run-1",
  });
});

test("followRun() gives up when the gateway is away for a minute, not before", async () => {
  const clock = createHandClock();
  const { end, contact } = follow("http://127.0.0.1:9", clock);
  let over: unknown;
  void end.then((value) => {
    over = value;
  });
  await waitUntil(() => contact.length === 1, { what: "the loss is told" });
  clock.advance(59_000);
  expect(over).toBeUndefined();
  await waitUntil(
    () => {
      clock.advance(250);
      return over !== undefined;
    },
    { what: "it gives up" },
  );
  expect(over).toMatchObject({ kind: "unreachable" });
  expect(contact).toEqual([true]);
});

test("followRun() opens the stream again when it has said nothing for long", async () => {
  const clock = createHandClock();
  const { url, asked } = await serve((response, after) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(
      asked.length === 1
        ? ": hello\n\n"
        : NOTICES.map((_, index) => (index < after ? "" : eventText(index + 1))).join(""),
    );
  });
  const { end } = follow(url, clock);
  await waitUntil(() => asked.length === 1, { what: "the first connection" });
  let isOver = false;
  void end.then(() => {
    isOver = true;
  });
  await waitUntil(
    () => {
      clock.advance(1_000);
      return isOver;
    },
    { what: "the run is followed to its end" },
  );
  expect(asked.length).toBeGreaterThanOrEqual(2);
});

test("followRun() stops when it is told to", async () => {
  const stopping = new AbortController();
  const { url } = await serve((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(eventText(1));
  });
  const { end, seen } = follow(url, systemClock, stopping.signal);
  await waitUntil(() => seen.length === 1, { what: "the first notice" });
  stopping.abort();
  expect(await end).toEqual({ kind: "stopped" });
});
