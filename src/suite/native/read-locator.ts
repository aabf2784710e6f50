/** Reads one locator that somebody typed by itself, in the words of suites: a string, a mapping, or `role=button[name=Buy]`. */
import { Locator } from "#proto/matcher.ts";
import { FaultLog } from "../reading/fault-log.ts";
import { parseYamlTree } from "../reading/yaml-tree.ts";
import { locator } from "./locator.ts";

export type TypedLocator =
  | { readonly kind: "read"; readonly locator: Locator }
  | { readonly kind: "refused"; readonly reason: string };

/** `role=button[name=Buy][exact][nth=0]`: kinds that have no short form in suites, where they are mappings. */
const SHORT = /^(role|label|placeholder|testId)\s*=\s*([^[\]]+?)\s*((?:\[[^[\]]*\]\s*)*)$/;
const PART = /\[\s*(\w+)\s*(?:=\s*([^[\]]*?))?\s*\]/g;

/** Reads it; a refusal is the sentence that `validate` would say. */
export function readTypedLocator(text: string): TypedLocator {
  const log = new FaultLog("locator");
  const tree = parseYamlTree(asYaml(text.trim()), log);
  const found =
    tree.root === undefined
      ? undefined
      : locator.read(tree.root, { log, files: () => undefined, used: [] });
  const [fault] = log.all.filter(({ severity }) => severity === "error");
  if (fault !== undefined) return { kind: "refused", reason: fault.message };
  const parsed = Locator.safeParse(found);
  if (parsed.success) return { kind: "read", locator: parsed.data };
  return { kind: "refused", reason: `Expected ${locator.expected}` };
}

function asYaml(text: string): string {
  if (text.startsWith("{")) return text;
  const [, kind = "", value = "", parts = ""] = SHORT.exec(text) ?? [];
  if (kind === "") return JSON.stringify(text);
  const more = [...parts.matchAll(PART)].map(
    ([, key = "", said]) => [key, partValue(said)] as const,
  );
  return JSON.stringify({ [kind]: unquoted(value), ...Object.fromEntries(more) });
}

/** A key alone is a yes; only whole numbers and true and false are no text. */
function partValue(text: string | undefined): string | number | boolean {
  if (text === undefined || text === "true") return true;
  if (text === "false") return false;
  return /^\d+$/.test(text) ? Number(text) : unquoted(text);
}

const unquoted = (text: string): string => /^(["'])(.*)\1$/.exec(text)?.[2] ?? text;
