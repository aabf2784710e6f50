/** Rules about waiting: bare sleeps, and bounds beyond reason. */
import type { Rule, Spot } from "../findings.ts";
import { type LintSuite, spanIn, stepsOf, under } from "../lint-suite.ts";

const STEP_MS_MAX = 120_000;
const TEST_MS_MAX = 30 * 60_000;

function sleeps(suite: LintSuite): readonly Spot[] {
  return stepsOf(suite).flatMap(({ verb, args, at }) => {
    const waitedMs = verb === "wait" ? spanIn(args) : undefined;
    if (waitedMs === undefined || waitedMs === 0) return [];
    const place = args.kind === "scalar" ? args : at;
    return [
      { line: place.line, column: place.column, what: `The test sleeps for ${waitedMs / 1000} s` },
    ];
  });
}

function longBounds(suite: LintSuite): readonly Spot[] {
  const ofSteps = stepsOf(suite).flatMap(({ beside }) =>
    beside.flatMap(({ key, value }) =>
      key === "timeout" ? over(value, { maxMs: STEP_MS_MAX, what: "A step" }) : [],
    ),
  );
  const fields = [under(suite.root, "defaults"), ...suite.tests.map(({ node }) => node)];
  const ofTests = fields.flatMap((node) => [
    ...over(under(node, "timeout"), { maxMs: TEST_MS_MAX, what: "A test" }),
    ...over(under(node, "stepTimeout"), { maxMs: STEP_MS_MAX, what: "Every step" }),
  ]);
  return [...ofTests, ...ofSteps];
}

type Bound = { readonly maxMs: number; readonly what: string };

function over(node: Parameters<typeof spanIn>[0], { maxMs, what }: Bound): readonly Spot[] {
  const spanMs = spanIn(node);
  if (node === undefined || spanMs === undefined || spanMs <= maxMs) return [];
  return [
    {
      line: node.line,
      column: node.column,
      what: `${what} may take ${Math.round(spanMs / 1000)} s`,
    },
  ];
}

export const TIME_RULES: readonly Rule[] = [
  {
    id: "wait-time",
    level: "warn",
    why: "It is too short on a slow machine and time lost on a fast one.",
    mend: "Wait for what is to be seen: wait: { for: … } or expect, which look again until it is there.",
    look: sleeps,
  },
  {
    id: "timeout-long",
    level: "warn",
    why: "A test that hangs holds its slot for so long.",
    mend: "Bound steps by at most 2 minutes, tests by at most 30.",
    look: longBounds,
  },
];
