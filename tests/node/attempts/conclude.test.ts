/** What surrounds the steps of an attempt: parts of a step, steps that are skipped on purpose, and the session's end. */
import { expect, onTestFinished, test } from "vitest";
import { refersToSecrets } from "#node/attempts/fill.ts";
import {
  type Driver,
  type Ending,
  type Session,
  type SessionOptions,
  StepError,
} from "#node/drivers/driver.ts";
import type { Limits } from "#shared/limits.ts";
import { openBench, waitFor } from "./bench-attempt.ts";

type Watch = {
  readonly performed: string[];
  readonly endings: Ending[];
  readonly options: SessionOptions[];
};

/** A driver that notes what it is asked for. */
function watching(watch: Watch, session: Partial<Session> = {}): Driver {
  return {
    platform: "http",
    probe: async () => ({ kind: "able", capability: { platform: "http" } }),
    createSlot: () => ({
      open: async (options) => {
        watch.options.push(options);
        return {
          perform: async (step) => void watch.performed.push(step.kind),
          collectEvidence: async () => undefined,
          conclude: async (ending) => void watch.endings.push(ending),
          close: async () => undefined,
          ...session,
        };
      },
      close: async () => undefined,
    }),
  };
}

async function watched(session: Partial<Session> = {}, limits: Partial<Limits> = {}) {
  const watch: Watch = { performed: [], endings: [], options: [] };
  const bench = await openBench({ drivers: [watching(watch, session)], limits });
  onTestFinished(bench.close);
  return { ...bench, ...watch };
}

const picture = { verb: "screenshot", args: { name: "after" } };
const film = { verb: "record", args: { action: "start", name: "film" } };

test("runStep() performs the parts around a step as one step with one outcome", async () => {
  const { run, performed } = await watched();
  const ran = await run([{ ...waitFor(1), around: { before: [film], after: [picture] } }]);
  expect(performed).toEqual(["record", "wait", "screenshot"]);
  expect(ran.steps.map(({ status }) => status)).toEqual(["passed"]);
});

test("runStep() takes no picture after a step that failed", async () => {
  const tried: string[] = [];
  const { run } = await watched({
    perform: async (step) => {
      tried.push(step.kind);
      if (step.kind === "wait") throw new StepError("failed", "expect", "No");
    },
  });
  const ran = await run([{ ...waitFor(1), around: { before: [], after: [picture] } }]);
  expect(tried).toEqual(["wait"]);
  expect(ran.outcome.status).toBe("failed");
});

test("runStep() performs the verb behind another format's word for it", async () => {
  const { run, performed } = await watched();
  await run([{ kind: "pause", verb: "wait", args: { for: { kind: "time", ms: 0 } } }]);
  expect(performed).toEqual(["wait"]);
});

test("A step that is skipped on purpose is not executed, and the next one is", async () => {
  const { run, performed } = await watched();
  const ran = await run([{ kind: "vision_click", args: {}, skip: "not supported" }, waitFor(1)]);
  expect(performed).toEqual(["wait"]);
  expect(ran.steps.map(({ stepIndex }) => stepIndex)).toEqual([1]);
  expect(ran.outcome.status).toBe("passed");
});

test.each([
  ["passed", "passed"],
  ["failed", "failed"],
] as const)(
  "conclude() is called once, after the after steps, of an attempt that %s",
  async (_, status) => {
    const order: string[] = [];
    const { run } = await watched({
      perform: async (step) => {
        order.push(step.kind);
        if (step.kind === "wait" && status === "failed") throw new StepError("failed", "x", "No");
      },
      conclude: async (ending) => void order.push(`${ending.status} ${ending.leftMs > 0}`),
      close: async () => void order.push("close"),
    });
    await run([waitFor(1), { kind: "screenshot", phase: "after", args: { name: "last" } }]);
    expect(order).toEqual(["wait", "screenshot", `${status} true`, "close"]);
  },
);

test("conclude() is not called of a lost attempt: nobody reads its films", async () => {
  const { run, endings } = await watched({
    perform: () => Promise.reject(new StepError("lost", "browser_crash", "It died")),
  });
  expect((await run([waitFor(1)])).outcome.status).toBe("lost");
  expect(endings).toEqual([]);
});

test.each([
  ["fails", () => Promise.reject(new Error("no film")), /no film/],
  ["hangs", () => new Promise<void>(() => undefined), /bound of \d+ ms for films and traces/],
] as const)(
  "A conclude() that %s is a warning and decides no verdict",
  async (_, conclude, said) => {
    const { run } = await watched({ conclude }, { concludeMs: 50 });
    const ran = await run([waitFor(1)], { timeoutMs: 200 });
    expect(ran.outcome.status).toBe("passed");
    expect(ran.outcome.warnings?.join("\n")).toMatch(said);
  },
  10_000,
);

test("miss() tells of evidence that does not exist, with its reason and without a secret", async () => {
  const { run } = await watched();
  const watch: Watch = { performed: [], endings: [], options: [] };
  const bench = await openBench({
    drivers: [
      watching(watch, {
        conclude: async () =>
          watch.options[0]?.miss({ name: "trace.zip", kind: "trace", reason: "It shows hunter" }),
      }),
    ],
  });
  onTestFinished(bench.close);
  const ran = await bench.run([waitFor(1)], {}, { KEY: "hunter" });
  expect(ran.artifacts).toEqual([
    { name: "trace.zip", kind: "trace", bytes: 0, missing: "It shows ***" },
  ]);
  expect((await run([waitFor(1)])).artifacts).toEqual([]);
});

test("a plain wait that is as long as its own bound fits in it; a longer one does not", async () => {
  const bench = await openBench();
  onTestFinished(bench.close);
  expect((await bench.run([{ ...waitFor(60), timeoutMs: 60 }])).outcome.status).toBe("passed");
  expect((await bench.run([{ ...waitFor(90), timeoutMs: 60 }])).outcome.status).toBe("failed");
});

const step = (args: Record<string, string>) => ({
  name: "",
  kind: "fill",
  phase: "main" as const,
  line: 1,
  column: 1,
  args,
});
test.each([
  ["${secrets.KEY}", true],
  ["a ${ secrets.KEY } b", true],
  ["a ${\n\tsecrets.KEY } b", true],
  ["$${secrets.KEY}", false],
  ["$$${secrets.KEY}", false],
  ["secrets.KEY", false],
  ["${saved.secrets}", false],
])("refersToSecrets() of %s is %s", (value, expected) => {
  expect(refersToSecrets({ steps: [step({ value })] })).toBe(expected);
  expect(refersToSecrets({ baseUrl: value, steps: [] })).toBe(expected);
  const around = { before: [], after: [{ verb: "screenshot", args: { name: value } }] };
  expect(refersToSecrets({ steps: [{ ...step({}), around }] })).toBe(expected);
});
