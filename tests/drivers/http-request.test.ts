/** Requests of the http driver against a real server. */
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demand, get, json, playOn, post, type Sites, save, serveSites } from "./http-site.ts";
import type { Played, PlayOptions, Site } from "./stage.ts";

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

describe("request", () => {
  test("sends query, headers and every kind of body", () =>
    withSession(async ({ play, saved, workspaceDir }) => {
      await play(
        get("/echo?a=1", { query: { b: "2 &", c: ["x", "y"] }, headers: { "X-One": "1" } }),
      );
      await play(
        demand(json("$.url", "/echo?a=1&b=2+%26&c=x&c=y"), json("$.headers['x-one']", "1")),
      );
      await play(post("/echo", { body: { kind: "json", value: { a: [null] } } }));
      await play(
        demand(
          json("$.body", '{"a":[null]}'),
          json("$.headers['content-type']", "application/json"),
        ),
      );
      await play(post("/echo", { body: { kind: "form", fields: { a: "ü b", n: 1 } } }));
      await play(demand(json("$.body", "a=%C3%BC+b&n=1")));
      await play(
        post("/echo", {
          body: { kind: "text", text: "<x/>" },
          headers: { "Content-Type": "text/xml" },
        }),
      );
      await play(demand(json("$.body", "<x/>"), json("$.headers['content-type']", "text/xml")));
      await writeFile(join(workspaceDir, "a.png"), "PNG");
      const fields = { field: "text", photo: { file: "a.png", type: "image/png" } };
      await play({ ...post("/echo", { body: { kind: "multipart", fields } }), method: "PUT" });
      await play(save("$.body"));
      expect(saved["it"]).toMatch(
        /name="field"[\s\S]*text[\s\S]*filename="a.png"[\s\S]*image\/png[\s\S]*PNG/,
      );
      await play(get("/echo", { auth: { basic: { user: "ann", password: "ä:b" } } }));
      const pair = Buffer.from("ann:ä:b").toString("base64");
      await play(demand(json("$.headers.authorization", `Basic ${pair}`)));
      await play(get("/echo", { auth: { bearer: "t" } }));
      await play(demand(json("$.headers.authorization", "Bearer t")));
      await play({ ...get("/echo"), method: "HEAD" });
      await play(demand({ subject: { of: "body" }, matcher: { equals: "" } }));
      await play({ ...get("/echo"), method: "OPTIONS" });
      await play(demand(json("$.method", "OPTIONS")));
    }));

  test("keeps cookies over redirects and forgets them when told, in a jar of its own", () =>
    withSession(async ({ play }) => {
      await play(get("/login"));
      await play(demand(json("$.headers.cookie", "id=7; old=1")));
      await play(get("/forget"));
      await play(get("/echo", { headers: { cookie: "own=1" } }));
      await play(demand(json("$.headers.cookie", "own=1; id=7")));
      await withSession(async (another) => {
        await another.play(get("/echo"));
        await another.play(
          demand({ subject: { of: "json", path: "$.headers.cookie" }, matcher: { exists: false } }),
        );
      });
    }));

  test("follows redirects as browsers do, and not when told", () =>
    withSession(async ({ play }) => {
      const body = { kind: "json", value: 1 };
      await play(post("/found", { body }));
      await play(
        demand(json("$.method", "GET"), json("$.body", ""), {
          subject: { of: "json", path: "$.headers['content-type']" },
          matcher: { exists: false },
        }),
      );
      await play({ ...post("/see-other", { body }), method: "PUT" });
      await play(demand(json("$.method", "GET")));
      await play(post("/temporary", { body }));
      await play(demand(json("$.method", "POST"), json("$.body", "1")));
      await play(get("/away", { auth: { bearer: "mine" }, headers: { "x-keep": "1" } }));
      await play(
        demand(json("$.headers['x-keep']", "1"), {
          subject: { of: "json", path: "$.headers.authorization" },
          matcher: { exists: false },
        }),
      );
      await play(get("/found", { followRedirects: false }));
      await play(
        demand(
          { subject: { of: "status" }, status: { anyOf: [302] } },
          { subject: { of: "header", name: "Location" }, matcher: { equals: "/echo" } },
        ),
      );
      await play(get("/not-modified"));
      await play(demand({ subject: { of: "status" }, matcher: { equals: 304 } }));
    }));

  test("decodes bodies by their encoding and charset, and joins headers", () =>
    withSession(async ({ play }) => {
      const text = (equals: string) => demand({ subject: { of: "body" }, matcher: { equals } });
      await play(get("/gzip"));
      await play(text("packed"));
      await play(get("/latin"));
      await play(text("üb"));
      await play(get("/text"));
      await play(text("Hello   World"));
      await play(get("/twice"));
      await play(
        demand({ subject: { of: "header", name: "X-Many" }, matcher: { equals: "a, b" } }),
      );
    }));

  test.each([
    ["/loop", "more than 20 redirects"],
    ["/bad-location", "is no URL"],
    ["/mail", "leaves http"],
    ["/huge", "larger than 10485760 bytes"],
    ["/broken", "the body broke off"],
    ["http://no-such-host.invalid/", "the host name"],
    ["ftp://host/", "failed:"],
  ])("fails the test by name: %s %s", (url, reason) =>
    withSession(async ({ failed }) => {
      const error = await failed(get(url));
      expect(error).toMatchObject({ outcome: "failed", code: "request" });
      expect(error.message).toContain(reason);
    }),
  );

  test("a refused connection, a missing base, a body with GET, TLS to a plain port", () =>
    withSession(async ({ failed }) => {
      const free = createServer();
      await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
      const { port } = free.address() as { port: number };
      await new Promise((resolve) => free.close(resolve));
      const refused = await failed(get(`http://127.0.0.1:${port}/`));
      expect(refused.message).toContain("the connection was refused");
      const got = await failed(get("/echo", { body: { kind: "text", text: "x" } }));
      expect(got.message).toContain("Cannot send a body with GET");
      const tls = await failed(get(site.url.replace("http:", "https:")));
      expect(tls.message).toContain("TLS");
      const file = { kind: "multipart", fields: { f: { file: "none" } } };
      expect((await failed(post("/echo", { body: file }))).message).toContain(
        "Cannot send the file none",
      );
      await withSession(async (bare) => {
        const relative = await bare.failed(get("echo:"));
        expect(relative).toMatchObject({ code: "request" });
      });
    }));
});
