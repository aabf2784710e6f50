import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { type Driver, type Session, StepError } from "#node/drivers/driver.ts";
import { Sha256 } from "#proto/ids.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { blobKey, get, openBench, waitFor } from "./bench-attempt.ts";

type Bench = Awaited<ReturnType<typeof openBench>>;
let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
const opened = async (options: Parameters<typeof openBench>[0] = {}) => {
  bench = await openBench(options);
  return bench;
};
const statuses = (ran: {
  readonly steps: readonly { readonly stepIndex: number; readonly status: string }[];
}) => ran.steps.map(({ stepIndex, status }) => `${stepIndex} ${status}`);

/** A driver whose sessions do what the test says. */
const scripted = (session: Partial<Session>, onOpen: () => void = () => undefined): Driver => ({
  platform: "http",
  probe: async () => ({ kind: "able", capability: { platform: "http" } }),
  createSlot: () => ({
    open: async () => {
      onOpen();
      return {
        perform: async () => undefined,
        collectEvidence: async () => undefined,
        conclude: async () => undefined,
        close: async () => undefined,
        ...session,
      };
    },
    close: async () => undefined,
  }),
});

test("what stands ready ends at rest, and the next attempt makes its own", async () => {
  const made: string[] = [];
  const closed: string[] = [];
  const plain = scripted({});
  const driver: Driver = {
    ...plain,
    createSlot: () => {
      const name = `slot ${made.push("") - 1}`;
      return { ...plain.createSlot(), close: async () => void closed.push(name) };
    },
    close: async () => void closed.push("driver"),
  };
  const { run, rest } = await opened({ drivers: [driver] });
  expect((await run([get("/")])).outcome.status).toBe("passed");
  rest();
  expect(new Set(closed)).toEqual(new Set(["slot 0", "driver"]));
  rest();
  expect(closed.filter((name) => name === "slot 0")).toEqual(["slot 0"]);
  expect((await run([get("/")])).outcome.status).toBe("passed");
  expect(made.length).toBe(2);
});

test("R2: a cancelled attempt ends at once, cancelled, and says nothing of the step that ran", async () => {
  const { begin } = await opened();
  const { attempt, ended, steps } = begin({
    steps: [
      { name: "open", phase: "main", line: 1, column: 1, ...get("/") },
      { name: "long", phase: "main", line: 2, column: 1, ...waitFor(60_000) },
      { name: "tidy", phase: "after", line: 3, column: 1, ...get("/") },
    ],
    timeoutMs: 120_000,
  });
  await waitUntil(() => steps.length === 1, { what: "the first step ended" });
  attempt.cancel({ status: "cancelled", message: "Cancelled by a person" });
  const ran = await ended;
  expect(ran.outcome).toMatchObject({
    status: "cancelled",
    error: { message: "Cancelled by a person" },
  });
  expect(statuses(ran)).toEqual(["0 passed"]);
});

test("an attempt that is ended as lost carries the loss", async () => {
  const { begin } = await opened();
  const { attempt, ended } = begin({
    steps: [{ name: "long", phase: "main", line: 2, column: 1, ...waitFor(60_000) }],
  });
  attempt.cancel({ status: "lost", loss: "node_stopped", message: "The node stops" });
  expect((await ended).outcome).toMatchObject({ status: "lost", loss: "node_stopped" });
});

test("C3: a driver that loses its machine makes the attempt lost, the step too, and no after step runs", async () => {
  const died = async () => {
    throw new StepError("lost", "browser_crash", "The browser process died");
  };
  const { run } = await opened({ drivers: [scripted({ perform: died })] });
  const ran = await run([get("/"), { ...get("/after"), phase: "after" }]);
  expect(ran.outcome).toMatchObject({ status: "lost", loss: "browser_crash" });
  expect(statuses(ran)).toEqual(["0 lost"]);
});

test("a fault of a driver is a failed step by name", async () => {
  const broken = async () => {
    throw new TypeError("undefined is not a function");
  };
  const { run } = await opened({ drivers: [scripted({ perform: broken })] });
  const ran = await run([get("/")]);
  expect(ran.outcome).toMatchObject({ status: "failed", error: { code: "driver_fault" } });
});

