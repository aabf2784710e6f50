/** Steps that leave pictures and films: `screenshot` and `record`. */
import type { Json } from "#proto/matcher.ts";
import { entryOf, type Located } from "../reading/located.ts";
import { oneForm } from "../reading/one-form.ts";
import { duration, flag, text, wholeNumber, word } from "../reading/scalar-shapes.ts";
import { type Reading, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { mappingOr, named } from "../reading/two-shapes.ts";
import { targeted } from "./locator.ts";

/** `png` or `jpeg`; `jpg` is taken for the latter. */
export const pictureFormat: Shape = shape(
  "one of png, jpeg",
  word(["png", "jpeg", "jpg"]).schema,
  (node, reading) => {
    const found = word(["png", "jpeg", "jpg"]).read(node, reading);
    return found === "jpg" ? "jpeg" : found;
  },
);

/** Of JPEG. */
export const pictureQuality: Shape = wholeNumber("a whole number from 1 to 100", {
  min: 1,
  max: 100,
});

/** What a film may be. */
export const videoFormat: Shape = word(["webm", "mp4"]);

const pictureName = text("a name for the picture");
const picture = targeted({
  what: "a screenshot",
  own: { name: pictureName, fullPage: flag, format: pictureFormat, quality: pictureQuality },
  required: ["name"],
  isLocatorOptional: true,
});

/** A name, or a mapping with it. */
export const screenshot: Shape = withFittingName(
  mappingOr(picture, named("name", pictureName)),
  /\.(png|jpe?g)$/i,
);

const filmName = text("a name for the film");
const filmStarted = oneForm({
  what: "a record",
  example: "{ start: checkout }",
  choice: "form",
  forms: [
    {
      by: ["start"],
      fields: { start: filmName, format: videoFormat },
      build: ({ start, ...others }) => ({ action: "start", name: start ?? "", ...others }),
    },
    {
      by: ["stop"],
      fields: { stop: filmName },
      build: ({ stop }) => ({ action: "stop", name: stop ?? "" }),
    },
    {
      by: ["name", "for"],
      fields: {
        name: filmName,
        for: duration({ isZeroAllowed: false }),
        format: videoFormat,
        hold: flag,
      },
      required: ["for"],
      build: ({ for: forMs, ...others }) => ({ action: "start", ...others, forMs: forMs ?? 0 }),
    },
  ],
});

/** `start`, `stop`, or a mapping with a name or a span. */
export const record: Shape = withFittingName(
  mappingOr(filmStarted, named("action", word(["start", "stop"]))),
  /\.(webm|mp4)$/i,
);

/** A name whose ending says one format beside another format in words is a slip. */
function withFittingName(inner: Shape, ending: RegExp): Shape {
  return shape(inner.expected, inner.schema, (node, reading) => {
    const value = inner.read(node, reading);
    tellOtherFormat(node, ending, reading);
    return value;
  });
}

function tellOtherFormat(node: Located, ending: RegExp, reading: Reading): void {
  if (node.kind !== "mapping") return;
  const format = entryOf(node, "format")?.value;
  const name = (entryOf(node, "name") ?? entryOf(node, "start"))?.value;
  const [written, named] = [textIn(format), textIn(name)];
  const found = ending.exec(named ?? "")?.[1];
  if (format === undefined || written === undefined || found === undefined) return;
  if (sameFormat(found) !== sameFormat(written))
    refuseBecause(
      format,
      `Expected one format, found ${JSON.stringify(written)} beside the name ${JSON.stringify(named)}`,
      reading,
    );
}

const sameFormat = (word: string): string => word.toLowerCase().replace("jpg", "jpeg");

function textIn(node: Located | undefined): string | undefined {
  const value: Json | undefined = node?.kind === "scalar" ? node.value : undefined;
  return typeof value === "string" ? value : undefined;
}
