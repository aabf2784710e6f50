/** The fields of a test that stand for themselves; `data`, `matrix` and `steps` have files of their own. */
import { deviceAdvice, deviceNamed } from "../devices.ts";
import { listOf, mapOf, mapping } from "../reading/group-shapes.ts";
import { opennessOf } from "../reading/openness.ts";
import { duration, flag, text, typed, wholeNumber, word } from "../reading/scalar-shapes.ts";
import { type JsonSchema, refuse, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { BROWSER_FIELDS } from "./browser-fields.ts";
import { checked } from "./checked-values.ts";
import { tls } from "./connecting.ts";
import { limits } from "./limits-field.ts";
import { needs } from "./needs-fields.ts";
import { pictureFormat, pictureQuality, videoFormat } from "./pictures.ts";
import { SCHEDULE_FIELDS } from "./schedule-fields.ts";
import { sessionName } from "./sessions.ts";

/** More attempts than this never made a test green that deserved it. */
const RETRIES_MAX = 100;
const PIXELS_MAX = 10_000;

/** What `viewport` names. Pictures of both have a device pixel ratio of 1. */
const VIEWPORTS = {
  desktop: { width: 1280, height: 720, touch: false },
  phone: { width: 390, height: 844, touch: true },
} as const;

const side = wholeNumber(`a number of pixels from 1 to ${PIXELS_MAX}`, { min: 1, max: PIXELS_MAX });
const sized = mapping({
  what: "a viewport such as { width: 800, height: 600 }",
  fields: { width: side, height: side },
  required: ["width", "height"],
  build: (values) => ({ ...values, touch: false }),
});
const VIEWPORT = "desktop, phone, or a viewport such as { width: 800, height: 600 }";
const namedViewport = word(Object.keys(VIEWPORTS));
const viewport: Shape = shape(
  VIEWPORT,
  { anyOf: [namedViewport.schema, sized.schema] },
  (node, reading) => {
    if (node.kind === "mapping") return sized.read(node, reading);
    const isSize = node.kind !== "scalar" || /\d/.test(String(node.value));
    if (isSize && opennessOf(node) === "closed") return refuse(node, VIEWPORT, reading);
    const name = namedViewport.read(node, reading);
    if (name === "desktop" || name === "phone") return VIEWPORTS[name];
    return name;
  },
);

const BASE_URL = "a URL such as http://127.0.0.1:4400";
const SCHEMES = ["http:", "https:", "ws:", "wss:", "file:"];
/** Where paths belong to; a host without a scheme is none. */
const baseUrl = checked(BASE_URL, (written) =>
  URL.canParse(written) && SCHEMES.includes(new URL(written).protocol)
    ? undefined
    : `Expected ${BASE_URL}, found ${JSON.stringify(written)}`,
);

const when = word(["off", "on-failure", "on"]);

const device: Shape = shape(
  'a device of Playwright such as "iPhone 13"',
  { type: "string", minLength: 1 },
  (node, reading) => {
    const name = text('a device of Playwright such as "iPhone 13"').read(node, reading);
    if (typeof name !== "string") return undefined;
    const found = deviceNamed(name);
    if (found === undefined)
      return refuseBecause(
        node,
        `Unknown device ${JSON.stringify(name)}: ${deviceAdvice(name)}`,
        reading,
      );
    const { screen, ...others } = found;
    return screen === undefined ? others : { ...others, screen };
  },
);

const pictures = mapping({
  what: "pictures such as { format: jpeg, quality: 80 }",
  fields: { format: pictureFormat, quality: pictureQuality },
  someOf: ["format", "quality"],
});

const variableName: Shape = shape("the name of a variable", { type: "string" }, (node, reading) =>
  node.kind === "scalar" && typeof node.value === "string" && !/^$|[=\0]/.test(node.value)
    ? node.value
    : refuse(node, "the name of a variable", reading),
);
const environment = mapOf(typed("text"), {
  expected: "a mapping of names to values",
  isEmptyAllowed: true,
  key: variableName,
});

const reason: Shape = shape("a reason", { type: "string", minLength: 1 }, (node, reading) => {
  const value = text("a reason").read(node, reading);
  return typeof value === "string" && value.trim() === ""
    ? refuse(node, "a reason", reading)
    : value;
});

/** What is recorded of an attempt, and when. */
export const EVIDENCE_FIELDS = ["trace", "video", "screenshots", "console", "dom", "har"] as const;

/** Fields that only a browser can follow: errors in an http test, without effect on it in `defaults`. */
export const WEB_FIELDS: ReadonlyMap<string, Shape> = new Map([
  ...EVIDENCE_FIELDS.filter((name) => name !== "har").map((name) => [name, when] as const),
  ["device", device],
  ["headless", flag],
  ["environment", environment],
  ["pictures", pictures],
  ["videoFormat", videoFormat],
  ["metrics", flag],
  ["isolation", word(["context", "browser"])],
  ["limits", limits],
  ...BROWSER_FIELDS,
  ["session", sessionName],
]);

/** Fields of a test, also of `defaults`, whose value is read by one shape. */
export const TEST_FIELDS: ReadonlyMap<string, Shape> = new Map([
  ["platform", word(["web", "http"])],
  ["tags", listOf(text("a tag"), { expected: "a list of tags such as [smoke]" })],
  ["timeout", duration({ isZeroAllowed: false })],
  ["stepTimeout", duration({ isZeroAllowed: false })],
  ["retries", wholeNumber(`a whole number from 0 to ${RETRIES_MAX}`, { min: 0, max: RETRIES_MAX })],
  ["baseUrl", baseUrl],
  ["viewport", viewport],
  ["needs", needs],
  ...SCHEDULE_FIELDS,
  ["skip", reason],
  ["har", when],
  ["tls", tls],
  ...WEB_FIELDS,
]);

/** All keys of a test. */
export const TEST_KEYS: readonly string[] = [
  "name",
  "steps",
  ...TEST_FIELDS.keys(),
  "data",
  "matrix",
];

/** All keys of `defaults`. */
export const DEFAULTS_KEYS: readonly string[] = [...TEST_FIELDS.keys(), "matrix"];

/** For schemas of `data`. */
export const DATA_SCHEMA: JsonSchema = {
  anyOf: [
    { type: "array", items: { type: "object" } },
    { type: "string", pattern: "\\.([cC][sS][vV]|[jJ][sS][oO][nN])$" },
  ],
};

/** For schemas of `matrix`. */
export const MATRIX_SCHEMA: JsonSchema = {
  type: "object",
  properties: { data: false, steps: false, matrix: false },
  additionalProperties: { anyOf: [{ type: "array", minItems: 1 }, { $ref: "#/$defs/template" }] },
};
