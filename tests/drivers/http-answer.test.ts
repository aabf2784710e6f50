/** What the http driver reads from answers, keeps as evidence, and how its steps end. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHttpDriver } from "../../src/node/drivers/http/driver.ts";
import { demand, get, json, playOn, post, type Sites, save, serveSites } from "./http-site.ts";
import { openOn, type Played, type PlayOptions, type Site, textOf } from "./stage.ts";

let sites: Sites;
let site: Site;

beforeAll(async () => {
  sites = await serveSites();
  site = sites.site;
});
afterAll(async () => {
  await sites.site.close();
  await sites.other.close();
});

const withSession = <T>(act: (played: Played) => Promise<T>, options: PlayOptions = {}) =>
  playOn({ baseUrl: site.url, ...options }, act);

describe("expect and save", () => {
  test("reports everything that does not hold, with the request", () =>
    withSession(async ({ play, failed }) => {
      await play(get("/text"));
      const error = await failed(
        demand(
          { subject: { of: "status" }, status: { anyOf: [404, "5xx"] } },
          { subject: { of: "header", name: "x-none" }, matcher: { exists: true } },
          json("$.a", 1),
          { subject: { of: "body" }, matcher: { contains: "World" } },
          { subject: { of: "durationMs" }, matcher: { below: 0 } },
        ),
      );
      expect(error.message.split("\n")).toEqual([
        "Expected status to be 404 or 5xx, got 200",
        "Expected header x-none to exist, got nothing",
        'Expected json $.a to equal 1, but the body is not JSON: it begins with "Hello   World"',
        expect.stringMatching(/^Expected durationMs to be a number below 0, got \d/),
        `  of GET ${site.url}/text (status 200)`,
      ]);
    }));

  test("saves by path, header, text, status; nothing there is a failure", () =>
    withSession(async ({ play, failed, saved }) => {
      await play(get("/echo"));
      const values = {
        one: { of: "json", path: "$.method" },
        all: { of: "json", path: "$..method" },
        type: { of: "header", name: "content-type" },
        status: { of: "status" },
      };
      await play({ kind: "save", values });
      expect(saved).toEqual({ one: "GET", all: ["GET"], type: "application/json", status: 200 });
      await play(get("/text"));
      await play({ kind: "save", values: { text: { of: "body" } } });
      expect(saved["text"]).toBe("Hello   World");
      await play(get("/echo"));
      expect(await failed(save("$.nothing"))).toMatchObject({ code: "save" });
      expect((await failed(save("$["))).message).toContain("the path cannot be read");
    }));

  test("before any request, and after one that failed: no request has been answered", () =>
    withSession(async ({ play, failed }) => {
      const status = demand({ subject: { of: "status" }, matcher: { equals: 200 } });
      expect((await failed(status)).message).toBe(
        "Cannot expect: no request has been answered yet",
      );
      expect((await failed(save("$.a"))).message).toContain("Cannot save: no request");
      await play(demand({ subject: { of: "that", value: "5" }, matcher: { above: 4 } }));
      await play(get("/echo"));
      await failed(get("/loop"));
      expect((await failed(status)).message).toContain("no request has been answered");
    }));
});

describe("evidence and ends", () => {
  test("keeps the last response, masked, and cut with a note", () =>
    withSession(
      async ({ play, session, evidence }) => {
        await play(post("/echo", { body: { kind: "json", value: "top secret" } }));
        await session.collectEvidence(AbortSignal.timeout(1_000));
        await play(get("/big"));
        await session.collectEvidence(AbortSignal.timeout(1_000));
        const [first, second] = evidence.filter(({ name }) => name === "response.txt");
        const text = textOf(first === undefined ? [] : [first]);
        expect(text).toContain(`POST ${site.url}/echo\n200 OK\n`);
        expect(text).toContain("***");
        expect(text).not.toContain("top secret");
        expect(second?.bytes.length).toBeLessThan(256 * 1024 + 100);
        expect(textOf(second === undefined ? [] : [second])).toMatch(
          /… cut at 262144 bytes of 40\d+$/,
        );
      },
      { secrets: { S: "top secret" } },
    ));

  test("a silent server ends with the step's bound", () =>
    withSession(async ({ failed }) => {
      expect(await failed(get("/silent"), 100)).toMatchObject({
        code: "timeout",
        message: "GET /silent had no complete answer after 100 ms",
      });
      const wait = { kind: "wait", for: { kind: "time", ms: 60_000 } };
      expect(await failed(wait, 50)).toMatchObject({ code: "timeout" });
    }));

  test("an attempt of `wait: 0` costs well below a millisecond", async () => {
    const slot = createHttpDriver().createSlot();
    const played = await openOn(slot);
    const { signal } = new AbortController();
    const step = { kind: "wait", for: { kind: "time", ms: 0 } } as const;
    const context = { signal, timeoutMs: 10_000, save: () => undefined };
    const options = {
      viewport: { width: 1, height: 1, touch: false },
      workspaceDir: played.workspaceDir,
    };
    const rest = { redactor: { text: String, isEmpty: true }, resolveFile: String };
    // The shortest of many short rounds: a busy machine holds some of them up, work of our own holds up all.
    const count = 50;
    let least = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 60; round += 1) {
      const startMs = performance.now();
      for (let done = 0; done < count; done += 1) {
        const session = await slot.open({ ...options, ...rest } as never);
        await session.perform(step, context);
        await session.close();
      }
      least = Math.min(least, performance.now() - startMs);
    }
    expect(least / count).toBeLessThan(0.1);
    await played.close();
  });
});
