/**
 * Tells how much of a value is known: `closed` (all of it), `static` (it waits for vars, env, data, matrix or params), or open
 * until the run (`saved`, `secrets`, `run`, `attempt`): `lone` when it is nothing but one reference, else `mixed`.
 */
import { scanTemplate, type TemplatePart, type TemplateReference } from "#shared/template.ts";
import type { Located } from "./located.ts";

export type Openness = "closed" | "static" | "lone" | "mixed";

/** Names that are filled in when a suite expands. */
export const STATIC_SCOPES = ["vars", "env", "data", "matrix", "params"] as const;
/** Names that only the node can fill in. */
export const RUN_SCOPES = ["secrets", "saved", "run", "attempt"] as const;

const STATIC: ReadonlySet<string> = new Set(STATIC_SCOPES);

/** Whether a reference is filled in when the suite expands. */
export function isStatic(part: TemplatePart): part is TemplateReference {
  return part.kind === "reference" && STATIC.has(part.scope);
}

/** Malformed references count as static: the name check tells them, and nothing else should. */
export function opennessOf(node: Located): Openness {
  return node.kind === "scalar" && typeof node.value === "string"
    ? textOpenness(node.value)
    : "closed";
}

export function textOpenness(text: string): Openness {
  if (!text.includes("${")) return "closed";
  const parts = scanTemplate(text);
  if (parts.some((part) => part.kind === "malformed" || isStatic(part))) return "static";
  if (parts.every((part) => part.kind === "text")) return "closed";
  return parts.length === 1 ? "lone" : "mixed";
}
