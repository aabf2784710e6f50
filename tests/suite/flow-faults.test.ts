/** Steps that hold steps, and flows, that are wrong: each is told with its file, its place and what was expected. */
import { expect, test } from "vitest";
import { STEP_DEPTH_MAX } from "#proto/steps/flow.ts";
import { errorLines, errorsOf, expandText } from "./suite-kit.ts";

/** A web test whose steps start at line 5, column 9. */
const suite = (steps: readonly string[], root = "name: s") =>
  [root, "tests:", "  - name: t", "    steps:", ...steps.map((step) => `      - ${step}`), ""].join(
    "\n",
  );

const inFile = (file: string, step: string) =>
  errorsOf(suite([`{ use: "${step}" }`]), { file: "e2e/s.yaml", files: { "f.yaml": file } }).map(
    (fault) => `${fault.file}:${fault.line}:${fault.column} ${fault.message}`,
  );

test.each([
  [
    "flows: { a: [{ clik: x }] }",
    "f.yaml#a",
    'e2e/f.yaml:1:16 Unknown step "clik": did you mean "click"?',
  ],
  [
    "flows: { a: [{ goto: '${vars.x}' }] }",
    "f.yaml#a",
    "e2e/f.yaml:1:23 ${vars.x} is not known here",
  ],
  [
    "flows: { a: [{ goto: '${secrets.Q}' }] }",
    "f.yaml#a",
    "e2e/f.yaml:1:23 Unknown name ${secrets.Q}",
  ],
  [
    "flows: { a: [{ goto: '${params.q}' }] }",
    "f.yaml#a",
    "e2e/f.yaml:1:23 Unknown name ${params.q}: not in the flow's params",
  ],
  [
    "flows: { a: [{ use: '#b' }], b: [{ use: a }] }",
    "f.yaml#a",
    "e2e/f.yaml:1:41 Expected flows that do not use themselves, found a circle: a → b → a",
  ],
  ["flows: { a: [{ goto: 1, }", "f.yaml#a", "e2e/f.yaml:1:"],
  ["tests: []", "f.yaml#a", 'e2e/f.yaml:1:1 Missing "flows" in a file of flows: found only tests'],
  [
    "flows: { a: [] }\nflow: 1",
    "f.yaml#a",
    'e2e/f.yaml:2:1 Unknown key "flow" in a file of flows: did you mean "flows"?',
  ],
  [
    "flows: { a: [] }",
    "f.yaml#b",
    'e2e/s.yaml:5:16 Unknown flow "b" in e2e/f.yaml: did you mean "a"?',
  ],
  [
    "flows: { a: [] }",
    "g.yaml#b",
    'e2e/s.yaml:5:16 Expected a file beside the suite, but there is no "g.yaml"',
  ],
  [
    "flows: { a: [] }",
    "../f.yaml#b",
    'e2e/s.yaml:5:16 Expected a file under the suite\'s folder, found "../f.yaml": it leaves the folder',
  ],
  ["flows: { a: [] }", "f.yaml#a#b", "e2e/s.yaml:5:16 Expected a flow such as login.yaml#signIn"],
  [
    "flows: { a: [{ request: { get: / } }, { press: 5, timeout: 0 }] }",
    "f.yaml#a",
    "e2e/f.yaml:1:60 Expected a duration above 0",
  ],
])("a faulty file of flows is told by its own name and line: %s", (file, step, message) => {
  expect(inFile(file, step)[0]).toContain(message);
});

test("a step of a flow that the test's platform does not have is told in the flow, with who uses it", () => {
  const text = `flows: { f: [{ click: "#a" }] }\ntests: [{ name: t, platform: http, steps: [{ use: f }] }]`;
  expect(errorLines(text)).toEqual([
    expect.stringMatching(
      /^1:16 The step "click" is one of web tests, found in a test for http.*\(in the flow "f", used at suite\.yaml:2\)$/,
    ),
  ]);
});

