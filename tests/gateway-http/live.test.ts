/** The stream of a run's notices over HTTP. */
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { RunNotice } from "#proto/api.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { API_KEY, problemOf, serveApi } from "./http-kit.ts";

const waiting = (reason: string): RunNotice => ({ kind: "waiting", reason });

async function until(what: string, check: () => boolean) {
  const endMs = systemClock.monotonicMs() + 10_000;
  while (!check()) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`Not in time: ${what}`);
    await pause(systemClock, 5);
  }
}

/** Reads a stream into events as they come. */
function follow(answer: Response) {
  const events: { id: string | undefined; event: string; data: unknown }[] = [];
  const ended = (async () => {
    let pending = "";
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) {
      pending += decoder.decode(chunk, { stream: true });
      const blocks = pending.split("\n\n");
      pending = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
        const event = field("event");
        if (event !== undefined)
          events.push({ id: field("id"), event, data: JSON.parse(field("data") ?? "null") });
      }
    }
  })();
  return { events, ended };
}

test("the stream tells what was and what comes, by number, and ends with the run", async () => {
  const { call, service } = await serveApi();
  const id = service.addRun();
  service.notify(id, waiting("one"));
  const answer = await call(`/v1/runs/${id}/events`);
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  const { events, ended } = follow(answer);
  await until("the first", () => events.length === 1);
  service.start(id, { testIndex: 4, key: "k", attempt: 1, node: "n" });
  service.notify(id, waiting("two"));
  await until("the second", () => events.length === 3);
  service.end(id);
  await ended;
  expect(events.map((event) => [event.id, event.event])).toEqual([
    ["1", "waiting"],
    [undefined, "test_started"],
    ["2", "waiting"],
    ["3", "run_ended"],
  ]);
  expect(events[1]?.data).toEqual({
    kind: "test_started",
    testIndex: 4,
    key: "k",
    attempt: 1,
    node: "n",
  });
  await until("nobody watches", () => service.watcherCount() === 0);
});

test.each([
  ["header", { "last-event-id": "2" }, ""],
  ["query", {}, "?after=2"],
  ["header before the query", { "last-event-id": "2" }, "?after=0"],
])("the stream goes on after the number of the %s", async (_, headers, query) => {
  const { call, service } = await serveApi();
  const id = service.addRun();
  for (const reason of ["one", "two", "three"]) service.notify(id, waiting(reason));
  service.end(id);
  const { events, ended } = follow(await call(`/v1/runs/${id}/events${query}`, { headers }));
  await ended;
  expect(events.map((event) => event.id)).toEqual(["3", "4"]);
});

test("the stream of an ended run ends at once for a client that has everything", async () => {
  const { call, service } = await serveApi();
  const id = service.addRun();
  service.end(id);
  for (const after of [1, 99]) {
    const { events, ended } = follow(await call(`/v1/runs/${id}/events?after=${after}`));
    await ended;
    expect(events).toEqual([]);
  }
});

test("a number that is none is refused", async () => {
  const { call, service } = await serveApi();
  const id = service.addRun();
  const answer = await call(`/v1/runs/${id}/events`, { headers: { "last-event-id": "x" } });
  expect(await problemOf(answer)).toMatchObject({ status: 400 });
  expect((await call(`/v1/runs/${id}/events?after=-1`)).status).toBe(400);
});

test("many notices at once come all, once and in order", async () => {
  const { call, service } = await serveApi();
  const id = service.addRun();
  for (let index = 0; index < 3000; index += 1) service.notify(id, waiting("before"));
  const { events, ended } = follow(await call(`/v1/runs/${id}/events`));
  for (let index = 0; index < 3000; index += 1) service.notify(id, waiting("during"));
  service.end(id);
  await ended;
  expect(events.map((event) => Number(event.id))).toEqual(
    Array.from({ length: 6001 }, (_, index) => index + 1),
  );
});

test("a client that leaves is not watched for any more", async () => {
  const { call, service } = await serveApi();
  const id = service.addRun();
  const controller = new AbortController();
  const { ended } = follow(await call(`/v1/runs/${id}/events`, { signal: controller.signal }));
  await until("it is watched for", () => service.watcherCount() === 2);
  controller.abort();
  await expect(ended).rejects.toThrow();
  await until("nobody watches", () => service.watcherCount() === 0);
});

test("a client that takes nothing costs no memory and keeps nobody else waiting", async () => {
  const { call, server, service } = await serveApi();
  const id = service.addRun();
  const stuck = connect(server.port, "127.0.0.1");
  stuck.write(
    `GET /v1/runs/${id}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${API_KEY}\r\n\r\n`,
  );
  stuck.pause();
  await until("it is watched for", () => service.watcherCount() === 2);
  const before = process.memoryUsage().rss;
  const long = "x".repeat(10_000);
  for (let index = 0; index < 2000; index += 1) service.notify(id, waiting(long));
  service.end(id);
  const { events, ended } = follow(await call(`/v1/runs/${id}/events`));
  await ended;
  expect(events).toHaveLength(2001);
  expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000);
  stuck.destroy();
  await until("nobody watches", () => service.watcherCount() === 0);
});

test("close() ends the streams, so that the server can stop", async () => {
  const { app, call, service } = await serveApi();
  const id = service.addRun();
  const { ended } = follow(await call(`/v1/runs/${id}/events`));
  await until("it is watched for", () => service.watcherCount() === 2);
  app.close();
  await ended;
  expect(service.watcherCount()).toBe(0);
});
