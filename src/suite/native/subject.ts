/** What `expect` and `save` look at, in the words of both, on both platforms. */
import type { Json } from "#proto/matcher.ts";
import type { Fields } from "../reading/group-shapes.ts";
import { type Form, type Forms, oneForm } from "../reading/one-form.ts";
import { anyJson, jsonPath, justTrue, text } from "../reading/scalar-shapes.ts";
import { type JsonSchema, type Shape, shape } from "../reading/shape.ts";
import { ELEMENT_FORMS, ELEMENT_SAVES } from "./element-checks.ts";
import { locator } from "./locator.ts";
import {
  MATCHER_FIELDS,
  MATCHER_KEYS,
  matcher,
  matcherIn,
  numberEqual,
  numberMatcher,
} from "./matcher.ts";
import { ARIA_SAVE, PAGE_CHECK_FORMS } from "./page-checks.ts";
import {
  RESPONSE_SAVES as MORE_SAVES,
  RESPONSE_FIELDS,
  responseChecks,
  UNTIL_FIELDS,
} from "./response-checks.ts";

const STATES = ["visible", "hidden", "enabled", "disabled", "checked", "unchecked"] as const;
const READINGS = ["text", "value", "count"] as const;
const attributeName = text("the name of an attribute");
const headerName = text("the name of a header");

const oneCheck = (check: Json): Json => ({ checks: [check] });

const THAT_FORM: Form = {
  by: ["that"],
  fields: { that: anyJson, ...MATCHER_FIELDS },
  someOf: MATCHER_KEYS,
  build: (values) =>
    oneCheck({
      subject: { of: "that", value: values["that"] ?? null },
      matcher: matcherIn(values),
    }),
};

const ROUTED_FORM: Form = {
  by: ["routed"],
  fields: { routed: text("the name of a route"), ...MATCHER_FIELDS, equals: numberEqual },
  build: (values) => {
    const isBare = MATCHER_KEYS.every((key) => values[key] === undefined);
    return oneCheck({
      subject: { of: "routed", name: values["routed"] ?? "" },
      matcher: isBare ? { atLeast: 1 } : matcherIn(values),
    });
  },
};

const PAGE_FORMS: readonly Form[] = [
  ROUTED_FORM,
  ...STATES.map(
    (state): Form => ({
      by: [state],
      fields: { [state]: locator },
      build: (values) => oneCheck({ subject: { of: state, locator: values[state] ?? "" } }),
    }),
  ),
  ...READINGS.map(
    (reading): Form => ({
      by: [reading],
      fields: {
        [reading]: locator,
        ...MATCHER_FIELDS,
        ...(reading === "count" ? { equals: numberEqual } : {}),
      },
      someOf: MATCHER_KEYS,
      build: (values) =>
        oneCheck({
          subject: { of: reading, locator: values[reading] ?? "" },
          matcher: matcherIn(values),
        }),
    }),
  ),
  {
    by: ["attribute"],
    fields: { attribute: attributeName, on: locator, ...MATCHER_FIELDS },
    required: ["on"],
    someOf: MATCHER_KEYS,
    build: (values) => {
      const subject = {
        of: "attribute",
        name: values["attribute"] ?? "",
        locator: values["on"] ?? "",
      };
      return oneCheck({ subject, matcher: matcherIn(values) });
    },
  },
  ...["url", "title", "tabs"].map(
    (of): Form => ({
      by: [of],
      fields: { [of]: of === "tabs" ? numberMatcher : matcher },
      build: (values) => oneCheck({ subject: { of }, matcher: values[of] ?? "" }),
    }),
  ),
];

function responseForm(fields: Fields): Form {
  return {
    by: Object.keys(fields),
    fields,
    build: (values) => ({
      checks: Object.entries(values).flatMap(([key, value]) => responseChecks(key, value)),
    }),
  };
}

/** `expect` on a page: one subject a step; of the last response several at once. */
export const WEB_EXPECT: Forms = {
  what: "an expect of a web test",
  example: '{ visible: "text=Done" }',
  choice: "subject",
  forms: [
    ...PAGE_FORMS,
    ...ELEMENT_FORMS,
    ...PAGE_CHECK_FORMS,
    THAT_FORM,
    responseForm(RESPONSE_FIELDS),
  ],
};

/** `expect` on the last response. */
export const HTTP_EXPECT: Forms = {
  what: "an expect of an http test",
  example: "{ status: 200 }",
  choice: "subject",
  forms: [responseForm(UNTIL_FIELDS), THAT_FORM],
};

const yes = (of: string, subject: Json): Form => ({
  by: [of],
  fields: { [of]: justTrue },
  build: () => subject,
});

const RESPONSE_SAVES: readonly Form[] = [
  {
    by: ["header"],
    fields: { header: headerName },
    build: (values) => ({ of: "header", name: values["header"] ?? "" }),
  },
  {
    by: ["json"],
    fields: { json: jsonPath },
    build: (values) => ({ of: "json", path: values["json"] ?? "" }),
  },
  yes("status", { of: "status" }),
  yes("durationMs", { of: "durationMs" }),
  ...MORE_SAVES,
  {
    by: ["that"],
    fields: { that: anyJson },
    build: (values) => ({ of: "that", value: values["that"] ?? null }),
  },
];

/** `text: true` is the body of the last response, any other `text` an element of the page. */
const textOrBody: Shape = shape(
  "a locator, or true for the last response's body",
  { anyOf: [locator.schema, { const: true }] },
  (node, reading) =>
    node.kind === "scalar" && node.value === true ? true : locator.read(node, reading),
);

const WEB_SAVES: readonly Form[] = [
  ...[...STATES, ...READINGS].map(
    (of): Form => ({
      by: [of],
      fields: { [of]: of === "text" ? textOrBody : locator },
      build: (values) => (values[of] === true ? { of: "body" } : { of, locator: values[of] ?? "" }),
    }),
  ),
  {
    by: ["attribute"],
    fields: { attribute: attributeName, on: locator },
    required: ["on"],
    build: (values) => ({
      of: "attribute",
      name: values["attribute"] ?? "",
      locator: values["on"] ?? "",
    }),
  },
  ...ELEMENT_SAVES,
  ARIA_SAVE,
  yes("url", { of: "url" }),
  yes("title", { of: "title" }),
  yes("tabs", { of: "tabs" }),
  ...RESPONSE_SAVES,
];

/** What `save` takes for one key: a JSON path into the last response, or a mapping. */
function saveSubject(forms: Forms): Shape {
  const inMapping = oneForm(forms);
  const expected = `a JSON path such as $.name, or one of ${forms.forms.flatMap((form) => form.by).join(", ")}`;
  const schema: JsonSchema = { anyOf: [{ type: "string" }, inMapping.schema] };
  return shape(expected, schema, (node, reading) => {
    if (node.kind === "mapping") return inMapping.read(node, reading);
    const path = jsonPath.read(node, reading);
    return path === undefined ? undefined : { of: "json", path };
  });
}

export const WEB_SAVE: Shape = saveSubject({
  what: "a saved value of a web test",
  choice: "subject",
  forms: WEB_SAVES,
});

export const HTTP_SAVE: Shape = saveSubject({
  what: "a saved value of an http test",
  choice: "subject",
  forms: [yes("text", { of: "body" }), yes("url", { of: "responseUrl" }), ...RESPONSE_SAVES],
});
