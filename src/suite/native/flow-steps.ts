/** The verbs that hold other steps: what stands behind the verb, and which keys beside it hold its steps. Planned in plan-flow.ts. */
import { type FLOW_VERBS, ITERATIONS_MAX } from "#proto/steps/flow.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { type Fields, mapOf, mapping } from "../reading/group-shapes.ts";
import { describeFound, jsonOf } from "../reading/located.ts";
import { type Form, type Forms, oneForm } from "../reading/one-form.ts";
import { opennessOf, RUN_SCOPES, STATIC_SCOPES } from "../reading/openness.ts";
import { anyJson, duration, text, wholeNumber } from "../reading/scalar-shapes.ts";
import { orTemplate, refuse, refuseBecause, type Shape, shape } from "../reading/shape.ts";
import { mappingOr, named } from "../reading/two-shapes.ts";
import { stepName } from "./step-name.ts";

type FlowVerb = (typeof FLOW_VERBS)[number];

const STEPS_SCHEMA = { $ref: "#/$defs/steps" };
/** Steps are planned by who knows the platform; a shape only keeps their place. */
const steps: Shape = { expected: "a list of steps", schema: STEPS_SCHEMA, read: () => undefined };

const TAKEN: readonly string[] = [...STATIC_SCOPES, ...RUN_SCOPES];
const LOOP_NAME_EXPECTED = "a name such as item, made of letters and digits";
const loopName: Shape = shape(
  LOOP_NAME_EXPECTED,
  { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_]*$" },
  (node, reading) => {
    const name = node.kind === "scalar" ? node.value : undefined;
    if (typeof name !== "string" || !/^[A-Za-z][A-Za-z0-9_]{0,99}$/.test(name))
      return refuse(node, LOOP_NAME_EXPECTED, reading);
    if (!TAKEN.includes(name)) return name;
    return refuseBecause(
      node,
      `Expected a name of its own, found "${name}": \${${name}.…} means something else`,
      reading,
    );
  },
);

/** How long a condition may take is needed before the step starts. */
const patience: Shape = shape(
  duration({ isZeroAllowed: true }).expected,
  duration({ isZeroAllowed: true }).schema,
  (node, reading) =>
    opennessOf(node) === "closed"
      ? duration({ isZeroAllowed: true }).read(node, reading)
      : refuse(node, "a duration that is known before the run", reading),
);

/** What `expect` takes, as a question; `timeout` is how long it may take to come true. */
function conditionOf(expected: Forms): Shape {
  const forms = expected.forms.map(
    (form): Form => ({
      ...form,
      fields: { ...form.fields, timeout: patience },
      build: ({ timeout, ...values }) => {
        const asked = form.build(values);
        const told = isJsonMapping(asked) ? stepName("expect", asked).slice("expect ".length) : "";
        return {
          expect: asked,
          text: told,
          ...(timeout === undefined ? {} : { timeoutMs: timeout }),
        };
      },
    }),
  );
  return oneForm({ ...expected, what: "a condition", example: '{ visible: "#cookies" }', forms });
}

const times = wholeNumber(`a whole number from 0 to ${ITERATIONS_MAX}`, {
  min: 0,
  max: ITERATIONS_MAX,
});
const max = wholeNumber(`a whole number from 1 to ${ITERATIONS_MAX}`, {
  min: 1,
  max: ITERATIONS_MAX,
});

function repeatOf(condition: Shape): Shape {
  const shared: Fields = { index: loopName, steps };
  const build: Form["build"] = (values) => values;
  const until = (key: string): Form => ({
    by: [key],
    fields: { [key]: condition, max, ...shared },
    required: ["max"],
    build,
  });
  const forms: Forms = {
    what: "a repeat such as { times: 3 } or { until: { visible: '#done' }, max: 20 }",
    choice: "end",
    forms: [{ by: ["times"], fields: { times, ...shared }, build }, until("while"), until("until")],
  };
  return mappingOr(oneForm(forms), named("times", times));
}

