/** What people write for the http driver's further verbs, fields and expectations, and what is said of what they should not. */
import { expect, test } from "vitest";
import { errorsOf, finishedStep, testOf } from "./suite-kit.ts";

const SCHEMA = '{ "type": "object", "required": ["id"] }';
const SPEC = `
openapi: 3.0.3
info: { title: x }
paths:
  /pets/{id}:
    get:
      operationId: getPet
      summary: for people
      responses: { "200": { description: ok, content: { application/json: { schema: { $ref: "#/components/schemas/Pet" } } } } }
components:
  schemas: { Pet: { type: object, properties: { description: { type: string }, cost: { const: "\${x}" } } } }
`;
const FILES = {
  "a.bin": "x",
  "ca.pem": "x",
  "c.pem": "x",
  "c.key": "x",
  "c.pfx": "x",
  "q.graphql": "{ me { id } }",
  "s.json": SCHEMA,
  "bad.json": '{ "type": "objct" }',
  "not.json": "{",
  "api.yaml": SPEC,
  "api.json":
    '{ "openapi": "3.1.0", "paths": { "/a": { "get": { "operationId": "a", "responses": {} } } } }',
  "old.yaml": "swagger: '2.0'\npaths: {}\n",
  "away.yaml": "openapi: 3.1.0\npaths: { /a: { $ref: 'other.yaml#/a' } }\n",
  "lost.yaml": "openapi: 3.1.0\npaths: { /a: { $ref: '#/components/none' } }\n",
  "broken.yaml": "openapi: [\n",
  "deep.json": `{ "openapi": "3.1.0", "paths": {}, "x": ${"[".repeat(300)}${"]".repeat(300)} }`,
  "wide.json": `{ "openapi": "3.1.0", "paths": {}, "x": [${"1,".repeat(300_000)}1] }`,
};
const suiteWith = (step: string) =>
  `tests:\n  - name: t\n    platform: http\n    steps:\n      - ${step}\nsecrets: [P]\n`;
const plannedOf = (step: string) => {
  const [planned] = testOf(suiteWith(step), { files: FILES }).steps;
  if (planned === undefined) throw new Error(`No step: ${step}`);
  return planned;
};

const DEFAULT_ON = [429, 502, 503, 504, "network"];

