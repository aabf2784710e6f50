/** Random suites of the original's format: right ones, and texts of such with damage done to them. */
import fc from "fast-check";
import { stringify } from "yaml";
import type { Json } from "#proto/matcher.ts";

/** Texts that have gone wrong elsewhere: template signs, YAML's own signs, other scripts, blanks. */
const awkward = fc.oneof(
  fc.constantFrom(
    "a",
    "#x",
    "${y}",
    "$${z}",
    "$",
    "yes",
    "0042",
    "- a",
    "a: b",
    "# c",
    "'q'",
    '"q"',
    "é 漢",
    "{",
    "&a",
    "*a",
    "!t",
    "a\nb",
    "null",
    "~",
  ),
  fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }),
);
const filled = awkward.filter((text) => text.trim() !== "");
const seconds = fc.oneof(fc.integer({ min: 1, max: 90 }), fc.constantFrom(0.5, 1.1, 30, 0.001));
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const fileName = fc.oneof(
  filled,
  fc.constantFrom("a.png", "B.JPG", "c.webm", "d/e.mp4", "../f.png", "/g", "h.gif"),
);
const shared = {
  name: maybe(awkward),
  screenshot: maybe(fc.boolean()),
  record: maybe(fc.boolean()),
};
const named = maybe(fc.record({ filename: fileName }));

/** An action that a web app can do. */
const action = fc.oneof(
  fc.record({ type: fc.constant("navigate"), url: filled, ...shared }),
  fc.record({ type: fc.constant("click"), selector: filled, parameters: named, ...shared }),
  fc.record({ type: fc.constant("click"), target: filled, ...shared }),
  fc.record({ type: fc.constant("fill"), selector: filled, value: maybe(awkward), ...shared }),
  fc.record({ type: fc.constant("submit"), selector: maybe(filled), ...shared }),
  fc.record({ type: fc.constant("wait"), wait_time: maybe(seconds), ...shared }),
  fc.record({ type: fc.constant("screenshot"), parameters: named, ...shared }),
  fc.record({
    type: fc.constant("record"),
    duration: maybe(seconds),
    parameters: named,
    ...shared,
  }),
);
const unsupported = fc.record({
  type: fc.constantFrom("vision_click", "cloud_sync", "user_create"),
  name: maybe(awkward),
});
const actions = fc.array(
  fc.oneof({ weight: 9, arbitrary: action }, { weight: 1, arbitrary: unsupported }),
  {
    maxLength: 6,
  },
);

const app = fc.record({
  name: filled,
  type: fc.constantFrom("web", "web", "web", "desktop"),
  url: filled,
  path: fc.constant("/x"),
  timeout: maybe(seconds),
  environment: maybe(fc.dictionary(fc.constantFrom("A", "B", "${C}"), awkward, { maxKeys: 2 })),
  actions: maybe(actions),
});

const settings = fc.record({
  screenshot_format: maybe(fc.constantFrom("png", "jpg")),
  video_format: maybe(fc.constantFrom("mp4", "webm")),
  quality: maybe(fc.integer({ min: 0, max: 100 })),
  headless: maybe(fc.boolean()),
  window_width: maybe(fc.integer({ min: 1, max: 4000 })),
  window_height: maybe(fc.integer({ min: 1, max: 4000 })),
  mobile_device: maybe(fc.constantFrom("iPhone 13", "pixel 7", "Desktop Chrome")),
  enable_metrics: maybe(fc.boolean()),
  cloud: maybe(fc.constant({ access_key: "AKIA", bucket: "b" })),
});

/** A whole suite as text that loads with --skip-unsupported. */
export const originalText: fc.Arbitrary<string> = fc
  .record({
    name: maybe(awkward),
    output: maybe(filled),
    apps: fc.array(app, { minLength: 1, maxLength: 3 }),
    actions: maybe(actions),
    settings: maybe(settings),
  })
  .map((suite) =>
    stringify(withoutGaps(suite as unknown as Json), { version: "1.1", schema: "yaml-1.1" }),
  );

/** Without the fields that were left open. */
function withoutGaps(value: Json): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

const CUTS = [
  "",
  "\n",
  "  ",
  ": ",
  "- ",
  "[",
  "}",
  "'",
  "&a ",
  "*a",
  "null",
  "5",
  "type",
  "apps:",
  "\t",
  "{",
  "0x",
  "yes",
  "<<: *a",
];

/** A text with a few characters taken out, put in or moved about. */
export function damaged(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(12),
    fc.constantFrom(...CUTS),
  );
  return fc.tuple(texts, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([text, edits]) =>
    edits.reduce((current, [at, cut, put]) => {
      const index = Math.floor(at * current.length);
      return current.slice(0, index) + put + current.slice(index + cut);
    }, text),
  );
}
