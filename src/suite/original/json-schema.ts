/** The JSON Schema (draft 2020-12) of the original's suite files, for editors. Unknown keys are allowed, since they only make warnings. */
import type { JsonSchema } from "../reading/shape.ts";
import { INERT_SETTINGS } from "./inert.ts";
import { SECONDS_MAX } from "./seconds.ts";
import { SETTINGS_WORDS } from "./settings.ts";
import { ACTION_TYPES, APP_TYPES, MOBILE_PLATFORMS } from "./words.ts";

/** What Go takes for text. */
const text: JsonSchema = { type: ["string", "number", "boolean", "null"] };
const flag: JsonSchema = {
  anyOf: [{ type: ["boolean", "null"] }, { enum: ["y", "yes", "on", "n", "no", "off"] }],
};
const seconds: JsonSchema = { type: ["number", "null"], minimum: 0, maximum: SECONDS_MAX };
const actions: JsonSchema = { type: ["array", "null"], items: { $ref: "#/$defs/action" } };
const filled: JsonSchema = { type: ["string", "number", "boolean"], minLength: 1 };

/** The schema of a suite file of the original. */
export function originalJsonSchema(): JsonSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Suite of the original Panoptic",
    type: "object",
    required: ["apps"],
    properties: {
      name: text,
      output: text,
      apps: { type: "array", minItems: 1, items: { $ref: "#/$defs/app" } },
      actions,
      settings: settingsSchema(),
    },
    $defs: { app: appSchema(), action: actionSchema() },
  };
}

function appSchema(): JsonSchema {
  return {
    type: "object",
    required: ["name", "type"],
    properties: {
      name: filled,
      type: { enum: APP_TYPES },
      url: text,
      path: text,
      platform: text,
      emulator: flag,
      device: text,
      timeout: seconds,
      environment: { type: ["object", "null"], additionalProperties: text },
      actions,
    },
    allOf: [
      when("web", { required: ["url"], properties: { url: filled } }),
      when("desktop", { required: ["path"], properties: { path: filled } }),
      when("mobile", {
        required: ["platform"],
        properties: { platform: { enum: MOBILE_PLATFORMS } },
      }),
    ],
  };
}

function actionSchema(): JsonSchema {
  const oneOf = (...keys: readonly string[]): JsonSchema => ({
    anyOf: keys.map((key) => ({ required: [key], properties: { [key]: filled } })),
  });
  return {
    type: "object",
    required: ["type"],
    properties: {
      name: text,
      type: { enum: ACTION_TYPES },
      url: text,
      target: text,
      value: text,
      selector: text,
      wait_time: seconds,
      duration: seconds,
      parameters: { type: ["object", "null"] },
      screenshot: flag,
      record: flag,
    },
    allOf: [
      when("navigate", oneOf("url", "value")),
      when("click", oneOf("selector", "target")),
      when("fill", oneOf("selector")),
    ],
  };
}

const when = (type: string, demand: JsonSchema): JsonSchema => ({
  if: { properties: { type: { const: type } }, required: ["type"] },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
  then: demand,
});

function settingsSchema(): JsonSchema {
  const whole = (maximum: number): JsonSchema => ({
    type: ["integer", "null"],
    minimum: 0,
    maximum,
  });
  const inert = Object.keys(INERT_SETTINGS).map((key) => [key, { description: "No effect here" }]);
  return {
    type: ["object", "null"],
    properties: {
      screenshot_format: { enum: [...SETTINGS_WORDS.pictures] },
      video_format: { enum: [...SETTINGS_WORDS.videos] },
      quality: whole(SETTINGS_WORDS.qualityMax),
      headless: flag,
      window_width: whole(SETTINGS_WORDS.pixelsMax),
      window_height: whole(SETTINGS_WORDS.pixelsMax),
      mobile_device: text,
      enable_metrics: flag,
      ...Object.fromEntries(inert),
    },
  };
}
