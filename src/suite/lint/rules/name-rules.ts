/** Rules about values: secrets as literals, names that nobody uses, addresses that are written again and again. */

import { isSecretField } from "../../import/secret-book.ts";
import type { Located, LocatedEntry } from "../../reading/located.ts";
import type { Rule, Spot } from "../findings.ts";
import { type LintStep, type LintSuite, stepsOf, textIn, under } from "../lint-suite.ts";
import { locatorsOf } from "../locators.ts";

/** Keys whose value nobody else may know, wherever they stand. */
const SECRET_KEY =
  /^(password|passwd|passphrase|bearer|authorization|x-api-key|api-?key|access-?token|client-?secret)$/i;
const ORIGINS_MIN = 3;
const METHODS = ["get", "post", "put", "patch", "delete", "head", "options"];

const spot = (at: { line: number; column: number }, what: string): Spot => ({
  line: at.line,
  column: at.column,
  what,
});

function secretLiterals(suite: LintSuite): readonly Spot[] {
  const filled = stepsOf(suite).flatMap(filledSecret);
  const keyed = suite.root === undefined ? [] : entriesIn(suite.root).flatMap(keyedSecret);
  return [...filled, ...keyed];
}

function filledSecret(step: LintStep): readonly Spot[] {
  if (step.verb !== "fill" && step.verb !== "type") return [];
  const value = under(step.args, "value");
  const spoken = locatorsOf(step)
    .map(({ value: words, node }) => `${words} ${textIn(under(node, "name")) ?? ""}`)
    .join(" ");
  return isLiteral(value) && isSecretField(spoken)
    ? [spot(value, `A secret stands as it is in a ${step.verb}`)]
    : [];
}

function keyedSecret({ key, value }: LocatedEntry): readonly Spot[] {
  return SECRET_KEY.test(key) && isLiteral(value)
    ? [spot(value, `A secret stands as it is under ${JSON.stringify(key)}`)]
    : [];
}

function isLiteral(node: Located | undefined): node is Located {
  if (node?.kind !== "scalar" || node.value === null || typeof node.value === "boolean")
    return false;
  const written = String(node.value);
  return written !== "" && !written.includes("${");
}

function entriesIn(node: Located): readonly LocatedEntry[] {
  if (node.kind === "list") return node.items.flatMap(entriesIn);
  if (node.kind !== "mapping") return [];
  return node.entries.flatMap((entry) => [entry, ...entriesIn(entry.value)]);
}

/** All texts of a part of the file, keys among them. */
function textsIn(node: Located): readonly string[] {
  if (node.kind === "scalar") return typeof node.value === "string" ? [node.value] : [];
  if (node.kind === "list") return node.items.flatMap(textsIn);
  return node.entries.flatMap(({ key, value }) => [key, ...textsIn(value)]);
}

function unusedVars({ root }: LintSuite): readonly Spot[] {
  const vars = under(root, "vars");
  if (root === undefined || vars?.kind !== "mapping") return [];
  return vars.entries.flatMap(({ key, at }) => {
    const others = root.entries.flatMap((entry) =>
      entry.value === vars
        ? vars.entries.filter((one) => one.key !== key).flatMap(({ value }) => textsIn(value))
        : textsIn(entry.value),
    );
    const isUsed = others.some((text) => refersTo(text, "vars", key));
    return isUsed ? [] : [spot(at, `The var ${JSON.stringify(key)} is used nowhere`)];
  });
}

function unusedSecrets({ root }: LintSuite): readonly Spot[] {
  const secrets = under(root, "secrets");
  if (root === undefined || secrets?.kind !== "list") return [];
  const texts = textsIn(root);
  return secrets.items.flatMap((item) => {
    const name = textIn(item) ?? "";
    const isUsed = texts.some((text) => refersTo(text, "secrets", name));
    return isUsed ? [] : [spot(item, `The secret ${name} is used nowhere`)];
  });
}

function refersTo(text: string, scope: string, name: string): boolean {
  const start = `${scope}.${name}`;
  return [...text.matchAll(/\$\{\s*([^}]*?)\s*\}/g)].some(
    ([, inside = ""]) =>
      inside === start || (inside.startsWith(start) && /[\s.?]/.test(inside.charAt(start.length))),
  );
}

/** The first step of each origin that several steps write out, where no baseUrl is given. */
function repeatedOrigins(suite: LintSuite): readonly Spot[] {
  const isBased = [under(suite.root, "defaults"), ...suite.tests.map(({ node }) => node)].some(
    (node) => under(node, "baseUrl") !== undefined,
  );
  if (isBased || suite.format === "original") return [];
  const places = new Map<string, Located[]>();
  for (const node of stepsOf(suite).flatMap(addressOf)) {
    const origin = originOf(textIn(node) ?? "");
    if (origin !== undefined) places.set(origin, [...(places.get(origin) ?? []), node]);
  }
  return [...places].flatMap(([origin, nodes]) => {
    const [first] = nodes;
    return first === undefined || nodes.length < ORIGINS_MIN
      ? []
      : [spot(first, `${origin} is written out in ${nodes.length} steps`)];
  });
}

function addressOf({ verb, args }: LintStep): readonly Located[] {
  if (verb === "goto") return [under(args, "url") ?? args];
  if (verb !== "request") return [];
  return METHODS.flatMap((method) => under(args, method) ?? []);
}

function originOf(url: string): string | undefined {
  return /^https?:\/\/[^/?#$]+/i.exec(url)?.[0];
}

export const NAME_RULES: readonly Rule[] = [
  {
    id: "secret-literal",
    level: "error",
    why: "Whoever reads the file knows it, and reports show it.",
    mend: "Declare it under secrets, write ${secrets.NAME}, and set NAME where the suite is submitted.",
    look: secretLiterals,
  },
  {
    id: "var-unused",
    level: "warn",
    why: "Whoever reads it looks for what it changes.",
    mend: "Remove it, or use it by ${vars.NAME}.",
    look: unusedVars,
  },
  {
    id: "secret-unused",
    level: "warn",
    why: "A run is refused where it is not set, though nothing needs it.",
    mend: "Remove it from secrets.",
    look: unusedSecrets,
  },
  {
    id: "base-url",
    level: "warn",
    why: "The suite runs against that one place only.",
    mend: "Set baseUrl in defaults, and write paths.",
    look: repeatedOrigins,
  },
];
