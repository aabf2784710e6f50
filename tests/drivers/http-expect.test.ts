/** What else is expected of a response: its bytes, cookies, redirects, file, schema; bodies from and into files. */
import { createHash } from "node:crypto";
import { statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demand, get, json, playOn, post, type Sites, serveSites } from "./http-site.ts";
import { type Played, type PlayOptions, type Site, serve, textOf } from "./stage.ts";

let sites: Sites;
let site: Site;
let more: Site;
const MIB = 1024 * 1024;

beforeAll(async () => {
  sites = await serveSites();
  site = sites.site;
  more = await serve({
    "/large": (_, response) => {
      const piece = Buffer.alloc(MIB, "x");
      let left = 40;
      const pour = () => {
        while (left > 0) {
          left -= 1;
          if (!response.write(piece)) return void response.once("drain", pour);
        }
        response.end("token-8151 ends");
      };
      pour();
    },
    "/count": (request, response) => {
      const hash = createHash("sha256");
      let bytes = 0;
      request.on("data", (piece: Buffer) => {
        bytes += piece.length;
        hash.update(piece);
      });
      request.on("end", () => {
        const { "content-length": length, "content-type": type } = request.headers;
        response.end(JSON.stringify({ bytes, sha256: hash.digest("hex"), length, type }));
      });
    },
    "/product": (_, response) => {
      response.setHeader("content-type", "application/json; charset=utf-8");
      response.end('{"id":"7","price":-1,"tags":["a",5]}');
    },
    "/echo": (request, response) => response.end(JSON.stringify(request.headers)),
  });
});
afterAll(async () => {
  await Promise.all([sites.site, sites.other, more].map((one) => one.close()));
});

const withSession = <T>(act: (played: Played) => Promise<T>, options: PlayOptions = {}) =>
  playOn({ baseUrl: more.url, ...options }, act);
const is = (of: string, matcher: object) => demand({ subject: { of }, matcher });

describe("of the response", () => {
  test("bytes, sha256, content type, redirects, address", () =>
    withSession(async ({ play, failed, saved }) => {
      await play(get("/product"));
      await play(is("bytes", { equals: 36 }));
      await play(is("contentType", { equals: "application/json" }));
      expect((await failed(is("bytes", { equals: 1 }))).message).toMatch(
        /^Expected bytes to equal 1, got 36\n/,
      );
      await play(get(`${site.url}/login`));
      await play(is("redirects", { equals: 1 }));
      await play(is("responseUrl", { matches: "/echo$" }));
      expect((await failed(is("redirects", { equals: 0 }))).message).toContain("got 1");
      await play({ kind: "save", values: { it: { of: "sha256" } } });
      expect(saved["it"]).toMatch(/^[0-9a-f]{64}$/);
    }));

  test("a body equals a file, or says from where on it does not", () =>
    withSession(async ({ play, failed, workspaceDir }) => {
      const equals = (file: string) => demand({ subject: { of: "bodyFile", file } });
      writeFileSync(join(workspaceDir, "same.json"), '{"id":"7","price":-1,"tags":["a",5]}');
      writeFileSync(join(workspaceDir, "other.json"), '{"id":"8","price":-1,"tags":["a",5]}');
      await play(get("/product"));
      await play(equals("same.json"));
      expect((await failed(equals("other.json"))).message).toMatch(
        /^Expected the body to equal other.json, but they differ from byte 7 on/,
      );
    }));

  test("a schema: all that does not fit, by its place; no JSON and no schema by name", () =>
    withSession(async ({ play, failed, workspaceDir }) => {
      const obeys = (document: unknown) =>
        demand({ subject: { of: "schema", schema: { kind: "inline", document } } });
      const product = {
        type: "object",
        required: ["id", "name"],
        properties: { id: { type: "string", pattern: "^\\d+$" }, price: { minimum: 0 } },
      };
      await play(get("/product"));
      await play(obeys({ ...product, required: ["id"], properties: { id: { type: "string" } } }));
      const missed = await failed(
        obeys({
          ...product,
          properties: { ...product.properties, tags: { items: { $ref: "#/$defs/t" } } },
          $defs: { t: { type: "string", format: "email" } },
        }),
      );
      expect(missed.message.split("\n").slice(0, -1).sort()).toEqual([
        "  /price must be >= 0, got -1",
        '  /tags/0 must match format "email", got "a"',
        "  /tags/1 must be string, got 5",
        `  the document must have required property 'name', got {"id":"7","price":-1,"tags":["a",5]}`,
        "Expected the body to obey the schema, but:",
      ]);
      const old = {
        $schema: "http://json-schema.org/draft-07/schema#",
        definitions: { n: { type: "number" } },
        properties: { id: { $ref: "#/definitions/n" } },
      };
      writeFileSync(join(workspaceDir, "old.json"), JSON.stringify(old));
      const schema = { kind: "file", file: "old.json" };
      const ofFile = await failed(demand({ subject: { of: "schema", schema } }));
      expect(ofFile.message).toContain('schema old.json, but:\n  /id must be number, got "7"');
      expect(await failed(obeys({ type: "objct" }))).toMatchObject({ code: "schema_invalid" });
      await play(get(`${site.url}/text`));
      expect((await failed(obeys({}))).message).toContain("the body is not JSON");
    }));

  test("a pattern that would take for ever fails by name", () =>
    withSession(async ({ play, failed, workspaceDir }) => {
      writeFileSync(join(workspaceDir, "long"), JSON.stringify("a".repeat(30_000)));
      await play(post(`${site.url}/echo`, { body: { kind: "file", file: "long" } }));
      const document = { properties: { body: { pattern: "^(a|aa)+(\\1)$" } } };
      const schema = { kind: "inline", document };
      const error = await failed(demand({ subject: { of: "schema", schema } }), 20_000);
      expect(error.message).toContain("too many ways to match");
    }));
});

