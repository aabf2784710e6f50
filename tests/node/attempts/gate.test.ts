import { afterEach, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import type { StepGate } from "#node/attempts/gate.ts";
import { systemClock } from "#shared/clock.ts";
import { expectStatus, get, type Handle, openBench, planned } from "./bench-attempt.ts";

type Bench = Awaited<ReturnType<typeof openBench>>;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const open: StepGate = {
  isHeadless: true,
  before: async () => undefined,
  failed: async () => "go_on",
};

test("no bound of an attempt runs while it is held, and a step that failed is performed again", async () => {
  const timeoutMs = 500;
  const asked: string[] = [];
  const gate: StepGate = {
    ...open,
    before: async ({ planned }) => {
      asked.push(planned.name);
      const untilMs = systemClock.monotonicMs() + timeoutMs;
      const isOver = () => systemClock.monotonicMs() > untilMs;
      await waitUntil(isOver, { what: "more time than the attempt has is over" });
    },
    failed: async (_, { code }) => {
      asked.push(`${code}`);
      return "retry";
    },
  };
  let isThere = false;
  const handle: Handle = (_, response) => {
    if (isThere) response.end("ok");
    else response.destroy();
    isThere = true;
  };
  bench = await openBench({ gate, handle });
  const ran = await bench.run([get("/"), expectStatus(200)], { timeoutMs });
  expect(ran.outcome.error).toBeUndefined();
  expect(asked).toEqual(["request 0", "request", "expect 1"]);
  expect(ran.steps.map(({ status }) => status)).toEqual(["passed", "passed"]);
});

test("an attempt that is ended while it is held ends at once, whatever its gate says", async () => {
  const held = Promise.withResolvers<AbortSignal>();
  const gate: StepGate = {
    ...open,
    before: ({ signal }) => {
      held.resolve(signal);
      return new Promise((go) => signal.addEventListener("abort", () => go()));
    },
  };
  let hits = 0;
  const handle: Handle = (_, response) => {
    hits += 1;
    response.end();
  };
  bench = await openBench({ gate, handle });
  const running = bench.begin({ steps: [planned(get("/"))] });
  await held.promise;
  running.attempt.cancel({ status: "cancelled", message: "enough" });
  const { outcome, steps } = await running.ended;
  expect([outcome.status, outcome.error?.message, steps]).toEqual(["cancelled", "enough", []]);
  expect(hits).toBe(0); // The step was not performed.
});
