/** What `expect` and `save` say of elements beside their text, value and number. */
import type { Json } from "#proto/matcher.ts";
import { ElementReading, ElementState } from "#proto/steps/element-checks.ts";
import type { Values } from "../reading/group-shapes.ts";
import type { Form } from "../reading/one-form.ts";
import { flag, text } from "../reading/scalar-shapes.ts";
import { numberWithin } from "./checked-values.ts";
import { locator } from "./locator.ts";
import { MATCHER_FIELDS, MATCHER_KEYS, matcherIn } from "./matcher.ts";

const STATES = ElementState.shape.of.options;
const READINGS = ElementReading.shape.of.options;
const propertyName = text("the name of a CSS property");
const ratio = numberWithin("a number from 0 to 1", { min: 0, max: 1 });

const oneCheck = (subject: Json, more: Values): Json => ({ checks: [{ subject, ...more }] });

/** `equals: false` asks for the opposite. */
function stateMatcher({ equals }: Values): Values {
  return equals === undefined ? {} : { matcher: { equals } };
}

/** The forms of `expect`. */
export const ELEMENT_FORMS: readonly Form[] = [
  ...STATES.map(
    (state): Form => ({
      by: [state],
      fields: { [state]: locator, equals: flag },
      build: (values) =>
        oneCheck({ of: state, locator: values[state] ?? "" }, stateMatcher(values)),
    }),
  ),
  {
    by: ["inViewport"],
    fields: { inViewport: locator, ratio, equals: flag },
    build: (values) => {
      const part = values["ratio"] === undefined ? {} : { ratio: values["ratio"] };
      const subject = { of: "inViewport", locator: values["inViewport"] ?? "", ...part };
      return oneCheck(subject, stateMatcher(values));
    },
  },
  ...READINGS.map(
    (of): Form => ({
      by: [of],
      fields: { [of]: locator, ...MATCHER_FIELDS },
      someOf: MATCHER_KEYS,
      build: (values) =>
        oneCheck({ of, locator: values[of] ?? "" }, { matcher: matcherIn(values) }),
    }),
  ),
  {
    by: ["css"],
    fields: { css: propertyName, on: locator, ...MATCHER_FIELDS },
    required: ["on"],
    someOf: MATCHER_KEYS,
    build: (values) => oneCheck(styleOf(values), { matcher: matcherIn(values) }),
  },
];

const styleOf = (values: Values): Json => ({
  of: "css",
  name: values["css"] ?? "",
  locator: values["on"] ?? "",
});

/** The forms of `save`. */
export const ELEMENT_SAVES: readonly Form[] = [
  ...[...STATES, ...READINGS, "inViewport"].map(
    (of): Form => ({
      by: [of],
      fields: { [of]: locator },
      build: (values) => ({ of, locator: values[of] ?? "" }),
    }),
  ),
  {
    by: ["css"],
    fields: { css: propertyName, on: locator },
    required: ["on"],
    build: styleOf,
  },
];