const GOOD: readonly (readonly [step: string, args: object])[] = [
  ["request: { get: /, retry: 2 }", { retry: { on: DEFAULT_ON, times: 2 } }],
  [
    "request: { get: /, retry: { on: [5xx, 418, network], times: 1, delay: 1s, backoff: 3, maxDelay: 5s } }",
    {
      retry: { on: ["5xx", 418, "network"], times: 1, delayMs: 1000, backoff: 3, delayMsMax: 5000 },
    },
  ],
  [
    'request: { get: /, until: { status: 200, json: { "$.s": done }, url: { contains: x } }, every: 50ms }',
    {
      until: {
        everyMs: 50,
        checks: [
          { subject: { of: "status" }, status: { anyOf: [200] } },
          { subject: { of: "json", path: "$.s" }, matcher: { equals: "done" } },
          { subject: { of: "responseUrl" }, matcher: { contains: "x" } },
        ],
      },
    },
  ],
  ["request: { post: /, body: { file: a.bin } }", { body: { kind: "file", file: "a.bin" } }],
  [
    "request: { post: /, multipart: { f: [{ file: a.bin, filename: b.txt }, text], j: { value: '{}', type: application/json } } }",
    {
      body: {
        kind: "multipart",
        fields: {
          f: [{ file: "a.bin", filename: "b.txt" }, "text"],
          j: { value: "{}", type: "application/json" },
        },
      },
    },
  ],
  ["request: { get: /, saveAs: a.zip }", { saveAs: { name: "a.zip", bytesMax: 1024 ** 3 } }],
  ["request: { get: /, saveAs: { name: a, bytesMax: 9 } }", { saveAs: { name: "a", bytesMax: 9 } }],
  ["request: { get: /, decompress: false, timings: true }", { decompress: false, timings: true }],
  [
    "request: { get: /, tls: { ca: ca.pem, cert: c.pem, key: c.key, passphrase: '${secrets.P}', minVersion: 1.3 } }",
    {
      tls: {
        ca: "ca.pem",
        cert: "c.pem",
        key: "c.key",
        passphrase: "${secrets.P}",
        minVersion: "1.3",
      },
    },
  ],
  [
    "expect: { schema: s.json }",
    { checks: [{ subject: { of: "schema", schema: { kind: "file", file: "s.json" } } }] },
  ],
  [
    "expect: { schema: { type: object } }",
    {
      checks: [
        { subject: { of: "schema", schema: { kind: "inline", document: { type: "object" } } } },
      ],
    },
  ],
  [
    "expect: { openapi: api.json }",
    { checks: [{ subject: { of: "openapi", spec: { kind: "file", file: "api.json" } } }] },
  ],
  [
    "expect: { bytes: 5, contentType: text/plain, redirects: { atMost: 1 }, cookies: { id: '7' }, timings: { tls: { below: 9 } }, body: { equalsFile: a.bin } }",
    {
      checks: [
        { subject: { of: "bytes" }, matcher: { equals: 5 } },
        { subject: { of: "contentType" }, matcher: { equals: "text/plain" } },
        { subject: { of: "redirects" }, matcher: { atMost: 1 } },
        { subject: { of: "cookie", name: "id" }, matcher: { equals: "7" } },
        { subject: { of: "timing", phase: "tls" }, matcher: { below: 9 } },
        { subject: { of: "bodyFile", file: "a.bin" } },
      ],
    },
  ],
  [
    "save: { a: { cookie: id }, b: { sha256: true }, c: { url: true } }",
    { values: { a: { of: "cookie", name: "id" }, b: { of: "sha256" }, c: { of: "responseUrl" } } },
  ],
  [
    'graphql: { url: /graphql, query: q.graphql, variables: { a: [1] }, expect: { data: { "$.me.id": 1 }, errors: { contains: no } } }',
    {
      url: "/graphql",
      query: { file: "q.graphql" },
      variables: { a: [1] },
      data: [{ path: "$.me.id", matcher: { equals: 1 } }],
      errors: { contains: "no" },
    },
  ],
  [
    "graphql: { url: /g, query: '{ a }', expect: { errors: none } }",
    { query: "{ a }", errors: { exists: false } },
  ],
  [
    "ws: { connect: /chat, protocols: [v1], name: c }",
    { act: { do: "connect", url: "/chat", protocols: ["v1"], name: "c" } },
  ],
  ["ws: { send: hello }", { act: { do: "send", message: { kind: "text", text: "hello" } } }],
  ["ws: { send: { json: [1] } }", { act: { do: "send", message: { kind: "json", value: [1] } } }],
  [
    "ws: { send: { base64: AAE= } }",
    { act: { do: "send", message: { kind: "base64", data: "AAE=" } } },
  ],
  [
    'ws: { receive: { json: { "$.a": 1 } }, save: { x: $.a, all: true } }',
    {
      act: {
        do: "receive",
        checks: [{ of: { part: "json", path: "$.a" }, matcher: { equals: 1 } }],
        save: { x: { path: "$.a" }, all: "text" },
      },
    },
  ],
  [
    "ws: { receive: hi }",
    { act: { do: "receive", checks: [{ of: { part: "text" }, matcher: { equals: "hi" } }] } },
  ],
  ["ws: { receive: true }", { act: { do: "receive", checks: [] } }],
  [
    "ws: { receive: { close: 1000 } }",
    { act: { do: "receive", checks: [], close: { equals: 1000 } } },
  ],
  ["ws: close", { act: { do: "close" } }],
  [
    "ws: { close: { code: 4000, reason: bye } }",
    { act: { do: "close", code: 4000, reason: "bye" } },
  ],
  [
    "sse: { connect: /events, lastEventId: 7 }",
    { act: { do: "connect", url: "/events", lastEventId: "7" } },
  ],
  [
    'sse: { receive: { event: price, data: { contains: 5 }, json: { "$.a": 1 } } }',
    {
      act: {
        do: "receive",
        checks: [
          { of: { part: "event" }, matcher: { equals: "price" } },
          { of: { part: "text" }, matcher: { contains: 5 } },
          { of: { part: "json", path: "$.a" }, matcher: { equals: 1 } },
        ],
      },
    },
  ],
  ["sse: close", { act: { do: "close" } }],
  [
    "cookies: { clear: true, set: [{ name: id, value: 7, maxAge: 1m }], save: { a: id, b: true } }",
    {
      clear: true,
      set: [{ name: "id", value: "7", maxAgeMs: 60_000 }],
      save: { a: "id", b: { all: true } },
    },
  ],
];

test.each(GOOD)("%s", (step, args) => {
  const planned = plannedOf(step);
  expect(planned.args).toMatchObject(args);
  // The wire takes it: what is left out has a default there.
  expect(finishedStep(planned).kind).toBe(planned.kind);
});

test("a contract in YAML travels as JSON, without what is only for people, and its text means itself", () => {
  const { args } = plannedOf("expect: { openapi: { spec: api.yaml, operation: getPet } }");
  const text = JSON.stringify(args);
  expect(text).toContain('"operation":"getPet"');
  expect(text).toContain('"properties":{"description":{"type":"string"},"cost":{"const":"$${x}"}}');
  expect(text).not.toContain("for people");
});

