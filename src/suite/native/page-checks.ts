/** What `expect` says of a page as a whole: looks, accessibility, the tree behind it, requests, messages, speed. */
import { BaselineName } from "#proto/baseline.ts";
import type { Json } from "#proto/matcher.ts";
import { CONSOLE_LEVELS, IMPACTS, PERFORMANCE_METRICS } from "#proto/steps/page-checks.ts";
import { listOf, mapOf, mapping, secondOf, type Values } from "../reading/group-shapes.ts";
import { type Form, oneForm } from "../reading/one-form.ts";
import { duration, flag, jsonPath, text, wholeNumber, word } from "../reading/scalar-shapes.ts";
import { refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";
import { ariaTemplate } from "./aria-template.ts";
import { checked, numberWithin } from "./checked-values.ts";
import { method } from "./http-method.ts";
import { locator } from "./locator.ts";
import { matcher, numberMatcher, status } from "./matcher.ts";
import { urlPattern } from "./routes.ts";

const COUNT_MAX = 1_000_000_000;
const WHOLE = { min: 0, max: 1 };
const oneCheck = (subject: Json, more: Values = {}): Json => ({ checks: [{ subject, ...more }] });
const count = (what: string): Shape => wholeNumber(what, { min: 0, max: COUNT_MAX });
const locators = listOf(locator, { expected: "a list of locators" });
const since = word(["attempt", "step"]);
const forSpan = duration({ isZeroAllowed: true });

/** Values under their own names, but for one whose name says more on the wire. */
function spanned({ for: forMs, ...values }: Values): Values {
  return forMs === undefined ? values : { ...values, forMs };
}

const pictureName = checked("a name for the picture", (name) => {
  const reason = BaselineName.safeParse(name).error?.issues[0]?.message;
  return reason === undefined
    ? undefined
    : `Not a name for a baseline: ${JSON.stringify(name)} ${reason}`;
});

const LOOKS: Form = {
  by: ["screenshot"],
  fields: {
    screenshot: pictureName,
    on: locator,
    fullPage: flag,
    maxDiffRatio: numberWithin("a part of the pixels from 0 to 1", WHOLE),
    maxDiffPixels: count("a whole number of pixels from 0"),
    threshold: numberWithin("a number from 0 to 1", WHOLE),
    mask: locators,
  },
  build: ({ screenshot, on, ...more }) =>
    oneCheck({
      ...{ of: "screenshot", name: screenshot ?? "", ...more },
      ...(on === undefined ? {} : { locator: on }),
    }),
};

const names = (what: string): Shape =>
  listOf(text(what), { expected: `a list: ${what}`, countMin: 1 });

const accessibility = mapping({
  what: "an a11y such as { impact: serious }",
  fields: {
    on: locator,
    exclude: locators,
    rules: names("the id of a rule of axe-core, such as image-alt"),
    tags: names("a tag of axe-core's rules, such as wcag2a"),
    impact: word(IMPACTS),
    max: count("a whole number from 0"),
  },
});

/** Rules and tags choose the same in two ways. */
const oneChoice: Shape = shape(accessibility.expected, accessibility.schema, (node, reading) => {
  const twice = node.kind === "mapping" ? secondOf(node, ["rules", "tags"]) : undefined;
  if (twice !== undefined)
    reading.log.error(
      twice.at,
      `Expected rules or tags, found "${twice.first}" and "${twice.second}"`,
    );
  return accessibility.read(node, reading);
});

const yes = shape("true", { const: true }, (node, reading) =>
  node.kind === "scalar" && node.value === true
    ? {}
    : refuseBecause(node, `Expected true, or ${accessibility.expected}`, reading),
);

const A11Y: Form = {
  by: ["a11y"],
  fields: { a11y: mappingOr(oneChoice, yes) },
  build: ({ a11y }) => {
    const { on, ...more } = (a11y ?? {}) as Values;
    return oneCheck({ of: "a11y", ...more, ...(on === undefined ? {} : { locator: on }) });
  },
};

const ARIA: Form = {
  by: ["aria"],
  fields: { aria: ariaTemplate, on: locator },
  build: ({ aria, on }) =>
    oneCheck({ of: "aria", template: aria ?? "", ...(on === undefined ? {} : { locator: on }) }),
};

const url: Shape = shape(
  `${urlPattern.expected}, or a matcher`,
  { anyOf: [urlPattern.schema, matcher.schema] },
  (node, reading) => {
    if (node.kind === "mapping") return matcher.read(node, reading);
    const found = urlPattern.read(node, reading);
    return found === undefined ? undefined : { glob: found };
  },
);
const requestFields = mapping({
  what: 'a request such as { url: "**/orders", method: POST }',
  fields: {
    url,
    method,
    status,
    headers: mapOf(matcher, { expected: "a mapping of header names to matchers" }),
    body: matcher,
    json: mapOf(matcher, { expected: "a mapping of JSON paths to matchers", key: jsonPath }),
    since,
  },
});
const asked = mappingOr(
  requestFields,
  shape(urlPattern.expected, urlPattern.schema, (node, reading) => {
    const found = url.read(node, reading);
    return found === undefined ? undefined : { url: found };
  }),
);

const REQUEST: Form = {
  by: ["request"],
  fields: { request: asked, count: numberMatcher, for: forSpan },
  build: ({ request, count: matched, ...more }) =>
    oneCheck(
      { of: "requests", ...(request as Values), ...spanned(more) },
      matched === undefined ? {} : { matcher: matched },
    ),
};

const NO_REQUEST: Form = {
  by: ["noRequest"],
  fields: { noRequest: asked, for: forSpan },
  build: ({ noRequest, ...more }) =>
    oneCheck(
      { of: "requests", ...(noRequest as Values), ...spanned(more) },
      { matcher: { equals: 0 } },
    ),
};

const level = word(CONSOLE_LEVELS);
const levels: Shape = shape(
  `${level.expected}, or a list of them`,
  { anyOf: [level.schema, { type: "array", items: level.schema, minItems: 1 }] },
  (node, reading) => {
    if (node.kind === "list")
      return listOf(level, { expected: level.expected, countMin: 1 }).read(node, reading);
    const found = level.read(node, reading);
    return found === undefined ? undefined : [found];
  },
);

const TROUBLES = { errors: ["error", "pageError"], warnings: ["warning"] } as const;

const messages = oneForm({
  what: "a console such as { errors: 0 }",
  choice: "kind",
  forms: [
    {
      by: ["errors", "warnings"],
      fields: { errors: numberMatcher, warnings: numberMatcher, since, for: forSpan },
      build: (values) => {
        const { errors, warnings, ...more } = spanned(values);
        return Object.entries({ errors, warnings }).flatMap(([name, wanted]) => {
          if (wanted === undefined) return [];
          const of = { of: "console", levels: TROUBLES[name as keyof typeof TROUBLES], ...more };
          return [{ subject: of, matcher: wanted }];
        });
      },
    },
    {
      by: ["level", "text", "count"],
      fields: { level: levels, text: matcher, count: numberMatcher, since, for: forSpan },
      build: (values) => {
        const { level: chosen, count: wanted, ...more } = spanned(values);
        const of = { of: "console", ...more, ...(chosen === undefined ? {} : { levels: chosen }) };
        return [{ subject: of, ...(wanted === undefined ? {} : { matcher: wanted }) }];
      },
    },
  ],
});

const CONSOLE: Form = {
  by: ["console"],
  fields: { console: messages },
  build: (values) => ({ checks: values["console"] ?? [] }),
};

const speeds = mapping({
  what: "measures such as { lcp: { below: 2500 } }",
  fields: Object.fromEntries(PERFORMANCE_METRICS.map((metric) => [metric, numberMatcher])),
  someOf: PERFORMANCE_METRICS,
});

const SPEED: Form = {
  by: ["performance"],
  fields: { performance: speeds },
  build: (values) => ({
    checks: Object.entries((values["performance"] ?? {}) as Values).map(([metric, wanted]) => ({
      subject: { of: "performance", metric },
      matcher: wanted,
    })),
  }),
};

/** The forms of `expect`. */
export const PAGE_CHECK_FORMS: readonly Form[] = [
  LOOKS,
  A11Y,
  ARIA,
  REQUEST,
  NO_REQUEST,
  CONSOLE,
  SPEED,
];

const wholePage: Shape = shape(
  "a locator, or true for the whole page",
  { anyOf: [locator.schema, { const: true }] },
  (node, reading) =>
    node.kind === "scalar" && node.value === true ? true : locator.read(node, reading),
);

/** The form of `save`: the tree as a template of itself. */
export const ARIA_SAVE: Form = {
  by: ["aria"],
  fields: { aria: wholePage },
  build: ({ aria }) => ({ of: "aria", ...(aria === true ? {} : { locator: aria ?? "" }) }),
};