test("a driver that ignores its signal, and a close that hangs, are left behind; the slot is replaced", async () => {
  const never = new Promise<void>(() => undefined);
  let opens = 0;
  const driver = scripted({ perform: () => never, close: () => never }, () => {
    opens += 1;
  });
  const slotsMade: number[] = [];
  const counting: Driver = {
    ...driver,
    createSlot: () => {
      slotsMade.push(opens);
      return driver.createSlot();
    },
  };
  const { run } = await opened({ drivers: [counting], limits: { driverCloseMs: 50 } });
  const ran = await run([{ ...get("/"), timeoutMs: 50 }]);
  expect(ran.outcome).toMatchObject({ status: "failed", error: { code: "timeout" } });
  await run([{ ...get("/"), timeoutMs: 50 }]);
  expect(slotsMade).toEqual([0, 1]);
});

test("a session that cannot be opened makes the attempt lost, within a bound of its own", async () => {
  const hanging: Driver = {
    ...scripted({}),
    createSlot: () => ({ open: () => new Promise(() => undefined), close: async () => undefined }),
  };
  const { run } = await opened({
    drivers: [hanging],
    limits: { driverCloseMs: 50, attemptOpenMs: 100 },
  });
  const ran = await run([get("/")]);
  expect(ran.outcome).toMatchObject({ status: "lost", loss: "driver_fault" });
  expect(ran.outcome.error?.message).toContain("The bound of 100 ms for getting ready");
});

test("what a machine needs to get ready is not the test's time", async () => {
  const slow = scripted({});
  const { run } = await opened({
    drivers: [
      {
        ...slow,
        createSlot: () => {
          const slot = slow.createSlot();
          const open: typeof slot.open = async (options) => {
            await pause(systemClock, 900);
            return slot.open(options);
          };
          return { ...slot, open };
        },
      },
    ],
  });
  const ran = await run([get("/")], { timeoutMs: 600 });
  expect(ran.outcome.status).toBe("passed");
});

test("files travel by their sha256 into the attempt's own folder, which is gone afterwards", async () => {
  const content = "a picture";
  const sha256 = Sha256.parse(createHash("sha256").update(content).digest("hex"));
  const uploaded: string[] = [];
  let downloads = 0;
  const { run, folder } = await opened({
    handle: (request, response) => {
      if (
        request.url === `/v1/blobs/${sha256}` &&
        request.headers.authorization === `Bearer ${blobKey}`
      ) {
        downloads += 1;
        response.end(content);
        return;
      }
      request.setEncoding("utf8");
      request.on("data", (part: string) => void uploaded.push(part));
      request.on("end", () => response.end());
    },
  });
  const sending = {
    kind: "request",
    args: {
      method: "POST",
      url: "/up",
      body: { kind: "multipart", fields: { photo: { file: "img/a.png" } } },
    },
  };
  const files = [{ path: "img/a.png", sha256, bytes: content.length }];
  expect((await run([sending], { files })).outcome).toMatchObject({ status: "passed" });
  expect((await run([sending], { files })).outcome).toMatchObject({ status: "passed" });
  expect(uploaded.join("").split(content)).toHaveLength(3);
  expect(downloads).toBe(1);
  await waitUntil(() => readdirSync(join(folder, "work")).length === 0, {
    what: "workspaces are removed",
  });
});

test("a file whose path leaves the workspace, or that cannot be had, makes the attempt lost by name", async () => {
  const sha256 = Sha256.parse("0".repeat(64));
  const { run, folder } = await opened({
    handle: (_request, response) => {
      response.statusCode = 404;
      response.end();
    },
  });
  const missing = await run([get("/")], {
    files: [{ path: "a.png", sha256, bytes: 1 }],
    timeoutMs: 300,
  });
  expect(missing.outcome).toMatchObject({ status: "lost", loss: "file_missing" });
  expect(missing.outcome.error?.message).toContain("a.png");
  const content = "ok";
  const real = Sha256.parse(createHash("sha256").update(content).digest("hex"));
  await bench?.close();
  const second = await opened({ handle: (_request, response) => response.end(content) });
  for (const path of ["../../escaped", "/escaped", "a/../../../escaped", "..\\escaped"]) {
    const ran = await second.run([get("/")], { files: [{ path, sha256: real, bytes: 2 }] });
    expect(ran.outcome).toMatchObject({ status: "lost", loss: "file_missing" });
  }
  expect(existsSync(join(folder, "escaped"))).toBe(false);
  expect(existsSync(join(second.folder, "escaped"))).toBe(false);
});
