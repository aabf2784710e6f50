/** What `expect`, `until` and `save` say of the last response beside the page's own words. */
import type { Json } from "#proto/matcher.ts";
import { type Fields, mapOf, mapping, type Values } from "../reading/group-shapes.ts";
import type { Form } from "../reading/one-form.ts";
import { filePath, jsonPath, justTrue, text } from "../reading/scalar-shapes.ts";
import { matcher, numberMatcher, status } from "./matcher.ts";
import { openapi } from "./openapi.ts";
import { schema } from "./schema-document.ts";

const PHASES = ["dns", "connect", "tls", "firstByte"] as const;
const WHOLES = ["bytes", "sha256", "contentType", "redirects"] as const;
const headerName = text("the name of a header");
const cookieName = text("the name of a cookie");

const timings = mapping({
  what: "timings such as { firstByte: { below: 200 } }",
  fields: Object.fromEntries(PHASES.map((phase) => [phase, numberMatcher])),
  someOf: PHASES,
});

const body = mapping({
  what: "a body such as { equalsFile: expected.bin }",
  fields: { equalsFile: filePath },
  required: ["equalsFile"],
});

/** What both platforms may expect of a response. */
export const RESPONSE_FIELDS: Fields = {
  status,
  headers: mapOf(matcher, { expected: "a mapping of header names to matchers", key: headerName }),
  json: mapOf(matcher, { expected: "a mapping of JSON paths to matchers", key: jsonPath }),
  durationMs: numberMatcher,
  bytes: numberMatcher,
  sha256: matcher,
  contentType: matcher,
  redirects: numberMatcher,
  cookies: mapOf(matcher, { expected: "a mapping of cookie names to matchers", key: cookieName }),
  timings,
  schema,
  openapi,
  body,
};

/** What `until` may wait for: the words of http's `expect`. */
export const UNTIL_FIELDS: Fields = { ...RESPONSE_FIELDS, text: matcher, url: matcher };

/** The demands of one entry. */
export function responseChecks(key: string, value: Json): Json[] {
  const each = (of: string, name: string): Json[] =>
    Object.entries(value as Values).map(([one, wanted]) => ({
      subject: { of, [name]: one },
      matcher: wanted,
    }));
  switch (key) {
    case "status":
      return [{ subject: { of: "status" }, status: value }];
    case "headers":
      return each("header", "name");
    case "json":
      return each("json", "path");
    case "cookies":
      return each("cookie", "name");
    case "timings":
      return each("timing", "phase");
    case "schema":
    case "openapi":
      return [{ subject: { of: key, ...(value as Values) } }];
    case "body":
      return [{ subject: { of: "bodyFile", file: (value as Values)["equalsFile"] ?? "" } }];
    case "text":
      return [{ subject: { of: "body" }, matcher: value }];
    case "url":
      return [{ subject: { of: "responseUrl" }, matcher: value }];
    default:
      return [{ subject: { of: key }, matcher: value }];
  }
}

/** What `save` may keep of a response beside status, header, text and JSON. */
export const RESPONSE_SAVES: readonly Form[] = [
  ...WHOLES.map((of): Form => ({ by: [of], fields: { [of]: justTrue }, build: () => ({ of }) })),
  {
    by: ["cookie"],
    fields: { cookie: cookieName },
    build: (values) => ({ of: "cookie", name: values["cookie"] ?? "" }),
  },
];
