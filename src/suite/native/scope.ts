/** What the static names of `${…}` mean for one test: vars, env, data, matrix; and params in the flows that it uses. */
import type { Json } from "#proto/matcher.ts";
import { escapeTemplate, reachInto, type TemplateReference } from "#shared/template.ts";
import { adviceFor } from "../reading/fault-log.ts";
import { textOpenness } from "../reading/openness.ts";

/** Values by name; their strings are templates, in which only what the node fills in is still open. */
export type ValuesByName = { readonly [name: string]: Json };

/** `unread`: the environment is not at hand (at load), so whatever depends on it stays open. */
export type Environment = "unread" | { readonly [name: string]: string | undefined };

export type Scope = {
  readonly env: Environment;
  readonly vars: ValuesByName;
  readonly data: ValuesByName;
  readonly matrix: ValuesByName;
  /** Of the flow whose steps are filled in; none elsewhere. */
  readonly params: ValuesByName;
};

export type Resolved =
  | { readonly kind: "value"; readonly value: Json }
  /** Nobody knows yet: the environment is not at hand, or unset, which is told elsewhere. */
  | { readonly kind: "open" }
  | { readonly kind: "unknown"; readonly message: () => string };

/** Looks a static name up. */
export function resolveName(reference: TemplateReference, scope: Scope): Resolved {
  switch (reference.scope) {
    case "env":
      return resolveEnv(reference, scope.env);
    case "vars":
      return resolveIn(reference, scope.vars, "the suite's vars");
    case "data":
      return resolveIn(reference, scope.data, "this test's data");
    case "params":
      return resolveIn(reference, scope.params, "the flow's params");
    default:
      return resolveIn(reference, scope.matrix, "this test's matrix");
  }
}

function resolveEnv(reference: TemplateReference, env: Environment): Resolved {
  if (env === "unread") return { kind: "open" };
  const name = reference.path.join(".");
  const value = (Object.hasOwn(env, name) ? env[name] : undefined) ?? reference.fallback;
  return value === undefined ? { kind: "open" } : { kind: "value", value: escapeTemplate(value) };
}

function resolveIn(reference: TemplateReference, values: ValuesByName, where: string): Resolved {
  const value = reachInto(values, reference.path);
  if (value !== undefined) return { kind: "value", value };
  const [first = ""] = reference.path;
  const outer = Object.hasOwn(values, first) ? values[first] : undefined;
  if (typeof outer === "string" && textOpenness(outer) === "static") return { kind: "open" };
  const message = () =>
    outer === undefined
      ? `Unknown name ${reference.source}: not in ${where}; ${adviceFor(reference.path.join("."), Object.keys(values))}`
      : `Unknown name ${reference.source}: "${first}" in ${where} has no "${reference.path.slice(1).join(".")}"`;
  return { kind: "unknown", message };
}
