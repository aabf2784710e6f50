/**
 * What every driver promises to `attempts/run.ts`, run for each implementation: how steps end, what sessions share
 * (nothing), what leaves them (no secret), and where they write (the workspace).
 */
import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Step } from "#proto/step.ts";
import {
  type Driver,
  type DriverSlot,
  type Session,
  StepError,
} from "../../src/node/drivers/driver.ts";
import {
  openOn,
  type Played,
  type PlayOptions,
  type Site,
  serve,
  textOf,
} from "../drivers/stage.ts";

const ABORT_MS_MAX = 500;
const CLOSE_MS_MAX = 5_000;
const SECRET = 'p4ss w"örd/+';

export type DriverCase = {
  readonly name: string;
  readonly createDriver: () => Driver;
  /** A step that takes the page or answer at a path. */
  readonly visit: (path: string) => unknown;
  /** Steps that end only with their bound. */
  readonly endless: readonly unknown[];
};

/** Runs the contract for one driver. */
export function describeDriver({ name, createDriver, visit, endless }: DriverCase): void {
  describe(`driver ${name}`, () => {
    let site: Site;
    let slot: DriverSlot;
    beforeAll(async () => {
      site = await serve({
        "/": "<h1>Here</h1>",
        "/cookie": (request, response) => {
          response.setHeader("set-cookie", "who=me; Path=/");
          response.setHeader("content-type", "text/plain");
          response.end(`cookie: ${request.headers.cookie ?? "none"}`);
        },
        "/silent": () => undefined,
        "/echo": (request, response) => {
          const { searchParams } = new URL(request.url ?? "/", "http://site");
          response.setHeader("content-type", "text/html; charset=utf-8");
          response.end(`<script>console.error(document.URL)</script>${searchParams.get("q")}`);
        },
      });
      slot = createDriver().createSlot();
    });
    afterAll(async () => {
      await slot.close();
      await site.close();
    });
    const open = (options: PlayOptions = {}): Promise<Played> =>
      openOn(slot, { baseUrl: site.url, ...options });
    const request = (path: string) => ({ kind: "request", method: "GET", url: path });
    const readCookie = { kind: "save", values: { cookie: { of: "body" } } };

    test("probe() does it and says for which platform", async () => {
      const driver = createDriver();
      const probe = await driver.probe(20_000);
      expect(probe).toMatchObject({ kind: "able", capability: { platform: driver.platform } });
    });

    test("perform() resolves, or throws a StepError with outcome and code", async () => {
      const { play, failed, close } = await open();
      await play(visit("/"));
      await play({ kind: "wait", for: { kind: "time", ms: 0 } });
      const thrown = await failed({
        kind: "expect",
        checks: [{ subject: { of: "that", value: 1 }, matcher: { equals: 2 } }],
      });
      expect(thrown).toBeInstanceOf(StepError);
      expect(thrown).toMatchObject({ outcome: "failed", code: "expect" });
      const refused = await failed(visit("http://127.0.0.1:9/"));
      expect(refused).toBeInstanceOf(StepError);
      expect(refused).toMatchObject({ outcome: "failed" });
      await close();
    });

    test("an abort ends a step within 500 ms, and the session goes on", async () => {
      const { session, play, close } = await open();
      for (const step of [visit("/silent"), request("/silent"), ...endless]) {
        const tookMs = await timeAborted(session, step);
        expect(tookMs).toBeLessThan(ABORT_MS_MAX);
        await play(visit("/"));
      }
      await close();
    });

    test("a step whose signal is already aborted fails", async () => {
      const { session, close } = await open();
      const context = { signal: AbortSignal.abort(), timeoutMs: 1_000, save: () => undefined };
      await expect(session.perform(Step.parse(visit("/silent")), context)).rejects.toThrow(
        StepError,
      );
      await close();
    });

    test("close() is bounded, and ends the step that runs and those that come", async () => {
      for (const step of [visit("/silent"), ...endless]) {
        const { failed, close } = await open();
        const running = failed(step, 30_000);
        const startMs = performance.now();
        await close();
        expect(await running).toMatchObject({ outcome: "failed", code: "closed" });
        expect(performance.now() - startMs).toBeLessThan(CLOSE_MS_MAX);
        expect(await failed(visit("/"))).toMatchObject({ code: "closed" });
        await close();
      }
    });

    test("sessions share no cookies, one after the other or at once", async () => {
      const [one, two] = [await open(), await open()];
      await one.play(request("/cookie"));
      await one.play(request("/cookie"));
      await one.play(readCookie);
      expect(one.saved["cookie"]).toBe("cookie: who=me");
      await two.play(request("/cookie"));
      await two.play(readCookie);
      expect(two.saved["cookie"]).toBe("cookie: none");
      await Promise.all([one.close(), two.close()]);
      const three = await open();
      await three.play(request("/cookie"));
      await three.play(readCookie);
      expect(three.saved["cookie"]).toBe("cookie: none");
      await three.close();
    });

    test("no secret leaves: not in evidence, warnings or errors", async () => {
      const played = await open({ secrets: { PASS: SECRET } });
      const query = `/echo?q=${encodeURIComponent(SECRET)}`;
      await played.play(visit(query));
      await played.play(request(query));
      const errors = [
        await played.failed(visit(`http://127.0.0.1:9/${encodeURIComponent(SECRET)}`)),
        await played.failed({
          kind: "expect",
          checks: [{ subject: { of: "that", value: `is ${SECRET}` }, matcher: { equals: SECRET } }],
        }),
        await played.failed(visit(SECRET.padStart(30, "http://[")), 500),
      ];
      await played.play(request(query));
      await played.play(visit(`/nowhere?q=${encodeURIComponent(SECRET)}`));
      await played.session.collectEvidence(AbortSignal.timeout(5_000));
      const shown = [
        textOf(played.evidence),
        ...played.evidence.map((one) => one.name),
        ...played.warnings,
        ...errors.map((error) => `${error.message}\n${error.stack ?? ""}`),
      ].join("\n");
      expect(shown).toContain("***");
      expect(shown).not.toContain(SECRET);
      expect(shown).not.toMatch(/p4ss/);
      await played.close();
    });

    test("collectEvidence() never throws, also before anything was done and after the end", async () => {
      const { session, close } = await open();
      await session.collectEvidence(AbortSignal.timeout(5_000));
      await session.collectEvidence(AbortSignal.abort());
      await close();
      await session.collectEvidence(AbortSignal.timeout(1_000));
    });

    test("conclude() never throws: before anything was done, aborted, twice and after the end", async () => {
      const { session, close } = await open({
        evidence: { trace: "on", video: "on", screenshots: "on", console: "on", dom: "on" },
      });
      const ending = { status: "passed", leftMs: 100 } as const;
      await session.conclude({ ...ending, signal: AbortSignal.timeout(20_000) });
      await session.conclude({ ...ending, signal: AbortSignal.abort() });
      await close();
      await session.conclude({ ...ending, status: "failed", signal: AbortSignal.timeout(1_000) });
    });

    test("nothing is written beside the workspace", async () => {
      const before = await readdir(process.cwd());
      const { play, session, workspaceDir, close } = await open();
      await play(visit("/"));
      await session.collectEvidence(AbortSignal.timeout(5_000));
      expect(await readdir(process.cwd())).toEqual(before);
      expect(await readdir(workspaceDir)).toEqual([]);
      await close();
    });

    test("two slots work side by side, and a closed slot leaves the other alone", async () => {
      const second = createDriver().createSlot();
      const [one, two] = await Promise.all([open(), openOn(second, { baseUrl: site.url })]);
      await Promise.all([one.play(visit("/")), two.play(visit("/"))]);
      await two.close();
      await second.close();
      await one.play(visit("/echo?q=1"));
      await one.close();
    });
  });
}

/** How long a step lives on after its signal, which is aborted while it is under way. */
async function timeAborted(session: Session, step: unknown): Promise<number> {
  const signal = AbortSignal.timeout(100);
  const aborted = new Promise<number>((resolve) => {
    signal.addEventListener("abort", () => resolve(performance.now()));
  });
  const context = { signal, timeoutMs: 30_000, save: () => undefined };
  await expect(session.perform(Step.parse(step), context)).rejects.toMatchObject({
    outcome: "failed",
  });
  expect(signal.aborted).toBe(true);
  return performance.now() - (await aborted);
}
