/** Requests that are sent more than once: because of an answer, or until one is right. */
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { get, playOn, post } from "./http-site.ts";
import { type Answer, type Played, type Site, serve } from "./stage.ts";

/** What the next requests are answered with; the last one stays. */
let answers: Answer[] = [];
let asked = 0;
let site: Site;

beforeAll(async () => {
  site = await serve({
    "/": (request, response) => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer === undefined) response.destroy();
      else answer(request, response);
    },
  });
});
afterAll(() => site.close());
afterEach(() => {
  answers = [];
  asked = 0;
});

const status =
  (code: number, headers: Record<string, string> = {}, body = ""): Answer =>
  (_, response) =>
    response.writeHead(code, headers).end(body);
/** Begins an answer: without one, Bun's fetch asks again by itself where the connection was used before. */
const broken: Answer = (_, response) => {
  response.writeHead(200, { "content-length": "9" });
  response.write("ab", () => response.destroy());
};

const withSession = <T>(act: (played: Played) => Promise<T>) => playOn({ baseUrl: site.url }, act);
const statusIs = (code: number) => ({ subject: { of: "status" }, status: { anyOf: [code] } });

describe("retry", () => {
  const retry = { on: [503, "network"], times: 3, delayMs: 1 };

  test("asks again on what it names, and shows how often", () =>
    withSession(async ({ play, warnings }) => {
      answers = [status(503), broken, status(200)];
      await play(get("/", { retry }));
      expect(asked).toBe(3);
      expect(warnings).toEqual(["Asked more than once: 3 tries: 503, no answer, 200"]);
    }));

  test("ends after its times, and never asks on anything else", () =>
    withSession(async ({ play, failed, warnings }) => {
      answers = [status(503)];
      await play(get("/", { retry }));
      expect([asked, warnings[0]]).toEqual([4, expect.stringContaining("503, 503, 503, 503")]);
      await play({ kind: "expect", checks: [statusIs(503)] });
      asked = 0;
      answers = [status(500)];
      await play(get("/", { retry }));
      expect(asked).toBe(1);
      asked = 0;
      answers = [broken];
      const error = await failed(post("/", { retry: { ...retry, times: 1 } }));
      expect(error.message).toMatch(/the body broke off.*\(2 tries: no answer, no answer\)$/);
      asked = 0;
      await failed(post("/"));
      expect(asked).toBe(1);
    }));

  test("a Retry-After is obeyed, up to the bound of the pause", () =>
    withSession(async ({ play }) => {
      answers = [status(503, { "retry-after": "3600" }), status(200)];
      const startMs = performance.now();
      await play(get("/", { retry: { ...retry, delayMsMax: 300 } }));
      expect(performance.now() - startMs).toBeGreaterThan(290);
    }));

  test("the step's bound ends it, with the tries so far", () =>
    withSession(async ({ failed }) => {
      answers = [status(503)];
      const slow = { ...retry, times: 100, delayMs: 30, backoff: 1 };
      const error = await failed(get("/", { retry: slow }), 200);
      expect(error).toMatchObject({ code: "timeout" });
      expect(error.message).toMatch(
        /^GET \/ had no complete answer after 200 ms \(\d+ tr(y|ies): (…, )?503/,
      );
    }));
});

describe("until", () => {
  const until = { checks: [statusIs(200)], everyMs: 10 };

  test("asks until all holds, also a server that is not there yet", () =>
    withSession(async ({ play, warnings }) => {
      answers = [broken, status(202), status(200)];
      await play(get("/", { until }));
      expect(warnings).toEqual(["Asked more than once: 3 tries: no answer, 202, 200"]);
      await play({ kind: "expect", checks: [statusIs(200)] });
    }));

  test("says what was seen last when it never does", () =>
    withSession(async ({ failed }) => {
      const wanted = { subject: { of: "json", path: "$.state" }, matcher: { equals: "done" } };
      answers = [status(200, {}, '{"state":"running"}')];
      const error = await failed(get("/", { until: { ...until, checks: [wanted] } }), 500);
      expect(error).toMatchObject({ code: "timeout" });
      expect(error.message).toMatch(
        /^GET \/ was not as "until" says within 500 ms \(\d+ tr(y|ies): (…, )?200.*\); last seen:\nExpected json \$\.state to equal "done", got "running"$/s,
      );
    }));

  test("a port that nobody listens at is what was seen last", async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    await withSession(async ({ failed }) => {
      const error = await failed(get(`http://127.0.0.1:${port}/`, { until }), 150);
      expect(error.message).toMatch(/last seen:\nGET .* failed: the connection was refused/);
    });
  });
});