test.each([
  ['{ if: { visible: "#a" } }', '5:11 Missing "then" beside "if"'],
  [
    '{ if: { visibl: "#a" }, then: [{ back: true }] }',
    '5:17 Unknown key "visibl" in a condition: did you mean "visible"?',
  ],
  [
    '{ if: "#a", then: [{ back: true }] }',
    '5:15 Expected a condition such as { visible: "#cookies" }, found "#a"',
  ],
  [
    '{ if: { visible: "#a", timeout: "${saved.t}" }, then: [{ back: true }] }',
    "5:41 Expected a duration that is known before the run",
  ],
  [
    '{ if: { visible: "#a" }, then: [] }',
    '5:40 Expected at least one step in "then", found an empty list',
  ],
  [
    '{ if: { visible: "#a" }, then: [{ clik: "#a" }] }',
    '5:43 Unknown step "clik": did you mean "click"?',
  ],
  ['{ click: "#a", then: [{ back: true }] }', '5:24 Unknown key "then" beside "click" in a step'],
  [
    "{ repeat: 1001, steps: [{ back: true }] }",
    "5:19 Expected a whole number from 0 to 1000, found 1001",
  ],
  ["{ repeat: 3 }", '5:11 Missing "steps" beside "repeat"'],
  [
    '{ repeat: { until: { visible: "#a" } }, steps: [{ back: true }] }',
    '5:19 Missing "max" in a repeat',
  ],
  [
    "{ repeat: { times: 3, max: 4 }, steps: [{ back: true }] }",
    '5:31 Unknown key "max" beside "times" in a repeat',
  ],
  [
    "{ forEach: 5, steps: [{ back: true }] }",
    "5:20 Expected a list of at most 1000 items, or one ${…} that gives it, found 5",
  ],
  [
    "{ forEach: [1], as: saved, steps: [{ back: true }] }",
    '5:29 Expected a name of its own, found "saved"',
  ],
  [
    "{ forEach: [1], as: a-b, steps: [{ back: true }] }",
    '5:29 Expected a name such as item, made of letters and digits, found "a-b"',
  ],
  [
    "{ forEach: [1], steps: [{ goto: '${itm}' }] }",
    '5:42 Unknown name ${itm}: did you mean "item"?',
  ],
  [
    "{ forEach: [1], steps: [{ forEach: [2], steps: [{ back: true }] }] }",
    '5:35 Expected a name that no loop around it gives, found "item"',
  ],
  ["{ goto: '${item}' }", "5:18 Unknown name ${item}"],
  ["{ goto: '${params.x}' }", "5:18 ${params.x} is not known here: a step may use"],
  ["{ try: [{ back: true }] }", '5:11 Missing "catch" or "finally" beside "try"'],
  [
    "{ try: [{ back: true }], catch: [{ bck: true }] }",
    '5:44 Unknown step "bck": did you mean "back"?',
  ],
  ["{ use: f }", '5:16 Unknown flow "f": there are none'],
  ['{ use: "${vars.f}" }', "5:16 Expected the name of a flow"],
  [
    '{ click: "#a", soft: true }',
    '5:24 Expected "soft" on an expect step, found it beside "click"',
  ],
  [
    "{ expect: { url: / }, soft: true, optional: true }",
    '5:31 Expected "soft" or "optional", found both',
  ],
])("%s is refused: %s", (step, message) => {
  expect(errorLines(suite([step], "vars: { f: x }"))[0]).toContain(message);
});

test.each([
  ["{ use: signIn }", '6:11 Missing "user" of the flow "signIn" in "with": found none'],
  [
    "{ use: signIn, with: { usr: 1 } }",
    '6:32 Unknown parameter "usr" of the flow "signIn": did you mean "user"?',
  ],
  ["{ use: signin, with: { user: 1 } }", '6:16 Unknown flow "signin": did you mean "signIn"?'],
  ["{ use: { flow: signIn, wit: {} } }", '6:32 Unknown key "wit"'],
])("%s is refused: %s", (step, message) => {
  const root =
    'name: s\nflows: { signIn: { params: [user], steps: [{ goto: "${params.user}" }] } }';
  expect(errorLines(suite([step], root)).join("\n")).toContain(message);
});

test("levels of steps and steps inside steps are bounded, also where each flow uses the next one twice", () => {
  const nested = (levels: number): string =>
    levels === 0 ? "{ back: true }" : `{ repeat: 2, steps: [${nested(levels - 1)}] }`;
  expect(expandText(suite([nested(STEP_DEPTH_MAX)])).kind).toBe("expanded");
  expect(errorLines(suite([nested(STEP_DEPTH_MAX + 1)]))[0]).toContain(
    "Expected at most 10 levels of steps inside steps, found more",
  );
  const flows = Array.from({ length: 9 }, (_, index) => {
    const next = index === 8 ? "{ back: true }" : `{ use: f${index + 1} }`;
    return `  f${index}: [${next}, ${next}, ${next}, ${next}]`;
  });
  const errors = errorLines(suite(["{ use: f0 }"], `flows:\n${flows.join("\n")}`));
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThan(20);
  expect(errors[0]).toContain("Expected at most 2000 steps inside steps in a test");
});

test("raw names: a faulty flow that nobody uses is told; secrets inside steps count", () => {
  expect(errorLines("flows: { f: [{ clik: 1 }] }\ntests: []")[0]).toContain(
    '1:16 Unknown step "clik"',
  );
  expect(errorLines("flows: { f: 5 }\ntests: []")[0]).toContain(
    "1:13 Expected a list of steps, or { params",
  );
  expect(errorLines("flows: [a]\ntests: []")[0]).toContain(
    "1:8 Expected a mapping of names to flows",
  );
  expect(errorLines("flows: { f: { params: [u] } }\ntests: []")[0]).toContain(
    '1:13 Missing "steps" in a flow',
  );
  expect(
    errorLines("flows: { f: { params: { u: { x: 1 } }, steps: [] } }\ntests: []")[0],
  ).toContain("1:28 Expected required, a default, or { default: … }");
});

test("faults of a suite and of the file that it uses are all told, also at one place of both, and of flows that nobody uses", () => {
  const text = 'flows: { f: [{ clik: x }] }\ntests: [{ name: t, steps: [{ use: "f.yaml#b" }] }]';
  const faults = errorsOf(text, {
    file: "s.yaml",
    files: { "f.yaml": "flows: { a: [{ clac: x }], b: [{ back: true }] }" },
  });
  expect(
    faults.map(
      ({ file, line, column, message }) => `${file}:${line}:${column} ${message.slice(0, 19)}`,
    ),
  ).toEqual(['s.yaml:1:16 Unknown step "clik"', 'f.yaml:1:16 Unknown step "clac"']);
});
