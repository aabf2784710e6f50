/** The reader of event streams. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSseParser } from "#cli/sse.ts";

const STREAM =
  'retry: 1000\n\n: heartbeat\n\nid: 7\nevent: test_ended\ndata: {"a":1}\n\nevent: x\ndata: one\ndata: two\n\nid:8\r\ndata:last\r\n\r\n';
const EVENTS = [
  { id: "7", event: "test_ended", data: '{"a":1}' },
  { id: "", event: "x", data: "one\ntwo" },
  { id: "8", event: "message", data: "last" },
];

test("createSseParser() reads the same events, however the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: STREAM.length - 1 })), (places) => {
      const cuts = [0, ...[...places].sort((a, b) => a - b), STREAM.length];
      const parser = createSseParser();
      const events = cuts
        .slice(1)
        .flatMap((end, index) => parser.feed(STREAM.slice(cuts[index], end)));
      expect(events).toEqual(EVENTS);
    }),
  );
});
test("createSseParser() refuses an event without an end", () => {
  const parser = createSseParser();
  expect(() => {
    for (let count = 0; count < 20; count += 1) parser.feed("x".repeat(1024 * 1024));
  }).toThrow(RangeError);
});
