/** GraphQL operations against a real server: errors in an answer fail unless they are expected. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { demand, json, playOn } from "./http-site.ts";
import { bodyOf, type Played, type Site, serve } from "./stage.ts";

let site: Site;
let asked = 0;

beforeAll(async () => {
  site = await serve({
    "/graphql": (request, response) => {
      asked += 1;
      void bodyOf(request).then((body) => {
        const { query, variables, operationName } = JSON.parse(body);
        response.setHeader("content-type", "application/json");
        if (query.includes("busy") && asked < 3) return void response.writeHead(503).end("{}");
        if (query.includes("plain")) return void response.end("<html>");
        if (query.includes("else")) return void response.end('{"ok":true}');
        const data = { user: { name: "Ada", operationName, variables } };
        const errors = [{ message: "No such user" }, { message: "Try later" }];
        response.end(JSON.stringify(query.includes("fail") ? { data: null, errors } : { data }));
      });
    },
  });
});
afterAll(() => site.close());

const withSession = <T>(act: (played: Played) => Promise<T>) => playOn({ baseUrl: site.url }, act);
const ask = (query: string | object, more: object = {}) => ({
  kind: "graphql",
  url: "/graphql",
  query,
  ...more,
});
const name = (matcher: object) => ({ data: [{ path: "$.user.name", matcher }] });

test("asks with variables, from a file too, and looks into data", () =>
  withSession(async ({ play, failed, workspaceDir }) => {
    writeFileSync(join(workspaceDir, "q.graphql"), "query One { user }");
    await play(
      ask(
        { file: "q.graphql" },
        { variables: { a: [1] }, operationName: "One", ...name({ equals: "Ada" }) },
      ),
    );
    await play(
      demand(json("$.data.user.variables.a[0]", 1), json("$.data.user.operationName", "One")),
    );
    const missed = await failed(ask("{ user }", name({ equals: "Bob" })));
    expect(missed.message).toBe(
      `Expected data $.user.name to equal "Bob", got "Ada"\n  of POST ${site.url}/graphql (status 200)`,
    );
    expect((await failed(ask({ file: "none.graphql" }))).message).toContain(
      "Cannot read the query none.graphql",
    );
  }));

test("errors in a 200 fail, unless they are the expected ones", () =>
  withSession(async ({ play, failed }) => {
    const error = await failed(ask("{ fail }"));
    expect(error).toMatchObject({ code: "expect" });
    expect(error.message).toMatch(/^Expected no errors, got 2:\n {2}No such user\n {2}Try later\n/);
    await play(ask("{ fail }", { errors: { contains: "No such user" } }));
    expect(
      (await failed(ask("{ fail }", { errors: { contains: "Forbidden" } }))).message,
    ).toContain('Expected errors to contain "Forbidden", got "No such user\\nTry later"');
    expect((await failed(ask("{ user }", { errors: { exists: true } }))).message).toContain(
      "Expected errors to exist, got nothing",
    );
    await play(ask("{ user }", { errors: { exists: false } }));
  }));

test("what is no GraphQL fails by name, and a retry is one of requests", () =>
  withSession(async ({ play, failed, warnings }) => {
    expect((await failed(ask("{ plain }"))).message).toContain(
      "Expected an answer in GraphQL, but the body is not JSON",
    );
    expect((await failed(ask("{ else }"))).message).toContain(
      'with data or errors, got {"ok":true}',
    );
    asked = 0;
    await play(ask("{ busy }", { retry: { on: [503], times: 5, delayMs: 1 } }));
    expect(warnings).toEqual(["Asked more than once: 3 tries: 503, 503, 200"]);
  }));
