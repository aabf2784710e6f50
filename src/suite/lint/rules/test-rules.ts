/** Rules about what tests prove: expectations, repeated steps, failures that do not count, statuses. */

import { jsonOf } from "../../reading/located.ts";
import type { Rule, Spot } from "../findings.ts";
import {
  everyStep,
  type LintStep,
  type LintSuite,
  type LintTest,
  listsOf,
  textIn,
  under,
} from "../lint-suite.ts";

/** Share of a test's steps that may fail without effect. */
const OPTIONAL_SHARE_MAX = 1 / 3;
const OPTIONAL_MIN = 2;
/** Steps that people repeat on purpose. */
const REPEATABLE: ReadonlySet<string> = new Set([
  ...["press", "wait", "scroll", "wheel", "reload", "back", "forward", "tab", "dialog", "mouse"],
  ...["keyDown", "keyUp", "click", "tap", "screenshot", "ws", "sse"],
]);
/** A `use` may hold expectations that stand in another file. */
const PROVING: ReadonlySet<string> = new Set(["expect", "use"]);

const spot = (at: { line: number; column: number }, what: string): Spot => ({
  line: at.line,
  column: at.column,
  what,
});

function withoutExpectation(suite: LintSuite): readonly Spot[] {
  if (suite.format === "original") return [];
  const isProvenByHook = suite.hooks.some((steps) => everyStep(steps).some(proves));
  if (isProvenByHook) return [];
  return suite.tests
    .filter(({ isSkipped, steps }) => !isSkipped && steps.length > 0)
    .filter(({ steps }) => !everyStep(steps).some(proves))
    .map((test) => spot(test.at, `The test ${JSON.stringify(test.name)} expects nothing`));
}

/** Waiting for something to be there is a way to expect it. */
function proves({ verb, args }: LintStep): boolean {
  if (PROVING.has(verb)) return true;
  if (verb === "goto") return under(args, "status") !== undefined;
  if (verb === "request") return under(args, "until") !== undefined;
  if (verb === "graphql") return under(args, "expect") !== undefined;
  if (verb === "ws" || verb === "sse") return under(args, "receive") !== undefined;
  return verb === "wait" && args.kind === "mapping";
}

const bodyOf = (step: LintStep): string =>
  JSON.stringify(step.node === undefined ? [step.verb, jsonOf(step.args)] : jsonOf(step.node));

function repeatedSteps(suite: LintSuite): readonly Spot[] {
  return listsOf(suite).flatMap((steps) =>
    steps.flatMap((step, index) => {
      const before = steps[index - 1];
      if (before === undefined || REPEATABLE.has(step.verb) || bodyOf(before) !== bodyOf(step))
        return [];
      return [
        spot(
          step.at,
          `The step ${step.verb} is the same as the one before it, on line ${before.at.line}`,
        ),
      ];
    }),
  );
}

function repeatedTests(suite: LintSuite): readonly Spot[] {
  const first = new Map<string, LintTest>();
  return suite.tests.flatMap((test) => {
    if (test.steps.length === 0 || test.isSkipped) return [];
    const fields = test.node?.entries.filter(({ key }) => key !== "name" && key !== "tags") ?? [];
    const body =
      test.node === undefined
        ? test.steps.map(bodyOf).join()
        : JSON.stringify(fields.map(({ key, value }) => [key, jsonOf(value)]));
    const known = first.get(body);
    if (known === undefined) first.set(body, test);
    return known === undefined
      ? []
      : [
          spot(
            test.at,
            `The test ${JSON.stringify(test.name)} does the same as ${JSON.stringify(known.name)} on line ${known.at.line}`,
          ),
        ];
  });
}

const isOptional = ({ beside }: LintStep): boolean =>
  beside.some(
    ({ key, value }) => key === "optional" && value.kind === "scalar" && value.value === true,
  );

function optionalOveruse(suite: LintSuite): readonly Spot[] {
  return suite.tests.flatMap(({ name, at, steps }) => {
    const all = everyStep(steps);
    const optional = all.filter(isOptional);
    const expected = optional.find(({ verb }) => verb === "expect");
    if (expected !== undefined) return [spot(expected.at, "An expectation is optional")];
    const isMuch =
      optional.length >= OPTIONAL_MIN && optional.length > all.length * OPTIONAL_SHARE_MAX;
    return isMuch
      ? [
          spot(
            at,
            `${optional.length} of ${all.length} steps of ${JSON.stringify(name)} are optional`,
          ),
        ]
      : [];
  });
}

/** In each list: a request, and no word about its status before the next one. */
function requestsWithoutStatus(suite: LintSuite): readonly Spot[] {
  return listsOf(suite).flatMap((steps) =>
    steps.flatMap((step, index) => {
      if (step.verb !== "request" || hasStatus(step.args)) return [];
      const rest = steps.slice(index + 1);
      const next = rest.findIndex(({ verb }) => verb === "request");
      const until = everyStep(next === -1 ? rest : rest.slice(0, next));
      if (
        until.some(
          ({ verb, args }) =>
            verb === "use" || (verb === "expect" && under(args, "status") !== undefined),
        )
      )
        return [];
      return [spot(step.at, "No step says which status the request must have")];
    }),
  );
}

/** A request that is tried again until its status is right says it itself. */
function hasStatus(args: LintStep["args"]): boolean {
  return under(args, "status") !== undefined || under(under(args, "until"), "status") !== undefined;
}

const ACTING =
  /\.(click|submit|focus|dispatchEvent)\s*\(|\.(value|checked|innerHTML)\s*=(?!=)|location(\.href)?\s*=(?!=)/;

function actingScripts(suite: LintSuite): readonly Spot[] {
  return listsOf(suite)
    .flat()
    .flatMap(({ verb, args }) => {
      const node = verb === "eval" ? (under(args, "js") ?? args) : undefined;
      const found = ACTING.exec(textIn(node) ?? "")?.[0];
      if (node === undefined || found === undefined) return [];
      return [spot(node, `The script acts on the page by ${JSON.stringify(found)}`)];
    });
}

export const TEST_RULES: readonly Rule[] = [
  {
    id: "test-no-expect",
    level: "error",
    why: "It passes whatever the page shows.",
    mend: "End it with an expect of what its steps lead to.",
    look: withoutExpectation,
  },
  {
    id: "step-duplicate",
    level: "warn",
    why: "The second one does nothing new.",
    mend: "Remove one of them, or use repeat where it is meant.",
    look: repeatedSteps,
  },
  {
    id: "test-duplicate",
    level: "warn",
    why: "It costs its time again and proves nothing more.",
    mend: "Remove one of them, or give them rows of data.",
    look: repeatedTests,
  },
  {
    id: "optional-overuse",
    level: "warn",
    why: "What may fail without effect proves nothing.",
    mend: "Use if for what may or may not be there, and soft for expectations that are to be shown together.",
    look: optionalOveruse,
  },
  {
    id: "http-no-status",
    level: "warn",
    why: "An error page passes as an answer.",
    mend: "Add expect: { status: 200 } after it.",
    look: requestsWithoutStatus,
  },
  {
    id: "eval-acts",
    level: "warn",
    why: "A script reaches what no person could: it clicks hidden and disabled elements.",
    mend: "Use click, fill, check or press, which wait for the element to be ready.",
    look: actingScripts,
  },
];