test("a wide contract is read", () => {
  expect(plannedOf("expect: { openapi: wide.json }").args).toMatchObject({
    checks: [{ subject: { spec: { file: "wide.json" } } }],
  });
});

test("files of tls travel, whether a step or the test names them", () => {
  const text = `defaults: { platform: http, tls: { ca: ca.pem } }\ntests:\n  - name: t\n    steps:\n      - request: { get: /, tls: { pfx: c.pfx, passphrase: x } }\n`;
  const planned = testOf(text, { files: FILES });
  expect(planned.files.map(({ path }) => path).sort()).toEqual(["c.pfx", "ca.pem"]);
  expect(planned.tls).toEqual({ ca: "ca.pem" });
});

const BAD: readonly (readonly [step: string, message: string])[] = [
  ["request: { get: /, every: 1s }", 'Expected "until" beside "every"'],
  ["request: { get: /, until: {} }", "Missing one of status,"],
  [
    "request: { get: /, until: { statsu: 200 } }",
    'Unknown key "statsu" in an until such as { status: 200 }: did you mean "status"',
  ],
  ["request: { get: /, retry: 0 }", "a number of further tries from 1 to 100"],
  [
    "request: { get: /, retry: { times: 1, on: [netwrok] } }",
    "a status such as 503, a class such as 5xx, or network",
  ],
  ["request: { get: /, retry: { on: [503] } }", 'Missing "times"'],
  ["request: { get: /, tls: { cert: c.pem } }", "Expected both cert and key in tls"],
  ["request: { get: /, tls: { ca: none.pem } }", 'there is no "none.pem"'],
  ["request: { get: /, tls: { ca: ../ca.pem } }", "Expected a file under the suite's folder"],
  ["request: { get: /, tls: { minVersion: 1.1 } }", 'Unknown word "1.1"'],
  [
    "request: { get: /, tls: { passphrase: x, ca: ca.pem } }",
    "Expected a key or a pfx beside passphrase",
  ],
  ["request: { post: /, body: { a: 1 } }", "Expected text, or a file such as"],
  ["request: { get: /, saveAs: { name: a, bytesMax: 0 } }", "Expected a number of bytes from 1 to"],
  [
    "expect: { schema: bad.json }",
    'Not a JSON Schema: "bad.json" at /type: expected one of string',
  ],
  ["expect: { schema: not.json }", 'Expected JSON in "not.json"'],
  [
    "expect: { schema: { properties: { a: { type: strin } } } }",
    "Not a JSON Schema at /properties/a/type: expected one of string, number",
  ],
  ["expect: { schema: { $ref: 'x.json' } }", "expected a place in this file"],
  ["expect: { schema: { $ref: '#/$defs/a' } }", "there is no #/$defs/a in this file"],
  ["expect: { schema: { pattern: '(' } }", "Not a JSON Schema at /pattern"],
  ["expect: { openapi: old.yaml }", "Swagger 2.0 is not read"],
  ["expect: { openapi: away.yaml }", "other.yaml#/a is in another file"],
  ["expect: { openapi: lost.yaml }", "there is no #/components/none"],
  ["expect: { openapi: deep.json }", "expected at most 200 levels of nesting"],
  ["expect: { openapi: broken.yaml }", "Expected YAML: "],
  [
    "expect: { openapi: { spec: api.yaml, operation: getPets } }",
    'Unknown operation "getPets": not in "api.yaml"; did you mean "getPet"',
  ],
  ["expect: { timings: { dsn: 1 } }", 'Unknown key "dsn"'],
  ["graphql: { url: /g }", 'Missing "query"'],
  ["graphql: { url: /g, query: none.graphql }", 'there is no "none.graphql"'],
  ["graphql: { url: /g, query: '{ a }', expect: { data: { a: 1 } } }", "Not a JSON path"],
  ["ws: { conect: / }", 'Unknown key "conect" in a ws: did you mean "connect"'],
  ["ws: { connect: /, send: x }", "Expected one act in a ws"],
  ["ws: { close: { code: 1006 } }", "Expected 1000, or a code from 3000 to 4999"],
  ["ws: clos", 'Unknown word "clos"'],
  ["sse: { receive: { evnt: a } }", 'Unknown key "evnt"'],
  ["cookies: { set: [{ name: a }] }", 'Missing "value"'],
  ["cookies: {}", "Missing one of clear, set, save"],
];

test.each(BAD)("%s is refused", (step, message) => {
  const errors = errorsOf(suiteWith(step), { files: FILES });
  expect(errors.map((error) => error.message).join("\n")).toContain(message);
  expect(errors[0]).toMatchObject({ file: "suite.yaml", line: 5 });
});
