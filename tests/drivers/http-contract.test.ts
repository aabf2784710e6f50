/** OpenAPI contracts against a real server: what is kept, and each way to break them, by name. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { demand, get, playOn, post } from "./http-site.ts";
import { type Answer, type Site, serve } from "./stage.ts";

let site: Site;
/** What the next requests are answered with. */
let answer: Answer = (_, response) => response.end();

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response
      .writeHead(status, { "content-type": "application/json", "x-count": "1", ...headers })
      .end(JSON.stringify(body));

beforeAll(async () => {
  const any: Answer = (request, response) => answer(request, response);
  site = await serve({
    "/v1/pets": any,
    "/v1/pets/7": any,
    "/v1/pets/mine": any,
    "/v1/files/a.json": any,
    "/v1/none": any,
    "/pets": any,
  });
});
afterAll(() => site.close());

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const content = (schema: object) => ({ content: { "application/json": { schema } } });

/** The same contract in both versions; only how a null is allowed differs. */
function spec(version: "3.0.3" | "3.1.0") {
  const nick =
    version === "3.0.3" ? { type: "string", nullable: true } : { type: ["string", "null"] };
  const aboveZero =
    version === "3.0.3" ? { minimum: 0, exclusiveMinimum: true } : { exclusiveMinimum: 0 };
  return {
    openapi: version,
    servers: [{ url: "https://api.example.org/v1" }],
    paths: {
      "/pets": {
        get: {
          operationId: "listPets",
          parameters: [
            {
              name: "limit",
              in: "query",
              required: true,
              schema: { type: "integer", maximum: 100 },
            },
            { name: "tags", in: "query", schema: { type: "array", items: { enum: ["a", "b"] } } },
            { name: "x-key", in: "header", schema: { type: "string", minLength: 3 } },
          ],
          responses: {
            "200": {
              headers: { "x-count": { required: true, schema: { type: "integer" } } },
              ...content({ type: "array", items: ref("Pet") }),
            },
            "4XX": content(ref("Fault")),
          },
        },
        post: {
          operationId: "addPet",
          requestBody: { required: true, ...content(ref("Pet")) },
          responses: { "201": content(ref("Pet")), "204": {} },
        },
      },
      "/pets/{id}": {
        parameters: [{ name: "id", in: "path", required: true, schema: { type: "integer" } }],
        get: { operationId: "getPet", responses: { default: content(ref("Pet")) } },
      },
      "/pets/mine": {
        get: { operationId: "myPets", responses: { "200": { content: { "text/*": {} } } } },
      },
      "/files/{name}.json": { get: { operationId: "getFile", responses: { "200": {} } } },
    },
    components: {
      schemas: {
        Pet: {
          type: "object",
          required: ["id", "name", "password"],
          properties: {
            id: { type: "integer", readOnly: true },
            name: { type: "string" },
            password: { type: "string", writeOnly: true },
            nick,
            cost: { type: "number", ...aboveZero },
            parent: ref("Pet"),
          },
        },
        Fault: { type: "object", required: ["code"] },
      },
    },
  };
}

const kept = (document: object, operation?: string) =>
  demand({ subject: { of: "openapi", spec: { kind: "inline", document }, operation } });
const PET = { id: 7, name: "Rex", nick: null, parent: { id: 1, name: "Ada" } };

test.each(["3.0.3", "3.1.0"] as const)("%s: a contract is kept", (version) =>
  playOn({ baseUrl: site.url }, async ({ play }) => {
    const document = spec(version);
    answer = json(200, [PET]);
    await play(get("/v1/pets?limit=5&tags=a&tags=b&more=1"));
    await play(kept(document, "listPets"));
    await play(get("/v1/pets?limit=5&tags=a,b", { headers: { "x-key": "abc" } }));
    await play(kept(document));
    answer = json(418, { code: 1 });
    await play(get("/v1/pets?limit=5"));
    await play(kept(document));
    answer = json(201, PET);
    await play(post("/v1/pets", { body: { kind: "json", value: { name: "Rex", password: "x" } } }));
    await play(kept(document, "addPet"));
    answer = json(200, PET);
    await play(get("/v1/pets/7"));
    await play(kept(document, "getPet"));
    answer = (_, response) => response.writeHead(200, { "content-type": "text/plain" }).end("x");
    await play(get("/v1/pets/mine"));
    await play(kept(document, "myPets"));
    answer = (_, response) => response.end();
    await play(get("/v1/files/a.json"));
    await play(kept(document, "getFile"));
  }),
);

