/** Which names each part of a suite may use. The walk itself is in name-check.ts. */
import type { FaultLog } from "../reading/fault-log.ts";
import { entryOf, type Located, type LocatedMapping } from "../reading/located.ts";
import { RUN_SCOPES, STATIC_SCOPES } from "../reading/openness.ts";
import { BROWSER_FIELDS } from "./browser-fields.ts";
import type { FlowHome } from "./flow-book.ts";
import type { Hook } from "./hooks.ts";
import { type EnvReference, NameCheck, type NamePlace } from "./name-check.ts";
import type { SuiteParts } from "./suite.ts";

const BEFORE_TESTS = ["env", "vars"];
/** What a test knows before it runs: parameters are those of flows. */
const OF_TEST = STATIC_SCOPES.filter((scope) => scope !== "params");
const ALL = [...OF_TEST, ...RUN_SCOPES];

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
  const ofAll = ALL.filter((scope) => scope !== "data" && scope !== "matrix");
  for (const [hook, scopes] of hooksOf(parts, ofAll)) {
    for (const step of new Set([...hook.steps.web, ...hook.steps.http]))
      check.check(step, place("a step", scopes));
  }
  // One login is for several attempts.
  const ofSession = ALL.filter((scope) => scope !== "attempt");
  for (const { steps, validate } of parts.sessions)
    for (const step of [...steps, ...validate])
      check.check(step, place("a step of a session", ofSession));
  checkFlowNames(parts.flows.own, check, { known: STATIC_SCOPES, vars });
  return check.env;
}

/** What is once for all tests knows no row and no combination. */
const hooksOf = (
  { before, after, beforeAll, afterAll }: SuiteParts,
  ofAll: readonly string[],
): readonly (readonly [Hook, readonly string[]])[] => [
  [before, ALL],
  [after, ALL],
  [beforeAll, ofAll],
  [afterAll, ofAll],
];

type Known = { readonly known: readonly string[]; readonly vars: readonly string[] };

/** Checks the steps of flows, and the defaults of their parameters. */
export function checkFlowNames(home: FlowHome, check: NameCheck, { known, vars }: Known): void {
  const scopes = [...known, ...RUN_SCOPES];
  for (const flow of home.flows.values()) {
    const params = flow.params.map(({ name }) => name);
    const what = `a step of the flow ${JSON.stringify(flow.name)}`;
    for (const step of flow.steps) check.check(step, { what, scopes, vars, params });
    const ofDefault = scopes.filter((scope) => scope !== "params");
    for (const { fallback } of flow.params)
      if (fallback !== undefined)
        check.check(fallback, { what: "a default of a parameter", scopes: ofDefault, vars });
  }
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
      return BROWSER_FIELDS.has(key) || key === "tls"
        ? place(
            key,
            ALL.filter((scope) => scope !== "saved"),
          )
        : place(key, OF_TEST);
  }
}
