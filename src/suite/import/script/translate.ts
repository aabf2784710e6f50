/**
 * Walks through the statements of a script as they would run and records the steps that they come to. Names stand for
 * `Value`s; a statement that has no counterpart is recorded as missing, with its reason, and the walk goes on.
 */

import { Untranslated } from "../untranslated.ts";
import { evaluate } from "./evaluate.ts";
import { importedValue, memberOfModule } from "./modules.ts";
import type { Binding, Expression, Statement } from "./syntax.ts";
import { NOTHING, Scope, type Value } from "./values.ts";
import type { Called, Walk } from "./walk.ts";

/** Functions that call functions deeper than this are listed instead. */
const DEPTH_MAX = 20;
/** Rounds of a loop over a list that is written down. */
const ROUNDS_MAX = 100;

/** Walks a list of statements; the value of its `return`, if it gets there. */
export function walkStatements(
  walk: Walk,
  statements: readonly Statement[],
  scope: Scope,
): Value | undefined {
  for (const statement of statements)
    if (statement.kind === "function")
      scope.set(statement.name, { kind: "function", parts: statement, scope });
  for (const statement of statements) {
    const returned = walkGuarded(walk, statement, scope);
    if (returned !== undefined) return returned;
  }
  return undefined;
}

function walkGuarded(walk: Walk, statement: Statement, scope: Scope): Value | undefined {
  try {
    return walkStatement(walk, statement, scope);
  } catch (thrown) {
    if (!(thrown instanceof Untranslated)) throw thrown;
    walk.recorder.missing(statement, thrown.message);
    if (statement.kind === "declare") bindUnknown(statement.binding, thrown.message, scope);
    return undefined;
  }
}

function walkStatement(walk: Walk, statement: Statement, scope: Scope): Value | undefined {
  switch (statement.kind) {
    case "expression":
      evaluate(walk, statement.value, scope);
      return undefined;
    case "declare":
      bind(walk, statement.binding, {
        value: statement.value === undefined ? NOTHING : evaluate(walk, statement.value, scope),
        scope,
      });
      return undefined;
    case "block":
      return walkStatements(walk, statement.body, new Scope(scope));
    case "each":
      return walkRounds(walk, statement, scope);
    case "return":
      return statement.value === undefined ? NOTHING : evaluate(walk, statement.value, scope);
    case "import":
      for (const { name, local } of statement.names)
        scope.set(local, importedValue(name, statement.from));
      return undefined;
    case "function":
    case "nothing":
      return undefined;
    default:
      throw new Untranslated(`a suite has no ${statement.what} of a script`);
  }
}

function walkRounds(
  walk: Walk,
  statement: Extract<Statement, { kind: "each" }>,
  scope: Scope,
): undefined {
  const values = evaluate(walk, statement.values, scope);
  if (values.kind !== "list")
    throw new Untranslated("the loop is not over a list that is written down");
  if (values.items.length > ROUNDS_MAX)
    throw new Untranslated(`the loop has more than ${ROUNDS_MAX} rounds`);
  for (const item of values.items) {
    const round = new Scope(scope);
    bind(walk, statement.binding, { value: item, scope: round });
    walkStatements(walk, statement.body, round);
  }
  return undefined;
}

type Bound = { readonly value: Value; readonly scope: Scope };

/** Gives names to a value or to its parts; where nothing is given they stand for what is written there. */
function bind(walk: Walk, binding: Binding, { value, scope }: Bound): void {
  const given = (one: Value, otherwise: Expression | undefined): Value =>
    one.kind === "nothing" && otherwise !== undefined ? evaluate(walk, otherwise, scope) : one;
  switch (binding.kind) {
    case "name":
      return scope.set(binding.name, given(value, binding.otherwise));
    case "mapping": {
      const whole = given(value, binding.otherwise);
      for (const { key, name, otherwise } of binding.names) {
        const isAbsent = whole.kind === "mapping" && !whole.entries.has(key);
        const part = isAbsent && otherwise !== undefined ? NOTHING : partOf(whole, key);
        scope.set(name, given(part, otherwise));
      }
      return;
    }
    case "list":
      binding.names.forEach((name, index) => {
        const item = value.kind === "list" ? value.items[index] : undefined;
        if (name !== undefined) scope.set(name, item ?? { kind: "unknown", why: "it is no list" });
      });
      return;
    default:
      throw new Untranslated("its names are not simple");
  }
}

function partOf(value: Value, key: string): Value {
  if (value.kind === "playwright") return memberOfModule(key);
  if (value.kind === "mapping")
    return value.entries.get(key) ?? { kind: "unknown", why: `there is no ${key}` };
  return { kind: "unknown", why: `${key} is taken out of something` };
}

function bindUnknown(binding: Binding, why: string, scope: Scope): void {
  const names =
    binding.kind === "name"
      ? [binding.name]
      : binding.kind === "mapping"
        ? binding.names.map(({ name }) => name)
        : binding.kind === "list"
          ? binding.names
          : [];
  for (const name of names) if (name !== undefined) scope.set(name, { kind: "unknown", why });
}

/** Calls a function that the script defines: its steps are recorded where it is called. */
export function callFunction(walk: Walk, called: Called, args: readonly Value[]): Value {
  if (walk.depth >= DEPTH_MAX)
    throw new Untranslated(`functions call one another ${DEPTH_MAX} deep`);
  walk.depth += 1;
  try {
    const scope = new Scope(called.scope);
    for (const [index, param] of called.parts.params.entries())
      bind(walk, param, { value: args[index] ?? NOTHING, scope });
    return walkStatements(walk, called.parts.body, scope) ?? NOTHING;
  } finally {
    walk.depth -= 1;
  }
}