describe("bodies", () => {
  test("come from files in pieces, alone and in forms of several files, with their length", () =>
    withSession(async ({ play, workspaceDir }) => {
      const path = join(workspaceDir, "large.bin");
      writeFileSync(path, "");
      truncateSync(path, 48 * MIB);
      const before = process.memoryUsage().rss;
      await play(
        post("/count", { body: { kind: "file", file: "large.bin", type: "application/zip" } }),
        20_000,
      );
      const zeros = createHash("sha256")
        .update(Buffer.alloc(48 * MIB))
        .digest("hex");
      await play(
        demand(
          json("$.bytes", 48 * MIB),
          json("$.length", String(48 * MIB)),
          json("$.sha256", zeros),
          json("$.type", "application/zip"),
        ),
      );
      expect(process.memoryUsage().rss - before).toBeLessThan(40 * MIB + 48 * MIB);
      writeFileSync(join(workspaceDir, "a.txt"), "AAA");
      const fields = {
        files: [{ file: "a.txt" }, { file: "a.txt", filename: 'b".txt', type: "text/css" }],
        note: { value: "{}", type: "application/json" },
      };
      await play(post(`${site.url}/echo`, { body: { kind: "multipart", fields } }));
      const wanted =
        'name="files"; filename="a.txt"\r\ncontent-type: application/octet-stream\r\n\r\nAAA\r\n[\\s\\S]*' +
        'name="files"; filename="b%22.txt"\r\ncontent-type: text/css\r\n\r\nAAA\r\n[\\s\\S]*' +
        'name="note"\r\ncontent-type: application/json\r\n\r\n{}\r\n--';
      await play(demand({ subject: { of: "json", path: "$.body" }, matcher: { matches: wanted } }));
    }));

  test("go into files: kept with their sha256, bounded, masked", () =>
    withSession(
      async ({ play, failed, evidence, missed, workspaceDir }) => {
        await play(get("/large", { saveAs: { name: "large.bin", bytesMax: 50 * MIB } }), 20_000);
        await play(is("bytes", { equals: 40 * MIB + 15 }));
        expect((await failed(is("body", { contains: "ends" }))).message).toContain(
          "went into the file large.bin",
        );
        expect(missed).toMatchObject([
          { name: "large.bin", reason: expect.stringContaining("secrets") },
        ]);
        const tooMuch = await failed(get("/large", { saveAs: { name: "b", bytesMax: MIB } }));
        expect(tooMuch.message).toContain(`the body is larger than ${MIB} bytes`);
        await play(
          post(`${site.url}/echo`, {
            body: { kind: "text", text: "token-8151" },
            saveAs: { name: "c.json", bytesMax: MIB },
          }),
        );
        await play(demand(json("$.body", "token-8151")));
        expect(textOf(evidence)).toContain('"body":"***"');
        expect(() => statSync(join(workspaceDir, "body-2"))).toThrow("ENOENT");
      },
      { secrets: { T: "token-8151" } },
    ));

  test("the last request is shown beside its response, without credentials", () =>
    withSession(async ({ play, failed, session, evidence }) => {
      await play({ kind: "cookies", set: [{ name: "id", value: "77" }] });
      await play(
        post(`${more.url}/echo`, {
          body: { kind: "json", value: { a: 1 } },
          auth: { bearer: "abc" },
        }),
      );
      await session.collectEvidence(AbortSignal.timeout(1_000));
      const text = textOf(evidence.filter(({ name }) => name === "request.txt"));
      expect(text).toMatch(
        /^POST .*\/echo\n[\s\S]*authorization: Bearer \*\*\*\n[\s\S]*cookie: id=\*\*\*\n\n\{"a":1\}$/,
      );
      evidence.length = 0;
      await failed(get("http://127.0.0.1:1/none"));
      await session.collectEvidence(AbortSignal.timeout(1_000));
      expect(evidence.map(({ name }) => name)).toEqual(["request.txt"]);
    }));
});
