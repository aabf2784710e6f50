import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { originalJsonSchema } from "#suite/original/json-schema.ts";
import { originalText } from "./original-generators.ts";
import { withActions, withApp, withSettings } from "./original-kit.ts";

const validate = new Ajv2020({ strict: false, allowUnionTypes: true }).compile(
  originalJsonSchema(),
);

test("the schema accepts what the reader accepts", () => {
  const example = join(import.meta.dirname, "../../examples/original/shop.yaml");
  expect(validate(parse(readFileSync(example, "utf8"))), JSON.stringify(validate.errors)).toBe(
    true,
  );
  fc.assert(
    fc.property(originalText, (text) => {
      expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test.each([
  "{}",
  "apps: []",
  "apps: [{ name: a, type: web }]",
  "apps: [{ name: a, type: desktop }]",
  "apps: [{ name: a, type: mobile, platform: adroid }]",
  withApp("timeout: soon"),
  withActions("{ type: clik }"),
  withActions("{ type: click }"),
  withActions("{ type: fill, value: x }"),
  withActions("{ type: navigate, url: '' }"),
  withActions("{ type: wait, wait_time: -1 }"),
  withSettings("quality: 101"),
  withSettings("video_format: avi"),
])("the schema refuses %j", (text) => {
  expect(validate(parse(text))).toBe(false);
});
