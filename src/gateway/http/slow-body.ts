/**
 * Bounds how long a request's body may take: a client that sends a byte now and then would hold its connection, and the
 * memory of what came, for ever. The server's own bound is on silence alone.
 */
import type { Clock } from "#shared/clock.ts";
import { HttpProblem } from "./problem.ts";

/** Whatever its length. */
const BODY_MS = 60_000;
/** What came buys time at this rate: slower than any line that a mesh works over. */
const BYTES_PER_MS = 16;

/** The body's chunks as they come. @throws {HttpProblem} 408 when they come too slowly; the rest is not read. */
export async function* withinTime(
  body: ReadableStream<Uint8Array>,
  clock: Clock,
): AsyncGenerator<Uint8Array> {
  const startedMs = clock.monotonicMs();
  const reader = body.getReader();
  let bytes = 0;
  try {
    for (;;) {
      const leftMs = startedMs + BODY_MS + bytes / BYTES_PER_MS - clock.monotonicMs();
      const late = Promise.withResolvers<never>();
      const timer = clock.after(Math.max(0, leftMs), () => late.reject(tooSlow(bytes)));
      const { done, value } = await Promise.race([reader.read(), late.promise]).finally(() =>
        timer.cancel(),
      );
      if (done) return;
      bytes += value.length;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // The client is gone already.
  }
}

function tooSlow(bytes: number): HttpProblem {
  return new HttpProblem({
    status: 408,
    code: "too_slow",
    detail: `Cannot take the body: it comes too slowly, ${bytes} bytes so far`,
  });
}
