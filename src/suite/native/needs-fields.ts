/** The field `needs` of a test: what a node must have to run it, and what it must not have. Expressions: shared/capability.ts. */
import {
  type CapabilityFault,
  type CapabilityKind,
  expectedCapability,
  OS_FAMILIES,
  parseCapability,
} from "#shared/capability.ts";
import { displayTemplate } from "#shared/template.ts";
import { adviceFor } from "../reading/fault-log.ts";
import { listOf, mapping } from "../reading/group-shapes.ts";
import { opennessOf } from "../reading/openness.ts";
import { text } from "../reading/scalar-shapes.ts";
import {
  type JsonSchema,
  orTemplate,
  refuse,
  refuseBecause,
  type Shape,
  shape,
} from "../reading/shape.ts";

const NAME_LENGTH_MAX = 100;
const VERSIONS = "(\\s*(>=|<=|>|<|=)\\s*\\d+(\\.\\d+)*){0,2}";
const AMOUNTS = "\\s*((>=|<=|>|<|=)\\s*\\d+(\\.\\d+)?\\s*([kKmMgGtT][iI]?[bB])?\\s*){1,2}";
const named = (end: string): JsonSchema => ({
  type: "string",
  pattern: `^\\s*[A-Za-z][A-Za-z0-9_-]*${end}\\s*$`,
});
const amount: JsonSchema = { type: "string", pattern: `^${AMOUNTS}$` };
const SCHEMAS: Readonly<Record<CapabilityKind, JsonSchema>> = {
  browser: named(VERSIONS),
  os: { anyOf: [{ enum: OS_FAMILIES }, named(VERSIONS)] },
  arch: { anyOf: [{ enum: ["x64", "arm64"] }, named("")] },
  cpus: amount,
  memory: amount,
};

/** An expression; its normal form has one spelling, so that equal needs are equal texts. */
function capability(kind: CapabilityKind): Shape {
  const expected = expectedCapability(kind);
  return shape(expected, orTemplate(SCHEMAS[kind]), (node, reading) => {
    const found = text(expected).read(node, reading);
    if (typeof found !== "string" || opennessOf(node) !== "closed") return found;
    const written = displayTemplate(found);
    const parsed = parseCapability(kind, written);
    if (parsed.kind === "parsed") return parsed.capability.text;
    return refuseBecause(node, messageOf({ expected, written, fault: parsed.fault }), reading);
  });
}

type Refusal = {
  readonly expected: string;
  readonly written: string;
  readonly fault: CapabilityFault;
};

function messageOf({ expected, written, fault }: Refusal): string {
  if (fault.kind === "malformed")
    return `Expected ${expected}, found ${JSON.stringify(written)}: ${fault.message}`;
  return `Unknown word ${JSON.stringify(fault.name)}: ${adviceFor(fault.name, fault.known)}`;
}

/** The name of a node or a pool, as nodes are told theirs. */
function shortName(what: string): Shape {
  const schema = { type: "string", minLength: 1, maxLength: NAME_LENGTH_MAX };
  return shape(what, schema, (node, reading) => {
    const found = text(what).read(node, reading);
    return typeof found === "string" && displayTemplate(found).length > NAME_LENGTH_MAX
      ? refuse(node, `${what} of at most ${NAME_LENGTH_MAX} characters`, reading)
      : found;
  });
}

const traits = {
  browser: capability("browser"),
  os: capability("os"),
  arch: capability("arch"),
  cpus: capability("cpus"),
  memory: capability("memory"),
  node: shortName("the name of a node"),
  labels: listOf(text("a label"), { expected: "a list of labels" }),
};

const not = mapping({
  what: "what a node must not be, such as { labels: [slow], os: windows }",
  fields: traits,
  someOf: Object.keys(traits),
});

/** What a node must have, in the words of proto/test.ts. */
export const needs: Shape = mapping({
  what: "needs such as { browser: chromium >= 120, labels: [lab-2] }",
  fields: { ...traits, pool: shortName("the name of a pool"), not },
});
