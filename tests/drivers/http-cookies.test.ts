/** The cookies of an http attempt: sent where RFC 6265 says, given, taken and read by a step; those that log somebody in are masked. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demand, get, json, playOn } from "./http-site.ts";
import { type Played, type Site, serve, textOf } from "./stage.ts";

let site: Site;

beforeAll(async () => {
  site = await serve({
    "/cookies": (_, response) => {
      response.setHeader("set-cookie", [
        "host=1",
        "below=2; Path=/echo/deep",
        "secure=3; Secure; Path=/",
        "brief=4; Max-Age=0; Path=/",
        "foreign=5; Domain=example.org; Path=/",
        "kept=6; Expires=Fri, 01 Jan 2100 00:00:00 GMT; Path=/",
      ]);
      response.end();
    },
    "/echo": (request, response) => response.end(JSON.stringify(request.headers)),
    "/echo/deep": (request, response) => response.end(JSON.stringify(request.headers)),
  });
});
afterAll(() => site.close());

const withSession = <T>(act: (played: Played) => Promise<T>) => playOn({ baseUrl: site.url }, act);
const cookie = (name: string, matcher: object) =>
  demand({ subject: { of: "cookie", name }, matcher });

describe("cookies", () => {
  test("go where RFC 6265 sends them", () =>
    withSession(async ({ play, failed, saved }) => {
      await play(get("/cookies"));
      await play(get("/echo"));
      await play(demand(json("$.cookie", "host=1; secure=3; kept=6")));
      await play(get("/echo/deep"));
      await play(demand(json("$.cookie", "below=2; host=1; secure=3; kept=6")));
      await play(cookie("kept", { equals: "6" }));
      await play(cookie("foreign", { exists: false }));
      expect((await failed(cookie("brief", { equals: "4" }))).message).toMatch(
        /^Expected cookie brief to equal "4", got nothing/,
      );
      await play({ kind: "save", values: { it: { of: "cookie", name: "host" } } });
      expect(saved["it"]).toBe("1");
    }));

  test("are given, taken and read by a step", () =>
    withSession(async ({ play, failed, saved }) => {
      const cookies = (more: object) => ({ kind: "cookies", ...more });
      await play(
        cookies({
          set: [
            { name: "a", value: "1" },
            { name: "b", value: "2", path: "/echo/deep" },
          ],
        }),
      );
      await play(get("/echo"));
      await play(demand(json("$.cookie", "a=1")));
      await play(
        cookies({
          clear: { name: "a" },
          set: [
            { name: "c", value: "3", maxAgeMs: 60_000 },
            { name: "old", value: "4", maxAgeMs: 0 },
          ],
          save: { c: "c", all: { all: true } },
        }),
      );
      expect(saved["c"]).toBe("3");
      expect(saved["all"]).toMatchObject([{ name: "b", path: "/echo/deep" }, { name: "c" }]);
      await play(cookies({ clear: true }));
      await play(get("/echo/deep"));
      await play(demand({ subject: { of: "json", path: "$.cookie" }, matcher: { exists: false } }));
      expect((await failed(cookies({ save: { a: "a" } }))).message).toBe(
        "Cannot save the cookie a: there is none at all",
      );
      expect((await failed(cookies({ set: [{ name: "a", value: "x;y" }] }))).message).toContain(
        "no semicolon",
      );
      expect(
        (await failed(cookies({ set: [{ name: "a", value: "1", domain: ".co.uk" }] }))).message,
      ).toContain("public suffix");
    }));

  test("one that logs somebody in is masked", () =>
    withSession(async ({ play, session, evidence }) => {
      const set = [{ name: "session", value: "log-in-8151" }];
      await play({ kind: "cookies", set });
      await play(get("/echo"));
      await play(demand(json("$.cookie", "session=log-in-8151")));
      await session.collectEvidence(AbortSignal.timeout(1_000));
      expect(textOf(evidence)).toContain("***");
      expect(textOf(evidence)).not.toContain("log-in-8151");
    }));
});
