/** Steps that hold steps, as people write them: what travels, and what is refused with its place. */
import { expect, test } from "vitest";
import { type PlannedStep, TestDefinition } from "#proto/test.ts";
import { referencesOf } from "#suite/references.ts";
import { filesOf, testOf, testsOf } from "./suite-kit.ts";

/** A web test whose steps start at line 5, column 9. */
const suite = (steps: readonly string[], root = "name: s") =>
  [root, "tests:", "  - name: t", "    steps:", ...steps.map((step) => `      - ${step}`), ""].join(
    "\n",
  );

/** Name and blocks, for people to compare. */
function shown({ name, blocks }: PlannedStep): string {
  const inside = Object.entries(blocks ?? {}).map(
    ([key, steps]) => `${key}: ${steps.map(shown).join(", ")}`,
  );
  return inside.length === 0 ? name : `${name} { ${inside.join("; ")} }`;
}

function stepsOf(steps: readonly string[], root?: string, files = {}): readonly string[] {
  const one = testOf(suite(steps, root), { files });
  expect(TestDefinition.safeParse(one).success).toBe(true);
  return one.steps.map(shown);
}

test.each([
  [
    '{ if: { visible: "#a" }, then: [{ click: "#b" }], else: [{ reload: true }] }',
    "if visible #a { then: click #b; else: reload }",
  ],
  [
    '{ if: { that: "${saved.n}", above: 3, timeout: 2s }, then: [{ back: true }] }',
    "if ${saved.n} above 3 { then: back }",
  ],
  ["{ repeat: 3, steps: [{ back: true }] }", "repeat 3 times { steps: back }"],
  [
    '{ repeat: { until: { hidden: "#more" }, max: 20 }, steps: [{ click: "#more" }] }',
    "repeat until hidden #more, at most 20 times { steps: click #more }",
  ],
  [
    '{ repeat: { while: { url: "/a" }, max: 5, index: i, steps: [{ goto: "/${i}" }] } }',
    'repeat while url equals "/a", at most 5 times { steps: goto /${i} }',
  ],
  [
    "{ forEach: [a, b], as: who, index: i, steps: [{ goto: '/${who}/${i}' }] }",
    'forEach who in ["a","b"] { steps: goto /${who}/${i} }',
  ],
  [
    '{ forEach: "${saved.users}", steps: [{ goto: "/${item.name}" }] }',
    "forEach item in ${saved.users} { steps: goto /${item.name} }",
  ],
  [
    "{ try: [{ back: true }], catch: [], finally: [{ reload: true }], name: maybe }",
    "maybe { try: back; catch: ; finally: reload }",
  ],
])("%s", (step, planned) => {
  expect(stepsOf([step])).toEqual([planned]);
});

test("what it takes beside its steps, and where it stands, travels", () => {
  const [step, soft] = testOf(
    suite([
      '{ if: { visible: "#a", timeout: 2s }, then: [{ click: "#b", optional: true, timeout: 1s }], timeout: 30s }',
      '{ expect: { url: "/x" }, soft: true }',
    ]),
  ).steps;
  expect(step).toMatchObject({
    kind: "if",
    timeoutMs: 30_000,
    args: {
      when: {
        expect: { checks: [{ subject: { of: "visible", locator: { by: "css", value: "#a" } } }] },
        text: "visible #a",
        timeoutMs: 2000,
      },
    },
  });
  expect(step?.blocks?.["then"]).toMatchObject([
    { kind: "click", line: 5, optional: true, timeoutMs: 1000 },
  ]);
  expect(soft).toMatchObject({ kind: "expect", soft: true });
});

const FLOWS = `name: s
vars: { home: /home }
flows:
  open: [{ goto: "\${vars.home}" }]
  signIn:
    params: { user: required, role: { default: "admin \${vars.home}" }, list: [1, 2] }
    steps:
      - use: open
      - fill: { label: User, value: "\${params.user}" }
      - fill: { label: Role, value: "\${params.role}" }
      - forEach: "\${params.list}"
        steps: [{ goto: "/\${item}" }]`;

test("use: the flow's steps travel with their parameters filled in", () => {
  const one = testOf(
    suite(
      [
        '{ use: { flow: signIn, with: { user: "${saved.who}" } } }',
        "{ use: signIn, with: { user: b, list: [] } }",
      ],
      FLOWS,
    ),
  );
  const values = one.steps.map(({ blocks }) =>
    blocks?.["steps"]?.map(({ args }) => args["value"] ?? args["items"]),
  );
  expect(values).toEqual([
    [undefined, "${saved.who}", "admin /home", [1, 2]],
    [undefined, "b", "admin /home", []],
  ]);
  expect(one.steps.map(shown)[0]).toContain(
    "use signIn { steps: use open { steps: goto /home }, fill",
  );
});

test("use: a flow that knows the row differs by row, though the step that uses it does not", () => {
  const tests = testsOf(
    'flows: { f: [{ goto: "/${data.id}" }] }\ntests: [{ name: t, data: [{ id: 1 }, { id: 2 }], steps: [{ use: f }] }]',
  );
  const urls = tests.map(({ steps }) => steps[0]?.blocks?.["steps"]?.[0]?.args["url"]);
  expect(urls).toEqual(["/1", "/2"]);
});

const LOGIN = `flows:
  signIn:
    params: [user]
    steps:
      - fill: { label: User, value: "\${params.user}" }
      - upload: { css: "#f", files: [a.png] }
      - use: more.yaml#leave
`;
const MORE =
  'flows: { leave: [{ goto: "${env.LEAVE}" }, { use: "#twice" }], twice: [{ back: true }] }';

test("use: flows of other files travel whole, say where they stand, and bring their files and environment", () => {
  const files = { "parts/login.yaml": LOGIN, "more.yaml": MORE, "a.png": "x" };
  const text = suite(['{ use: { flow: "parts/login.yaml#signIn", with: { user: ann } } }']);
  const one = testOf(text, { file: "e2e/shop.yaml", files, env: { LEAVE: "/out" } });
  const [fill, upload, leave] = one.steps[0]?.blocks?.["steps"] ?? [];
  expect(fill).toMatchObject({ file: "e2e/parts/login.yaml", line: 5, args: { value: "ann" } });
  expect(upload).toMatchObject({ line: 6 });
  expect(one.files.map(({ path }) => path)).toEqual(["a.png"]);
  expect(leave?.blocks?.["steps"]).toMatchObject([
    { file: "e2e/more.yaml", args: { url: "/out" } },
    { kind: "use", blocks: { steps: [{ kind: "back", file: "e2e/more.yaml" }] } },
  ]);
  const wanted = referencesOf({ file: "e2e/shop.yaml", text }, { files: filesOf(files) });
  expect(wanted.env).toEqual(["LEAVE"]);
  expect(new Set(wanted.files)).toEqual(new Set(["parts/login.yaml", "more.yaml", "a.png"]));
});
