/** K1: what a driver says is masked once more before it leaves an attempt, whatever the driver forgot. */
import { expect, onTestFinished, test } from "vitest";
import { type Driver, type Session, type SessionOptions, StepError } from "#node/drivers/driver.ts";
import { openBench, waitFor } from "./bench-attempt.ts";

const SECRET = "hunter-two";

/** A driver that keeps nothing to itself. */
const chatty = (open: (options: SessionOptions) => Partial<Session>): Driver => ({
  platform: "http",
  probe: async () => ({ kind: "able", capability: { platform: "http" } }),
  createSlot: () => ({
    open: async (options) => ({
      perform: async () => undefined,
      collectEvidence: async () => undefined,
      conclude: async () => undefined,
      close: async () => undefined,
      ...open(options),
    }),
    close: async () => undefined,
  }),
});

const CHATTY: readonly (readonly [what: string, open: Parameters<typeof chatty>[0]])[] = [
  [
    "an error of a step",
    () => ({ perform: () => Promise.reject(new Error(`Cannot log in as ${SECRET}`)) }),
  ],
  [
    "a loss in a step",
    () => ({
      perform: () => Promise.reject(new StepError("lost", "browser_crash", `It died of ${SECRET}`)),
    }),
  ],
  [
    "a session that does not open",
    () => {
      throw new Error(`Cannot open ${SECRET}`);
    },
  ],
  [
    "warnings of session and step",
    (options) => {
      options.warn(`opened with ${SECRET}`);
      return { perform: async () => options.warn(`performed with ${SECRET}`) };
    },
  ],
  [
    "evidence that fails",
    () => ({
      perform: () => Promise.reject(new StepError("failed", "expect", "No")),
      collectEvidence: () => Promise.reject(new Error(`No picture of ${SECRET}`)),
    }),
  ],
  [
    "the name of an artifact",
    (options) => ({
      perform: async () =>
        options.attach({ name: `${SECRET}.png`, kind: "screenshot", bytes: new Uint8Array(1) }),
    }),
  ],
];

test.each(CHATTY)("K1: %s does not tell a secret", async (_, open) => {
  const bench = await openBench({ drivers: [chatty(open)] });
  onTestFinished(bench.close);
  const ran = await bench.run([waitFor(1)], {}, { KEY: SECRET });
  const said = JSON.stringify([ran, bench.uploads.all()]);
  expect(said).not.toContain(SECRET);
  expect(said).toMatch(/\*\*\*|___/);
});
