/**
 * A template of an accessibility tree, in the YAML of Playwright's ARIA snapshots: read as soon as all of it is known, with
 * every fault at its own line. What it means is the driver's.
 */
import { parsePattern } from "#shared/pattern/text-pattern.ts";
import { displayTemplate } from "#shared/template.ts";
import { adviceFor, FaultLog, type Position } from "../reading/fault-log.ts";
import {
  describeFound,
  type Located,
  type LocatedEntry,
  type LocatedMapping,
} from "../reading/located.ts";
import { opennessOf } from "../reading/openness.ts";
import { type Reading, refuse, type Shape, shape } from "../reading/shape.ts";
import { parseYamlTree } from "../reading/yaml-tree.ts";
import { ARIA_ROLES } from "./aria-roles.ts";

const EXPECTED = 'a template such as "- button \\"Save\\"", a list of roles and names';
const LENGTH_MAX = 100_000;
/** Beside the roles: what a tree has that is none. */
const ROLES = [...ARIA_ROLES, "iframe", "fragment", "text"];
const CHILDREN = ["contain", "equal", "deep-equal"];
const ATTRIBUTES: ReadonlyMap<string, RegExp> = new Map([
  ["checked", /^(true|false|mixed)$/],
  ["pressed", /^(true|false|mixed)$/],
  ["disabled", /^(true|false)$/],
  ["expanded", /^(true|false)$/],
  ["active", /^(true|false)$/],
  ["selected", /^(true|false)$/],
  ["invalid", /^(true|false|grammar|spelling)$/],
  ["level", /^\d+$/],
]);
const KEY =
  /^([A-Za-z]+)\s*("(?:[^"\\]|\\.)*"|\/(?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+\/)?\s*((?:\[[^\]]*\]\s*)*)$/;

/** The template as text. */
export const ariaTemplate: Shape = shape(
  EXPECTED,
  { type: "string", minLength: 1, maxLength: LENGTH_MAX },
  (node, reading) => {
    if (node.kind !== "scalar" || typeof node.value !== "string" || node.value.trim() === "")
      return refuse(node, EXPECTED, reading);
    if (node.value.length > LENGTH_MAX)
      return refuse(node, `a template of at most ${LENGTH_MAX} characters`, reading);
    if (opennessOf(node) === "closed") check(node, displayTemplate(node.value), reading);
    return node.value;
  },
);

type Tell = (at: Position, message: string) => void;

/** A text over several lines begins on the line after its own mark (`|`). */
function check(node: Position, template: string, reading: Reading): void {
  const isBlock = template.includes("\n");
  const tell: Tell = (at, message) => {
    const line = isBlock ? node.line + at.line : node.line;
    reading.log.error(
      { line, column: node.column },
      `In line ${at.line} of the template: ${message}`,
    );
  };
  const log = new FaultLog("the template");
  const { root } = parseYamlTree(template, log);
  for (const { line, column, message } of log.all) tell({ line, column }, message);
  if (root === undefined) return;
  if (root.kind !== "list") tell(root, `Expected a list, each line of it beginning with "- "`);
  else checkList(root.items, tell);
}

function checkList(items: readonly Located[], tell: Tell): void {
  for (const item of items) {
    if (item.kind === "mapping") checkMapping(item, tell);
    else if (item.kind === "scalar" && typeof item.value === "string")
      checkKey(item.value, item, tell);
    else tell(item, `Expected a role, such as button "Save", found ${describeFound(item)}`);
  }
}

function checkMapping(mapping: LocatedMapping, tell: Tell): void {
  for (const entry of mapping.entries) {
    const { key, at, value } = entry;
    const text = value.kind === "scalar" && value.value !== null ? String(value.value) : undefined;
    if (key === "/children") checkMode(entry, text, tell);
    else if (key === "text" || key.startsWith("/")) checkText(entry, text, tell);
    else {
      checkKey(key, at, tell);
      if (value.kind === "list") checkList(value.items, tell);
      else checkText(entry, text, tell);
    }
  }
}

function checkMode({ at, value }: LocatedEntry, text: string | undefined, tell: Tell): void {
  if (CHILDREN.includes(text ?? "")) return;
  const found = describeFound(value);
  tell(at, `Expected one of ${CHILDREN.join(", ")} after /children, found ${found}`);
}

function checkText({ key, at, value }: LocatedEntry, text: string | undefined, tell: Tell): void {
  if (text !== undefined) return checkPattern(text, at, tell);
  const kind = key === "text" || key.startsWith("/") ? "a text" : "a text or a list";
  tell(at, `Expected ${kind} after ${JSON.stringify(key)}, found ${describeFound(value)}`);
}

function checkKey(key: string, at: Position, tell: Tell): void {
  const found = KEY.exec(key.trim());
  if (found === null)
    return tell(
      at,
      `Expected a role, a name in quotes or slashes, and [attributes], found ${JSON.stringify(key)}`,
    );
  const [, role = "", name, attributes = ""] = found;
  if (!ROLES.includes(role))
    return tell(at, `Unknown role ${JSON.stringify(role)}: ${adviceFor(role, ROLES)}`);
  if (name?.startsWith("/")) checkPattern(name, at, tell);
  for (const [, attribute = ""] of attributes.matchAll(/\[([^\]]*)\]/g))
    checkAttribute(attribute.trim(), at, tell);
}

function checkAttribute(attribute: string, at: Position, tell: Tell): void {
  const [name = "", value = "true"] = attribute.split("=").map((part) => part.trim());
  const form = ATTRIBUTES.get(name);
  if (form === undefined)
    return tell(
      at,
      `Unknown attribute ${JSON.stringify(name)}: ${adviceFor(name, [...ATTRIBUTES.keys()])}`,
    );
  if (!form.test(value)) tell(at, `Not a value of the attribute ${name}: ${JSON.stringify(value)}`);
}

/** A text between slashes is an expression. */
function checkPattern(text: string, at: Position, tell: Tell): void {
  const source = /^\/(.+)\/$/s.exec(text)?.[1];
  const parsed = source === undefined ? undefined : parsePattern(source);
  if (typeof parsed === "string") tell(at, `Not a regular expression: ${parsed}, found ${text}`);
}
