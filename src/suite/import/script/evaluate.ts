/** The values of expressions; calls of pages, locators and expectations record their steps on the way. */
import type { Json } from "#proto/matcher.ts";
import { deviceNamed } from "../../devices.ts";
import { literal } from "../recorder.ts";
import { isSecretField } from "../secret-book.ts";
import { Untranslated } from "../untranslated.ts";
import { awaitValue } from "./awaited.ts";
import { callMember } from "./calls.ts";
import { memberOfModule } from "./modules.ts";
import type { Expression } from "./syntax.ts";
import {
  FIRST_TAB,
  jsonIn,
  NOTHING,
  type PartName,
  type Scope,
  textIn,
  type Value,
} from "./values.ts";
import type { Walk } from "./walk.ts";

/** What every script knows without declaring it. */
const GLOBALS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["console", part("console")],
  ["process", part("process")],
  ["Promise", part("promise")],
  ["undefined", NOTHING],
]);

function part(name: PartName): Value {
  return { kind: "part", name, tab: FIRST_TAB };
}

/** @throws {Untranslated} with the reason, when it has no counterpart. */
export function evaluate(walk: Walk, expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case "literal":
      return data(
        typeof expression.value === "string" ? literal(expression.value) : expression.value,
      );
    case "pattern":
      return { kind: "pattern", source: expression.source, flags: expression.flags };
    case "template":
      return evaluateTemplate(walk, expression, scope);
    case "name":
      return nameValue(expression.name, scope);
    case "member":
      return memberOf(walk, evaluate(walk, expression.of, scope), expression.name);
    case "item":
      return itemOf(
        walk,
        evaluate(walk, expression.of, scope),
        evaluate(walk, expression.at, scope),
      );
    case "call":
      return evaluateCall(walk, expression, scope);
    case "await":
      return awaitValue(walk, evaluate(walk, expression.value, scope));
    case "list":
      return { kind: "list", items: expression.items.map((item) => evaluate(walk, item, scope)) };
    case "mapping":
      return evaluateMapping(walk, expression, scope);
    case "function":
      return { kind: "function", parts: expression, scope };
    case "binary":
      return evaluateBinary(walk, expression, scope);
    case "unary":
      return evaluateUnary(evaluate(walk, expression.value, scope), expression.operator);
    case "assign":
      return assign(walk, expression, scope);
    default:
      throw new Untranslated(`a suite has no ${expression.what} of a script`);
  }
}

const data = (value: Json): Value => ({ kind: "data", value });

function evaluateTemplate(
  walk: Walk,
  { texts, values }: Extract<Expression, { kind: "template" }>,
  scope: Scope,
): Value {
  let text = literal(texts[0] ?? "");
  values.forEach((value, index) => {
    text += textIn(evaluate(walk, value, scope), "a part of the text");
    text += literal(texts[index + 1] ?? "");
  });
  return data(text);
}

function nameValue(name: string, scope: Scope): Value {
  const value = scope.get(name) ?? GLOBALS.get(name);
  if (value === undefined) throw new Untranslated(`nothing says what ${name} is`);
  if (value.kind === "unknown") throw new Untranslated(`${name} is not known: ${value.why}`);
  return value;
}

function memberOf(walk: Walk, of: Value, name: string): Value {
  if (isEnvironment(of)) return environmentValue(walk, name);
  switch (of.kind) {
    case "mapping":
      return of.entries.get(name) ?? { kind: "unknown", why: `there is no ${name}` };
    case "playwright":
      return memberOfModule(name);
    case "devices":
      return deviceValue(name);
    case "page":
    case "context":
      return partOf(of, name) ?? { kind: "member", of, name };
    case "demand":
      return name === "not" ? { ...of, isNot: !of.isNot } : { kind: "member", of, name };
    case "list":
      return name === "length" ? data(of.items.length) : { kind: "member", of, name };
    case "data":
      return savedPart(of.value, name) ?? { kind: "member", of, name };
    default:
      return { kind: "member", of, name };
  }
}

/** `page.keyboard`, `page.request`. */
function partOf(of: Value, name: string): Value | undefined {
  const tab = of.kind === "page" ? of.tab : FIRST_TAB;
  const part = PARTS.find((one) => one === name);
  return part === undefined ? undefined : { kind: "part", name: part, tab };
}

const PARTS = ["keyboard", "mouse", "touchscreen", "clock", "request"] as const;

/** `body.name` of JSON that was saved is a part of it; methods of texts are no parts. */
function savedPart(value: Json, name: string): Value | undefined {
  const [, key] = typeof value === "string" ? (/^\$\{saved\.([\w.]+)\}$/.exec(value) ?? []) : [];
  if (key?.startsWith("body") !== true || !/^\w+$/.test(name)) return undefined;
  return data(`\${saved.${key}.${name}}`);
}

