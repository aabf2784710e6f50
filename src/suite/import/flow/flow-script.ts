/** The little JavaScript of flows: names, texts put together, comparisons. Everything else is not translated. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { literal } from "../recorder.ts";
import { parseScript } from "../script/parse-script.ts";
import type { Expression } from "../script/syntax.ts";
import { Untranslated } from "../untranslated.ts";

/** What a name stands for: a text of the suite. */
type Lookup = (name: string) => string;

/** @throws {Untranslated} when it is more than that. */
export function evaluateFlowScript(script: string, lookup: Lookup): Json {
  return evaluate(parseOne(script), lookup);
}

/** `output.total = '5'`: what is kept, and under which name. @throws {Untranslated} */
export function readAssignment(
  script: string,
  lookup: Lookup,
): { readonly key: string; readonly value: Json } {
  const [, key, value] = /^\s*output\.(\w+)\s*=(?!=)([\s\S]*?);?\s*$/.exec(script) ?? [];
  if (key === undefined || value === undefined)
    throw new Untranslated("a suite keeps values of its own only, as in output.name = 'text'");
  return { key, value: evaluate(parseOne(value), lookup) };
}

const COMPARED: ReadonlyMap<string, (value: Json) => Entries> = new Map<
  string,
  (value: Json) => Entries
>([
  ["===", (value) => ({ equals: value })],
  ["==", (value) => ({ equals: value })],
  ["!==", (value) => ({ not: { equals: value } })],
  ["!=", (value) => ({ not: { equals: value } })],
  [">", (value) => ({ above: value })],
  ["<", (value) => ({ below: value })],
  [">=", (value) => ({ atLeast: value })],
  ["<=", (value) => ({ atMost: value })],
]);

/** A condition as the arguments of an `expect`. @throws {Untranslated} */
export function readCondition(script: string, lookup: Lookup): Entries {
  const expression = parseOne(script);
  if (expression.kind === "binary") {
    const compare = COMPARED.get(expression.operator);
    if (compare !== undefined) {
      const that = evaluate(expression.left, lookup);
      return { that, ...compare(evaluate(expression.right, lookup)) };
    }
  }
  if (expression.kind === "unary" && expression.operator === "!")
    return { that: evaluate(expression.value, lookup), in: FALSE };
  return { that: evaluate(expression, lookup), not: { in: FALSE } };
}

const FALSE = ["", 0, false, "false", null];

function parseOne(script: string): Expression {
  const parsed = parseScript({ file: "script", text: `(${script.trim().replace(/;$/, "")})` });
  const [statement] = parsed.kind === "parsed" ? parsed.statements : [];
  if (statement?.kind !== "expression")
    throw new Untranslated("it is no expression that a suite could keep");
  return statement.value;
}

function evaluate(expression: Expression, lookup: Lookup): Json {
  switch (expression.kind) {
    case "literal":
      return typeof expression.value === "string" ? literal(expression.value) : expression.value;
    case "name":
      return lookup(expression.name);
    case "member":
      return memberValue(expression);
    case "template":
      return expression.texts
        .map((text, index) => {
          const value = expression.values[index];
          return literal(text) + (value === undefined ? "" : String(evaluate(value, lookup)));
        })
        .join("");
    case "binary":
      return binaryValue(expression, lookup);
    default:
      throw new Untranslated("a suite runs no script of a flow");
  }
}

/** `output.x` was saved before; `maestro.copiedText` too. */
function memberValue({ of, name }: Extract<Expression, { kind: "member" }>): Json {
  if (of.kind === "name" && of.name === "output") return `\${saved.${name}}`;
  if (of.kind === "name" && of.name === "maestro" && name === "copiedText")
    return "${saved.copiedText}";
  if (of.kind === "name" && of.name === "maestro" && name === "platform") return "web";
  throw new Untranslated("a suite runs no script of a flow");
}

function binaryValue(
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  lookup: Lookup,
): Json {
  const a = evaluate(left, lookup);
  if (operator === "||" || operator === "??") return withDefault(a, evaluate(right, lookup));
  const b = evaluate(right, lookup);
  if (operator === "+") return typeof a === "number" && typeof b === "number" ? a + b : `${a}${b}`;
  throw new Untranslated("a suite runs no script of a flow");
}

/** `NAME || 'x'` is `${env.NAME ?? 'x'}`. */
function withDefault(value: Json, other: Json): Json {
  const [, name] = typeof value === "string" ? (/^\$\{env\.(\w+)\}$/.exec(value) ?? []) : [];
  if (name === undefined) return value;
  return `\${env.${name} ?? '${String(other).replaceAll(/['\\]/g, "\\$&")}'}`;
}
