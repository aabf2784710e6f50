/** Every verb of the format: which platforms have it, and the shape of what stands behind it. */
import type { PLATFORM_STEPS } from "#proto/step.ts";
import type { Platform } from "#proto/test.ts";
import { listOf, mapOf, mapping, type Values } from "../reading/group-shapes.ts";
import { oneForm, readForm } from "../reading/one-form.ts";
import {
  duration,
  filePath,
  flag,
  justTrue,
  number,
  text,
  typed,
  wholeNumber,
  word,
} from "../reading/scalar-shapes.ts";
import { type Shape, shape } from "../reading/shape.ts";
import { mappingOr, named } from "../reading/two-shapes.ts";
import { ACTS, point, press, select } from "./acts.ts";
import { cookies } from "./cookies.ts";
import { flowVerbs } from "./flow-steps.ts";
import { graphql } from "./graphql.ts";
import { locator, targeted } from "./locator.ts";
import { matcher, status } from "./matcher.ts";
import { record, screenshot } from "./pictures.ts";
import { request } from "./request.ts";
import { ROUTES } from "./routes.ts";
import { sse, ws } from "./streams.ts";
import { HTTP_EXPECT, HTTP_SAVE, WEB_EXPECT, WEB_SAVE } from "./subject.ts";
import { SURROUNDINGS } from "./surroundings.ts";
import { BESIDE } from "./tabs.ts";

const url = text("a URL, or a path against baseUrl");
const noArguments = shape("true", justTrue.schema, (node, reading) =>
  justTrue.read(node, reading) === undefined ? undefined : {},
);
const delay = duration({ isZeroAllowed: true });
const MODIFIERS = ["Alt", "Control", "ControlOrMeta", "Meta", "Shift"];

const goto = mappingOr(
  mapping({
    what: "a goto such as { url: / }",
    fields: { url, waitUntil: word(["load", "domcontentloaded", "networkidle", "commit"]), status },
    required: ["url"],
  }),
  named("url", url),
);

const button = word(["left", "right", "middle"]);
const modifiers = listOf(word(MODIFIERS), { expected: `a list of ${MODIFIERS.join(", ")}` });
/** How the pointer meets an element. */
const pointed = { modifiers, position: point, force: flag };
const click = targeted({
  what: "a click",
  own: {
    ...pointed,
    button,
    count: wholeNumber("a whole number from 1 to 10", { min: 1, max: 10 }),
    delay,
    waitForLoad: flag,
    opens: word(["tab"]),
  },
  build: inMilliseconds,
});

const type = targeted({
  what: "a type",
  own: { value: typed("text"), delay },
  required: ["value"],
  build: inMilliseconds,
});

function inMilliseconds({ delay: delayMs, ...values }: Values): Values {
  return delayMs === undefined ? values : { ...values, delayMs };
}

const upload = targeted({
  what: "an upload",
  own: { files: listOf(filePath, { expected: "a list of files beside the suite" }) },
  required: ["files"],
});

const offset = mapping({
  what: "an offset such as { x: 0, y: 200 }",
  fields: { x: number, y: number },
  someOf: ["x", "y"],
  build: (values) => ({ kind: "by", x: values["x"] ?? 0, y: values["y"] ?? 0 }),
});
const scroll = named(
  "to",
  mappingOr(
    oneForm({
      what: "a scroll",
      choice: "aim",
      forms: [
        {
          by: ["to"],
          fields: { to: locator },
          build: (values) => ({ kind: "locator", locator: values["to"] ?? "" }),
        },
        { by: ["by"], fields: { by: offset }, build: (values) => values["by"] ?? {} },
      ],
    }),
    shape("top or bottom", word(["top", "bottom"]).schema, (node, reading) => {
      const kind = word(["top", "bottom"]).read(node, reading);
      return kind === undefined ? undefined : { kind };
    }),
  ),
);

const waitTime = shape(
  "a duration such as 500ms, 30s, 2m or a number of milliseconds",
  duration({ isZeroAllowed: true }).schema,
  (node, reading) => {
    const ms = duration({ isZeroAllowed: true }).read(node, reading);
    return ms === undefined ? undefined : { for: { kind: "time", ms } };
  },
);
const webWait = mappingOr(
  named(
    "for",
    oneForm({
      what: "a wait",
      choice: "aim",
      forms: [
        {
          by: ["for"],
          fields: { for: locator, state: word(["visible", "hidden", "attached", "detached"]) },
          build: ({ for: awaited, ...state }) => ({
            kind: "locator",
            locator: awaited ?? "",
            ...state,
          }),
        },
        {
          by: ["text"],
          fields: { text: typed("a text", { isEmptyAllowed: false }) },
          build: (values) => ({ kind: "text", text: values["text"] ?? "" }),
        },
        {
          by: ["url"],
          fields: { url: matcher },
          build: (values) => ({ kind: "url", matcher: values["url"] ?? "" }),
        },
      ],
    }),
  ),
  waitTime,
);

const js = text("a JavaScript expression");
const evaluate = mappingOr(
  mapping({
    what: "an eval such as { js: document.title, save: title }",
    fields: { js, save: text("a key to save under"), frame: locator },
    required: ["js"],
  }),
  named("js", js),
);

const saveKey = text("a key to save under");
const save = (subject: Shape): Shape =>
  named(
    "values",
    mapOf(subject, { expected: "a mapping of keys to what is saved under them", key: saveKey }),
  );
const expectOf = (forms: typeof WEB_EXPECT): Shape =>
  shape(forms.what, oneForm(forms).schema, (node, reading) => {
    if (node.kind === "mapping") return readForm(node, forms, reading);
    return oneForm(forms).read(node, reading);
  });

const submit = shape(
  "true, or a locator",
  { anyOf: [justTrue.schema, locator.schema] },
  (node, reading) => {
    if (node.kind === "scalar" && node.value === true) return {};
    return named("locator", locator).read(node, reading);
  },
);

const WEB: Readonly<Record<(typeof PLATFORM_STEPS)["web"][number], Shape>> = {
  goto,
  back: noArguments,
  forward: noArguments,
  reload: noArguments,
  click,
  submit,
  dblclick: targeted({ what: "a dblclick", own: { ...pointed, button } }),
  hover: targeted({ what: "a hover", own: pointed }),
  check: targeted({ what: "a check", own: { to: flag, force: flag } }),
  uncheck: targeted({ what: "an uncheck", own: { force: flag } }),
  fill: targeted({ what: "a fill", own: { value: typed("text") }, required: ["value"] }),
  type,
  press,
  select,
  upload,
  scroll,
  wait: webWait,
  screenshot,
  record,
  eval: evaluate,
  save: save(WEB_SAVE),
  expect: expectOf(WEB_EXPECT),
  request,
  graphql,
  ws,
  sse,
  cookies,
  ...SURROUNDINGS,
  ...ROUTES,
  ...ACTS,
  ...BESIDE,
  ...flowVerbs(WEB_EXPECT),
};

const HTTP: Readonly<Record<(typeof PLATFORM_STEPS)["http"][number], Shape>> = {
  request,
  graphql,
  ws,
  sse,
  cookies,
  expect: expectOf(HTTP_EXPECT),
  save: save(HTTP_SAVE),
  wait: waitTime,
  ...flowVerbs(HTTP_EXPECT),
};

/** The verbs of a platform. */
export const VERBS: Readonly<Record<Platform, ReadonlyMap<string, Shape>>> = {
  web: new Map(Object.entries(WEB)),
  http: new Map(Object.entries(HTTP)),
};
