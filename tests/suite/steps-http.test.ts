import { expect, test } from "vitest";
import { finishedStep, stepOf } from "./suite-kit.ts";

type Row = readonly [step: string, args: unknown];

const check = (subject: unknown, more: object = {}) => ({ checks: [{ subject, ...more }] });

const HTTP: readonly Row[] = [
  [
    "request: { get: '/api/products/${data.id}', headers: { accept: application/json } }",
    { method: "GET", url: "/api/products/7", headers: { accept: "application/json" } },
  ],
  [
    "request: { post: /a, json: { a: [1, null, { b: true }] } }",
    { method: "POST", url: "/a", body: { kind: "json", value: { a: [1, null, { b: true }] } } },
  ],
  [
    "request: { post: /a, json: null }",
    { method: "POST", url: "/a", body: { kind: "json", value: null } },
  ],
  [
    'request: { post: /a, json: { id: "${data.id}", t: "id ${data.id}" } }',
    { method: "POST", url: "/a", body: { kind: "json", value: { id: 7, t: "id 7" } } },
  ],
  [
    "request: { put: /a, form: { a: 1, b: x } }",
    { method: "PUT", url: "/a", body: { kind: "form", fields: { a: "1", b: "x" } } },
  ],
  [
    "request: { patch: /a, body: raw text }",
    { method: "PATCH", url: "/a", body: { kind: "text", text: "raw text" } },
  ],
  ["request: { delete: /a }", { method: "DELETE", url: "/a" }],
  ["request: { head: /a }", { method: "HEAD", url: "/a" }],
  ["request: { options: /a }", { method: "OPTIONS", url: "/a" }],
  [
    "request: { get: /a, query: { q: x, n: 1, tags: [a, b] } }",
    { method: "GET", url: "/a", query: { q: "x", n: "1", tags: ["a", "b"] } },
  ],
  [
    "request: { get: /a, auth: { basic: { user: u, password: '${secrets.P}' } } }",
    { method: "GET", url: "/a", auth: { basic: { user: "u", password: "${secrets.P}" } } },
  ],
  [
    "request: { get: /a, auth: { bearer: '${saved.token}' }, followRedirects: false }",
    { method: "GET", url: "/a", auth: { bearer: "${saved.token}" }, followRedirects: false },
  ],
  [
    "request: { post: /a, multipart: { text: hello, photo: { file: a.png, type: image/png } } }",
    {
      method: "POST",
      url: "/a",
      body: {
        kind: "multipart",
        fields: { text: "hello", photo: { file: "a.png", type: "image/png" } },
      },
    },
  ],
  ["expect: { status: [200, 2xx] }", check({ of: "status" }, { status: { anyOf: [200, "2xx"] } })],
  [
    "expect: { status: '${saved.code}' }",
    check({ of: "status" }, { status: { anyOf: ["${saved.code}"] } }),
  ],
  [
    "expect: { status: { not: { equals: 500 } } }",
    check({ of: "status" }, { status: { matcher: { not: { equals: 500 } } } }),
  ],
  [
    "expect: { text: { contains: hello } }",
    check({ of: "body" }, { matcher: { contains: "hello" } }),
  ],
  ["expect: { text: hello }", check({ of: "body" }, { matcher: { equals: "hello" } })],
  [
    "expect: { durationMs: { below: 500 } }",
    check({ of: "durationMs" }, { matcher: { below: 500 } }),
  ],
  [
    'expect: { json: { "$.name": { matches: ".+" }, "$.tags": [a, b], "$.n": "${data.text}", "$.m": "${vars.n}" } }',
    {
      checks: [
        { subject: { of: "json", path: "$.name" }, matcher: { matches: ".+" } },
        { subject: { of: "json", path: "$.tags" }, matcher: { equals: ["a", "b"] } },
        { subject: { of: "json", path: "$.n" }, matcher: { equals: "12" } },
        { subject: { of: "json", path: "$.m" }, matcher: { equals: 5 } },
      ],
    },
  ],
  [
    'expect: { json: { "$.list[${data.id}]": 1 } }',
    check({ of: "json", path: "$.list[7]" }, { matcher: { equals: 1 } }),
  ],
  [
    'expect: { json: { "$.a": { equals: { b: 1 } } } }',
    check({ of: "json", path: "$.a" }, { matcher: { equals: { b: 1 } } }),
  ],
  [
    'expect: { that: "${saved.price}", above: 0 }',
    check({ of: "that", value: "${saved.price}" }, { matcher: { above: 0 } }),
  ],
  [
    'expect: { durationMs: { below: "${saved.n}" } }',
    check({ of: "durationMs" }, { matcher: { below: "${saved.n}" } }),
  ],
  [
    'expect: { durationMs: { below: "${data.text}" } }',
    check({ of: "durationMs" }, { matcher: { below: 12 } }),
  ],
  ['save: { price: "$.price" }', { values: { price: { of: "json", path: "$.price" } } }],
  [
    "save: { e: { header: etag }, t: { text: true }, s: { status: true } }",
    { values: { e: { of: "header", name: "etag" }, t: { of: "body" }, s: { of: "status" } } },
  ],
  ["wait: 20s", { for: { kind: "time", ms: 20_000 } }],
  ['wait: "${saved.pause}"', { for: { kind: "time", ms: "${saved.pause}" } }],
  ['wait: "${vars.n}s"', { for: { kind: "time", ms: 5000 } }],
];

const INPUT = { files: { "a.png": "png" }, secrets: ["P"] };

test.each(HTTP)("a step of an http test in its normal form: %s", (step, args) => {
  const planned = stepOf("http", `{ ${step} }`, INPUT);
  expect(planned.args).toEqual(args);
  expect(planned.kind).toBe(step.slice(0, step.indexOf(":")));
  expect(planned).toMatchObject({ phase: "main", line: 9, column: 9 });
  finishedStep(planned);
});
