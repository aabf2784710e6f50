/** A body that comes too slowly is given up; one that comes steadily is not. */
import { expect, test } from "vitest";
import { withinTime } from "#gateway/http/slow-body.ts";
import { createHandClock } from "#kit/hand-clock.ts";

/** A body of chunks that come `everyMs`. */
function bodyOf(chunkBytes: number, everyMs: number, count: number) {
  const clock = createHandClock();
  let sent = 0;
  const state = { isCancelled: false };
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) =>
        new Promise<void>((resolve) => {
          clock.after(everyMs, () => {
            sent += 1;
            if (state.isCancelled) return resolve();
            if (sent > count) controller.close();
            else controller.enqueue(new Uint8Array(chunkBytes));
            resolve();
          });
        }),
      cancel: () => {
        state.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { clock, body, state };
}

async function read(slow: ReturnType<typeof bodyOf>, untilMs: number) {
  const outcome = { bytes: 0, fault: undefined as unknown, isOver: false };
  const reading = async () => {
    for await (const chunk of withinTime(slow.body, slow.clock)) outcome.bytes += chunk.length;
  };
  const over = reading()
    .catch((thrown: unknown) => {
      outcome.fault = thrown;
    })
    .finally(() => {
      outcome.isOver = true;
    });
  await slow.clock.run(untilMs);
  if (outcome.isOver) await over;
  return outcome;
}

test("withinTime() gives up a client that sends a byte now and then, and reads no more of it", async () => {
  const slow = bodyOf(1, 5_000, 1_000_000);
  const { bytes, fault } = await read(slow, 70_000);
  expect(fault).toMatchObject({ problem: { status: 408, code: "too_slow" } });
  expect(bytes).toBeGreaterThan(5);
  expect(slow.state.isCancelled).toBe(true);
});

test("withinTime() gives up a client that says nothing more", async () => {
  const slow = bodyOf(1, 1_000_000, 1);
  expect((await read(slow, 61_000)).fault).toMatchObject({ problem: { code: "too_slow" } });
});

test("withinTime() lets a large body come at 32 KiB a second, however long that takes", async () => {
  const steady = bodyOf(32 * 1024, 1_000, 300);
  const { bytes, fault, isOver } = await read(steady, 302_000);
  expect({ fault, isOver, bytes }).toEqual({
    fault: undefined,
    isOver: true,
    bytes: 300 * 32 * 1024,
  });
});
