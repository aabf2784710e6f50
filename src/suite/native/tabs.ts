/** Verbs about what a page opens beside itself: tabs, dialogs, downloads. */
import type { Json } from "#proto/matcher.ts";
import { oneForm } from "../reading/one-form.ts";
import { justTrue, text, typed, wholeNumber, word } from "../reading/scalar-shapes.ts";
import { type Shape, shape } from "../reading/shape.ts";
import { mappingOr, named } from "../reading/two-shapes.ts";
import { locator } from "./locator.ts";
import { matcher } from "./matcher.ts";

/** More tabs than this no browser has. */
const TABS_MAX = 1_000;
const url = text("a URL, or a path against baseUrl");

const nthExpected = "a tab's number from 0, -1 and below from the end, or first or last";
const count = wholeNumber(nthExpected, { min: -TABS_MAX, max: TABS_MAX });
const nthTab: Shape = shape(
  nthExpected,
  { anyOf: [count.schema, { enum: ["first", "last"] }] },
  (node, reading) => {
    const isEnd = node.kind === "scalar" && (node.value === "first" || node.value === "last");
    const nth = isEnd ? (node.value === "first" ? 0 : -1) : count.read(node, reading);
    return nth === undefined ? undefined : { kind: "nth", nth };
  },
);

const choice = mappingOr(
  oneForm({
    what: "a tab such as { title: Help }",
    choice: "way to choose a tab",
    forms: ["title", "url"].map((kind) => ({
      by: [kind],
      fields: { [kind]: matcher },
      build: ({ [kind]: found }) => ({ kind, matcher: found ?? "" }),
    })),
  }),
  nthTab,
);

const tab = named(
  "to",
  mappingOr(
    oneForm({
      what: "a tab such as { switch: last }",
      choice: "action",
      forms: [
        {
          by: ["open"],
          fields: { open: url },
          build: ({ open }) => ({ kind: "open", url: open ?? "" }),
        },
        {
          by: ["switch"],
          fields: { switch: choice },
          build: (values) => ({ kind: "switch", choice: values["switch"] ?? "" }),
        },
      ],
    }),
    shape("close", word(["close"]).schema, (node, reading) => {
      const kind = word(["close"]).read(node, reading);
      return kind === undefined ? undefined : { kind };
    }),
  ),
);

const acceptedText = typed("a text for a prompt, or true");
const accept: Shape = shape(acceptedText.expected, acceptedText.schema, (node, reading) =>
  node.kind === "scalar" && node.value === true ? true : acceptedText.read(node, reading),
);
const answer = word(["accept", "dismiss"]);
const dialog = mappingOr(
  oneForm({
    what: "a dialog such as { accept: a text } or { dismiss: true }",
    choice: "answer",
    forms: [
      {
        by: ["accept"],
        fields: { accept, expect: matcher },
        build: ({ accept: text, ...values }) =>
          withMessage(values, {
            answer: "accept",
            ...(text === undefined || text === true ? {} : { text }),
          }),
      },
      {
        by: ["dismiss"],
        fields: { dismiss: justTrue, expect: matcher },
        build: (values) => withMessage(values, { answer: "dismiss" }),
      },
    ],
  }),
  named("answer", answer),
);

function withMessage(
  values: { readonly [key: string]: Json },
  answered: { readonly [key: string]: Json },
): Json {
  return values["expect"] === undefined ? answered : { ...answered, matcher: values["expect"] };
}

const downloadOwn = {
  save: text("a key to save under"),
  as: text("a name for the file"),
  content: word(["text", "json"]),
};
const download = oneForm({
  what: "a download such as { click: a.report, save: report }",
  choice: "way to start it",
  forms: [
    {
      by: ["click"],
      fields: { click: locator, ...downloadOwn },
      build: ({ click, ...own }) => ({ by: { kind: "click", locator: click ?? "" }, ...own }),
    },
    {
      by: ["goto"],
      fields: { goto: url, ...downloadOwn },
      build: ({ goto, ...own }) => ({ by: { kind: "goto", url: goto ?? "" }, ...own }),
    },
  ],
});

/** By verb. */
export const BESIDE = { tab, dialog, download } as const satisfies Readonly<Record<string, Shape>>;
