/** `retry` of a request: on what, how often, and how long between. */
import { listOf, mapping } from "../reading/group-shapes.ts";
import { duration, number, wholeNumber } from "../reading/scalar-shapes.ts";
import { refuse, type Shape, shape } from "../reading/shape.ts";
import { mappingOr } from "../reading/two-shapes.ts";

const TIMES_MAX = 100;
/** What is worth another try unless a person says otherwise. */
const ON_DEFAULT = [429, 502, 503, 504, "network"];

const REASON = "a status such as 503, a class such as 5xx, or network";
const reason: Shape = shape(
  REASON,
  {
    anyOf: [
      { type: "integer", minimum: 100, maximum: 599 },
      { type: "string", pattern: "^([1-5]xx|[1-5][0-9][0-9]|network)$" },
    ],
  },
  (node, reading) => {
    const written = node.kind === "scalar" ? String(node.value) : "";
    if (/^[1-5]\d\d$/.test(written)) return Number(written);
    return /^([1-5]xx|network)$/.test(written) ? written : refuse(node, REASON, reading);
  },
);

const times = wholeNumber(`a number of further tries from 1 to ${TIMES_MAX}`, {
  min: 1,
  max: TIMES_MAX,
});

/** A number of further tries, or all of it. */
export const retry: Shape = mappingOr(
  mapping({
    what: "a retry such as { on: [503, network], times: 3 }",
    fields: {
      on: listOf(reason, { expected: `a list of at least one of ${REASON}`, countMin: 1 }),
      times,
      delay: duration({ isZeroAllowed: true }),
      backoff: number,
      maxDelay: duration({ isZeroAllowed: true }),
    },
    required: ["times"],
    build: ({ delay, maxDelay, ...values }) => ({
      on: ON_DEFAULT,
      ...values,
      ...(delay === undefined ? {} : { delayMs: delay }),
      ...(maxDelay === undefined ? {} : { delayMsMax: maxDelay }),
    }),
  }),
  shape(times.expected, times.schema, (node, reading) => {
    const count = times.read(node, reading);
    return count === undefined ? undefined : { on: ON_DEFAULT, times: count };
  }),
);
