/** HAR 1.2 as JSON Schema, written from its specification (http://www.softwareishard.com/blog/har-12-spec/); own fields begin with `_`. */
const text = { type: "string" };
const comment = text;
const sizeOrUnknown = { type: "integer", minimum: -1 };
const spanOrNone = { anyOf: [{ const: -1 }, { type: "number", minimum: 0 }] };
const date = {
  type: "string",
  pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$",
};

/** An object with these fields and no others but its own (`_name`). */
const object = (properties: Record<string, object>, optional: readonly string[] = []) => ({
  type: "object",
  properties: { ...properties, comment },
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  patternProperties: { "^_": {} },
  additionalProperties: false,
});

const list = (items: object) => ({ type: "array", items });
const named = object({ name: text, value: text });
const cookie = object(
  {
    ...{ name: text, value: text, path: text, domain: text, expires: date },
    ...{ httpOnly: { type: "boolean" }, secure: { type: "boolean" } },
  },
  ["path", "domain", "expires", "httpOnly", "secure"],
);
const program = object({ name: text, version: text });

const postData = {
  ...object(
    {
      ...{ mimeType: text, text },
      params: list(
        object({ name: text, value: text, fileName: text, contentType: text }, [
          "value",
          "fileName",
          "contentType",
        ]),
      ),
    },
    ["params", "text"],
  ),
  anyOf: [{ required: ["text"] }, { required: ["params"] }],
};

const request = object(
  {
    ...{ method: text, url: text, httpVersion: text, cookies: list(cookie), headers: list(named) },
    ...{ queryString: list(named), postData, headersSize: sizeOrUnknown, bodySize: sizeOrUnknown },
  },
  ["postData"],
);

const content = object(
  {
    ...{ size: sizeOrUnknown, compression: { type: "integer" }, mimeType: text },
    ...{ text, encoding: text },
  },
  ["compression", "text", "encoding"],
);

const response = object({
  ...{ status: { type: "integer", minimum: 0 }, statusText: text, httpVersion: text },
  ...{ cookies: list(cookie), headers: list(named), content, redirectURL: text },
  ...{ headersSize: sizeOrUnknown, bodySize: sizeOrUnknown },
});

const timings = object(
  {
    ...{ blocked: spanOrNone, dns: spanOrNone, connect: spanOrNone, ssl: spanOrNone },
    ...{
      send: { type: "number", minimum: 0 },
      wait: { type: "number", minimum: 0 },
      receive: { type: "number", minimum: 0 },
    },
  },
  ["blocked", "dns", "connect", "ssl"],
);

const page = object({
  ...{ startedDateTime: date, id: text, title: text },
  pageTimings: object({ onContentLoad: spanOrNone, onLoad: spanOrNone }, [
    "onContentLoad",
    "onLoad",
  ]),
});

const entry = object(
  {
    ...{ pageref: text, startedDateTime: date, time: { type: "number", minimum: 0 } },
    ...{ request, response, cache: object({}), timings, serverIPAddress: text, connection: text },
  },
  ["pageref", "serverIPAddress", "connection"],
);

/** Of a whole file. */
export const HAR_SCHEMA = {
  ...object({
    log: object(
      {
        ...{ version: { const: "1.2" }, creator: program, browser: program },
        ...{ pages: list(page), entries: list(entry) },
      },
      ["browser", "pages"],
    ),
  }),
};