/** `process.env`. */
const isEnvironment = (value: Value): boolean =>
  value.kind === "member" &&
  value.name === "env" &&
  value.of.kind === "part" &&
  value.of.name === "process";

function environmentValue(walk: Walk, name: string): Value {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new Untranslated(`${name} is no name of a variable`);
  if (isSecretField(name)) return data(walk.recorder.book.secrets.declare(name));
  return data(`\${env.${name}}`);
}

function deviceValue(name: string): Value {
  if (deviceNamed(name) === undefined)
    throw new Untranslated(`there is no device ${JSON.stringify(name)}`);
  return { kind: "device", name };
}

function itemOf(walk: Walk, of: Value, at: Value): Value {
  if (of.kind === "list" && at.kind === "data" && typeof at.value === "number")
    return of.items[at.value] ?? NOTHING;
  return memberOf(walk, of, textIn(at, "the index"));
}

function evaluateCall(
  walk: Walk,
  expression: Extract<Expression, { kind: "call" }>,
  scope: Scope,
): Value {
  const { callee } = expression;
  if (callee.kind === "name" && callee.name === "require") return { kind: "playwright" };
  const called =
    callee.kind === "function"
      ? ({ kind: "function", parts: callee, scope } as const)
      : evaluate(walk, callee, scope);
  const args = expression.args.map((arg) => evaluate(walk, arg, scope));
  return callValue(walk, called, { args, at: expression });
}

function evaluateMapping(
  walk: Walk,
  { entries }: Extract<Expression, { kind: "mapping" }>,
  scope: Scope,
): Value {
  const made = new Map<string, Value>();
  for (const { key, value } of entries) {
    const one = evaluate(walk, value, scope);
    if (key !== undefined) made.set(key, one);
    else if (one.kind === "mapping") for (const [name, inner] of one.entries) made.set(name, inner);
    else if (one.kind === "device") made.set("...device", one);
    else throw new Untranslated("what is spread is not known");
  }
  return { kind: "mapping", entries: made };
}

function evaluateBinary(
  walk: Walk,
  { operator, left, right }: Extract<Expression, { kind: "binary" }>,
  scope: Scope,
): Value {
  const a = evaluate(walk, left, scope);
  if (operator === "??" || operator === "||")
    return withDefault(a, () => evaluate(walk, right, scope));
  const b = evaluate(walk, right, scope);
  if (operator === "+" && isText(a, b)) return data(textIn(a, "a part") + textIn(b, "a part"));
  if (a.kind === "data" && b.kind === "data") return data(calculate(operator, a.value, b.value));
  throw new Untranslated(`what ${operator} comes to is known only when the script runs`);
}

const isText = (a: Value, b: Value): boolean =>
  [a, b].some((one) => one.kind === "data" && typeof one.value === "string");

function calculate(operator: string, a: Json, b: Json): Json {
  if (typeof a !== "number" || typeof b !== "number")
    throw new Untranslated(`what ${operator} comes to is known only when the script runs`);
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    default:
      throw new Untranslated(`${operator} is not calculated`);
  }
}

/** `process.env.X ?? "x"` is `${env.X ?? 'x'}`. */
function withDefault(value: Value, other: () => Value): Value {
  if (value.kind === "nothing") return other();
  const [, name] =
    value.kind === "data" && typeof value.value === "string"
      ? (/^\$\{env\.([A-Za-z0-9_]+)\}$/.exec(value.value) ?? [])
      : [];
  if (name === undefined) return value;
  const text = textIn(other(), "the default").replaceAll(/['\\]/g, "\\$&");
  return data(`\${env.${name} ?? '${text}'}`);
}

function evaluateUnary(value: Value, operator: string): Value {
  if (operator === "void") return NOTHING;
  const known = value.kind === "data" ? jsonIn(value, "the value") : undefined;
  if (operator === "-" && typeof known === "number") return data(-known);
  if (operator === "+" && typeof known === "number") return value;
  if (operator === "!" && typeof known === "boolean") return data(!known);
  throw new Untranslated(`what ${operator} comes to is known only when the script runs`);
}

function assign(
  walk: Walk,
  { target, value }: Extract<Expression, { kind: "assign" }>,
  scope: Scope,
): Value {
  const made = evaluate(walk, value, scope);
  if (target.kind === "name") scope.change(target.name, made);
  return made;
}

/** Calls whatever a callee stands for. @throws {Untranslated} when it is nothing that can be called. */
function callValue(
  walk: Walk,
  callee: Value,
  call: { readonly args: readonly Value[]; readonly at: Expression },
): Value {
  if (callee.kind === "function") return walk.callFunction(callee, call.args);
  if (callee.kind === "member") return callMember(walk, callee, call);
  if (callee.kind === "part") return callMember(walk, { of: callee, name: "" }, call);
  if (callee.kind === "unknown") throw new Untranslated(callee.why);
  throw new Untranslated("it calls what is no function of Playwright's or of this file");
}
