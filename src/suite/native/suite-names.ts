/** Which names each part of a suite may use. The walk itself is in name-check.ts. */
import type { FaultLog } from "../reading/fault-log.ts";
import { entryOf, type Located, type LocatedMapping } from "../reading/located.ts";
import { RUN_SCOPES, STATIC_SCOPES } from "../reading/openness.ts";
import { BROWSER_FIELDS } from "./browser-fields.ts";
import { type EnvReference, NameCheck, type NamePlace } from "./name-check.ts";
import type { SuiteParts } from "./suite.ts";

const BEFORE_TESTS = ["env", "vars"];
const ALL = [...STATIC_SCOPES, ...RUN_SCOPES];

/** Checks every name of a suite; returns what it wants from the environment. */
export function checkSuiteNames(parts: SuiteParts, log: FaultLog): readonly EnvReference[] {
  const { tree } = parts;
  const vars = parts.vars.map((entry) => entry.key);
  const check = new NameCheck({
    tree,
    log,
    vars,
    secrets: parts.secrets.map((secret) => secret.name),
  });
  const place = (what: string, scopes: readonly string[]): NamePlace => ({ what, scopes, vars });
  parts.vars.forEach((entry, index) => {
    check.check(entry.value, { what: "vars", scopes: BEFORE_TESTS, vars: vars.slice(0, index) });
  });
  checkRoot(parts, check, place);
  if (parts.defaults !== undefined) checkFields(parts.defaults, check, place);
  for (const test of parts.tests) checkFields(test.node, check, place);
  for (const hook of [parts.before, parts.after]) {
    for (const step of new Set([...hook.steps.web, ...hook.steps.http]))
      check.check(step, place("a step", ALL));
  }
  return check.env;
}

type PlaceMaker = (what: string, scopes: readonly string[]) => NamePlace;

function checkRoot(parts: SuiteParts, check: NameCheck, place: PlaceMaker): void {
  const root = parts.tree.root;
  const name = root?.kind === "mapping" ? entryOf(root, "name") : undefined;
  if (name !== undefined) check.check(name.value, place("the name of a suite", []));
  if (parts.matrix !== undefined) check.check(parts.matrix, place("a matrix", BEFORE_TESTS));
}

function checkFields(test: LocatedMapping, check: NameCheck, place: PlaceMaker): void {
  for (const entry of test.entries)
    check.check(entry.value, placeOf(entry.key, entry.value, place));
}

function placeOf(key: string, value: Located, place: PlaceMaker): NamePlace {
  switch (key) {
    case "steps":
      return place("a step", ALL);
    case "baseUrl":
      // The page is opened before any step can have saved something.
      return place(
        "baseUrl",
        ALL.filter((scope) => scope !== "saved"),
      );
    case "matrix":
      return place("a matrix", BEFORE_TESTS);
    case "data":
      return value.kind === "list"
        ? place("a row of data", [...BEFORE_TESTS, ...RUN_SCOPES])
        : place("the file of data", []);
    default:
      // Their values are filled in on the node, before the first step.
      return BROWSER_FIELDS.has(key)
        ? place(
            key,
            ALL.filter((scope) => scope !== "saved"),
          )
        : place(key, STATIC_SCOPES);
  }
}
