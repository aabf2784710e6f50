/** The JSON Schema (draft 2020-12) of suite files, for editors: made of the same shapes that read them. */

import { companionSchemas } from "./native/flow-steps.ts";
import { locatorSchema } from "./native/locator.ts";
import { matcherMappingSchema, matcherSchema } from "./native/matcher.ts";
import { nameText } from "./native/name-text.ts";
import { SESSIONS_SCHEMA } from "./native/sessions.ts";
import { STEP_FIELDS } from "./native/step.ts";
import { DATA_SCHEMA, MATRIX_SCHEMA, TEST_FIELDS } from "./native/test-fields.ts";
import { VERBS } from "./native/verbs.ts";
import { type JsonSchema, TEMPLATE_SCHEMA } from "./reading/shape.ts";

/**
 * The schema of a suite file. It knows the form of everything and the meaning of nothing: unknown names, regular
 * expressions, uniqueness and a platform's own steps are told by `panoptic validate`.
 */
export function suiteJsonSchema(): JsonSchema {
  const ref = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });
  const fields = { ...fieldSchemas(), matrix: ref("matrix") };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Panoptic suite",
    type: "object",
    required: ["tests"],
    additionalProperties: false,
    properties: {
      name: nameText.schema,
      description: { type: "string", minLength: 1 },
      vars: { type: "object" },
      secrets: { type: "array", items: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$" } },
      defaults: { type: "object", additionalProperties: false, properties: fields },
      matrix: ref("matrix"),
      flows: { type: "object", additionalProperties: ref("flow") },
      sessions: SESSIONS_SCHEMA,
      beforeAll: ref("hook"),
      afterAll: ref("hook"),
      beforeEach: ref("hook"),
      afterEach: ref("hook"),
      serial: { type: "boolean" },
      tests: { type: "array", items: ref("test") },
    },
    $defs: {
      template: TEMPLATE_SCHEMA,
      locator: locatorSchema(),
      matcher: matcherSchema(),
      matcherMapping: matcherMappingSchema(),
      matrix: MATRIX_SCHEMA,
      steps: { type: "array", items: ref("step") },
      step: stepSchema(),
      flow: { anyOf: [ref("steps"), flowSchema()] },
      hook: { anyOf: [ref("steps"), platformStepsSchema()] },
      test: {
        type: "object",
        required: ["name", "steps"],
        additionalProperties: false,
        properties: { name: nameText.schema, ...fields, data: DATA_SCHEMA, steps: ref("steps") },
      },
    },
  };
}

function fieldSchemas(): JsonSchema {
  return Object.fromEntries([...TEST_FIELDS].map(([name, field]) => [name, field.schema]));
}

function flowSchema(): JsonSchema {
  const names = { type: "array", items: { type: "string", minLength: 1 } };
  return {
    type: "object",
    required: ["steps"],
    additionalProperties: false,
    properties: {
      description: { type: "string", minLength: 1 },
      params: { anyOf: [names, { type: "object" }] },
      steps: { $ref: "#/$defs/steps" },
    },
  };
}

function platformStepsSchema(): JsonSchema {
  const steps = { $ref: "#/$defs/steps" };
  return { type: "object", additionalProperties: false, properties: { web: steps, http: steps } };
}

/** What stands in a step only beside something else. */
const BESIDE = [
  ["if", "then"],
  ["forEach", "steps"],
  ["else", "if"],
  ["then", "if"],
  ["catch", "try"],
  ["finally", "try"],
  ["as", "forEach"],
  ["with", "use"],
] as const;

/** One verb a step; a verb that both platforms have may take the form of either. */
function stepSchema(): JsonSchema {
  const verbs = [...new Set([...VERBS.web.keys(), ...VERBS.http.keys()])];
  const properties = Object.fromEntries(verbs.map((verb) => [verb, verbSchema(verb)]));
  const carried = Object.fromEntries([...STEP_FIELDS].map(([name, field]) => [name, field.schema]));
  return {
    type: "object",
    additionalProperties: false,
    properties: { ...properties, ...carried, ...companionSchemas() },
    oneOf: verbs.map((verb) => ({ required: [verb] })),
    dependentRequired: Object.fromEntries(BESIDE.map(([key, needed]) => [key, [needed]])),
  };
}

function verbSchema(verb: string): JsonSchema {
  const schemas = [VERBS.web.get(verb), VERBS.http.get(verb)].flatMap((found) =>
    found === undefined ? [] : [found.schema],
  );
  const distinct = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
  const [only] = distinct;
  return distinct.length === 1 && only !== undefined ? only : { anyOf: distinct };
}