const LIST_EXPECTED = `a list of at most ${ITERATIONS_MAX} items, or one \${…} that gives it`;
const forEach: Shape = shape(
  LIST_EXPECTED,
  orTemplate({ type: "array", maxItems: ITERATIONS_MAX }),
  (node, reading) => {
    if (opennessOf(node) === "lone") return { items: jsonOf(node) };
    if (node.kind === "list" && node.items.length <= ITERATIONS_MAX) return { items: jsonOf(node) };
    const found = node.kind === "list" ? `one of ${node.items.length}` : describeFound(node);
    return refuseBecause(node, `Expected ${LIST_EXPECTED}, found ${found}`, reading);
  },
);

const NO_ARGUMENTS: Shape = { ...steps, read: () => ({}) };

const FLOW_EXPECTED = "the name of a flow such as signIn, or login.yaml#signIn";
/** Its file is read with the suite, so nothing in it may wait to be filled in. */
const flowName: Shape = {
  expected: FLOW_EXPECTED,
  schema: { type: "string", minLength: 1 },
  read: (node, reading) =>
    opennessOf(node) === "closed"
      ? text(FLOW_EXPECTED).read(node, reading)
      : refuse(node, `${FLOW_EXPECTED}, written out`, reading),
};
const params = mapOf(anyJson, {
  expected: "a mapping of the flow's parameters to values",
  isEmptyAllowed: true,
});
const useInMapping = mapping({
  what: "a use such as { flow: signIn, with: { user: ann } }",
  fields: { flow: flowName, with: params },
  required: ["flow"],
  build: ({ flow }) => ({ flow: flow ?? "" }),
});
const use: Shape = {
  ...mappingOr(useInMapping, named("flow", flowName)),
  read: (node, reading) =>
    node.kind === "mapping"
      ? useInMapping.read(node, reading)
      : { flow: flowName.read(node, reading) ?? "" },
};

/** The verbs, for a platform whose `expect` takes these forms. */
export function flowVerbs(expected: Forms): Readonly<Record<FlowVerb, Shape>> {
  const condition = conditionOf(expected);
  return {
    if: named("when", condition),
    repeat: repeatOf(condition),
    forEach,
    try: NO_ARGUMENTS,
    use,
  };
}

/** What may stand beside a verb that holds steps. */
export type Companions = {
  /** Keys of lists of steps. */
  readonly blocks: readonly string[];
  /** Those that must be there. */
  readonly required: readonly string[];
  /** Other keys, whose values become arguments. */
  readonly fields: Fields;
};

/** By verb. */
export const COMPANIONS: ReadonlyMap<string, Companions> = new Map<FlowVerb, Companions>([
  ["if", { blocks: ["then", "else"], required: ["then"], fields: {} }],
  ["repeat", { blocks: ["steps"], required: ["steps"], fields: { index: loopName } }],
  [
    "forEach",
    { blocks: ["steps"], required: ["steps"], fields: { as: loopName, index: loopName } },
  ],
  ["try", { blocks: ["try", "catch", "finally"], required: [], fields: {} }],
  ["use", { blocks: [], required: [], fields: { with: params } }],
]);

/** The keys that may stand beside a verb. */
export function companionsOf(verb: string): readonly string[] {
  const companions = COMPANIONS.get(verb);
  if (companions === undefined) return [];
  return [...companions.blocks.filter((key) => key !== verb), ...Object.keys(companions.fields)];
}

/** For schemas: every key that may stand beside some verb, with what it takes. */
export function companionSchemas(): { readonly [key: string]: Shape["schema"] } {
  const all = [...COMPANIONS].flatMap(([verb, { blocks, fields }]) => [
    ...blocks.filter((key) => key !== verb).map((key) => [key, STEPS_SCHEMA] as const),
    ...Object.entries(fields).map(([key, field]) => [key, field.schema] as const),
  ]);
  return Object.fromEntries(all);
}

/** Tells a missing block, with what is there. */
export function missingBlock(verb: string, keys: readonly string[]): string {
  const { required = [] } = COMPANIONS.get(verb) ?? {};
  const [missing = ""] = required;
  return `Missing "${missing}" beside "${verb}": expected a list of steps, found only ${keys.join(", ")}`;
}
