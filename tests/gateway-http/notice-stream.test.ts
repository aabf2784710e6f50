/** The stream of one client with time moved by hand. */
import { expect, test } from "vitest";
import { createNoticeSource } from "#gateway/http/notice-source.ts";
import { openNoticeStream } from "#gateway/http/notice-stream.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { createHandService } from "#kit/hand-service.ts";

function setUp() {
  const clock = createHandClock();
  const service = createHandService();
  const runId = service.addRun();
  const happened: string[] = [];
  const source = createNoticeSource({ service, runId, after: 0 });
  const stream = openNoticeStream({
    source,
    clock,
    onStalled: (stallMs) => void happened.push(`stalled ${stallMs}`),
    onClosed: () => void happened.push("closed"),
  });
  const reader = stream.body.getReader();
  const read = async () => {
    const part = await reader.read();
    return part.done ? undefined : new TextDecoder().decode(part.value);
  };
  return { clock, service, runId, happened, stream, reader, read };
}

test("a silent stream is kept awake by a comment every 5 s, for hours", async () => {
  const { clock, read, happened } = setUp();
  expect(await read()).toBe("retry: 1000\n\n");
  for (let beat = 0; beat < 2000; beat += 1) {
    const next = read();
    await clock.run(4_990);
    await clock.run(10);
    expect(await next).toBe(": heartbeat\n\n");
  }
  expect(happened).toEqual([]);
});

test("a client that takes nothing for a minute is dropped (N3), one that is slow is not", async () => {
  const { clock, service, runId, happened, read } = setUp();
  service.notify(runId, { kind: "waiting", reason: "x" });
  for (let round = 0; round < 5; round += 1) {
    await clock.run(50_000);
    await read();
  }
  expect(happened).toEqual([]);
  await clock.run(66_000);
  expect(happened).toEqual(["stalled 60000", "closed"]);
  await expect(read().then(read)).rejects.toThrow("takes nothing");
  expect(service.watcherCount()).toBe(0);
  expect(clock.nextAtMs()).toBeUndefined();
});

test.each(["end", "cancel"] as const)(
  "%s of a waiting stream lets go of everything, once",
  async (how) => {
    const { clock, service, happened, stream, reader, read } = setUp();
    await read();
    const waiting = read();
    if (how === "end") stream.end();
    else await reader.cancel();
    stream.end();
    expect(await waiting).toBeUndefined();
    expect(happened).toEqual(["closed"]);
    expect(service.watcherCount()).toBe(0);
    expect(clock.nextAtMs()).toBeUndefined();
  },
);