const LIST = "/v1/pets?limit=5";
const OK = json(200, [PET]);
const BREACHES: readonly (readonly [what: string, step: object, answer: Answer, said: string])[] = [
  ["an unknown path", get("/v1/none"), OK, "the path /v1/none is unknown"],
  [
    "an unknown method",
    { ...post("/v1/pets"), method: "DELETE" },
    OK,
    "the method DELETE is unknown of /pets: expected one of GET, POST",
  ],
  [
    "an unknown status",
    get(LIST),
    json(500, {}),
    "response: status 500 is unknown to GET /pets: expected one of 200, 4XX",
  ],
  [
    "another content type",
    get(LIST),
    json(200, [], { "content-type": "text/html" }),
    "response: content type text/html is unknown: expected one of application/json",
  ],
  [
    "a body that is no JSON",
    get(LIST),
    (_, response) =>
      response.writeHead(200, { "content-type": "application/json", "x-count": "1" }).end("{"),
    "response: the body is not JSON",
  ],
  [
    "a body of another form",
    get(LIST),
    json(200, [{ id: "7" }]),
    'response: /0 must have required property \'name\', got {"id":"7"}\n  response: /0/id must be integer, got "7"',
  ],
  [
    "a body deep inside",
    get(LIST),
    json(200, [{ ...PET, parent: { id: 1 } }]),
    "response: /0/parent must have required property 'name'",
  ],
  [
    "a header that is missing",
    get(LIST),
    (_, response) => response.writeHead(200, { "content-type": "application/json" }).end("[]"),
    "response: header x-count is required, and there is none",
  ],
  [
    "a header of another type",
    get(LIST),
    json(200, [], { "x-count": "many" }),
    'response: header x-count: the document must be integer, got "many"',
  ],
  [
    "a body where none is described",
    get("/v1/files/a.json"),
    json(200, {}),
    "response: a body of 2 bytes came with status 200, and none is described",
  ],
  [
    "a required parameter",
    get("/v1/pets"),
    OK,
    "request: query parameter limit is required, and there is none",
  ],
  [
    "a parameter of another type",
    get("/v1/pets?limit=many"),
    OK,
    'request: query parameter limit: the document must be integer, got "many"',
  ],
  [
    "a parameter out of bounds",
    get("/v1/pets?limit=500"),
    OK,
    "request: query parameter limit: the document must be <= 100, got 500",
  ],
  [
    "an item of a list",
    get("/v1/pets?limit=5&tags=a,x"),
    OK,
    "request: query parameter tags: /1 must be equal to one of the allowed values",
  ],
  [
    "a header of the request",
    get(LIST, { headers: { "x-key": "ab" } }),
    OK,
    "request: header parameter x-key: the document must NOT have fewer than 3 characters",
  ],
  [
    "a value of the path",
    get("/v1/pets/mine", {}),
    json(200, PET),
    "response: content type application/json is unknown: expected one of text/*",
  ],
  [
    "no body where one is required",
    post("/v1/pets"),
    json(201, PET),
    "request: a body is required, and none was sent",
  ],
  [
    "a body of the request",
    post("/v1/pets", { body: { kind: "json", value: { name: 1, password: "x" } } }),
    json(201, PET),
    "request: /name must be string, got 1",
  ],
  [
    "a content type of the request",
    post("/v1/pets", { body: { kind: "text", text: "{}" } }),
    json(201, PET),
    "request: content type text/plain is unknown",
  ],
];

test.each(BREACHES)("%s", (...[, step, answered, said]) =>
  playOn({ baseUrl: site.url }, async ({ play, failed }) => {
    answer = answered;
    await play(step);
    const error = await failed(kept(spec("3.1.0")));
    expect(error).toMatchObject({ code: "expect" });
    expect(error.message).toMatch(/^Expected the contract to be kept, but:\n {2}/);
    expect(error.message).toContain(said);
  }),
);

test("the request must be the operation that is named", () =>
  playOn({ baseUrl: site.url }, async ({ play, failed }) => {
    answer = OK;
    await play(get(LIST));
    expect((await failed(kept(spec("3.1.0"), "addPet"))).message).toContain(
      "the request is listPets and not addPet",
    );
    expect((await failed(kept(spec("3.1.0"), "none"))).message).toContain(
      "the operation none is unknown",
    );
  }));

test.each(["3.0.3", "3.1.0"] as const)("%s: a bound that is exclusive is one", (version) =>
  playOn({ baseUrl: site.url }, async ({ play, failed }) => {
    answer = json(200, { ...PET, cost: 0.5 });
    await play(get("/v1/pets/7"));
    await play(kept(spec(version)));
    answer = json(200, { ...PET, cost: 0 });
    await play(get("/v1/pets/7"));
    expect((await failed(kept(spec(version)))).message).toContain("/cost must be > 0, got 0");
  }),
);
