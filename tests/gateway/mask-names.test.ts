/** K1: what is shown of a test holds no secret, also when a person wrote one out. */
import { expect, test } from "vitest";
import { maskNames, sameKey } from "#gateway/mask-names.ts";
import { TestDefinition } from "#proto/test.ts";

const step = (name: string, args: object, kind = "fill") => ({
  ...{ name, kind, phase: "main", line: 1, column: 1, args },
});

const definition = (name: string, steps: readonly object[] = []) =>
  TestDefinition.parse({
    ...{ key: `s › ${name}`, name, suite: "s", file: "s.yaml", line: 3, tags: [`tag ${name}`] },
    ...{ platform: "web", timeoutMs: 1, stepTimeoutMs: 1, retries: 0, needs: {}, steps },
    ...{ viewport: { width: 1, height: 1, touch: false }, files: [], secrets: [] },
  });

test("maskNames() masks names, keys, tags and steps, and says so; a short secret masks none", () => {
  const named = definition("as hunter-two", [step("see hunter-two", {})]);
  const { tests, warnings } = maskNames([named, definition("as guest")], {
    A: "hunter-two",
    B: "a",
  });
  expect(JSON.stringify(tests)).not.toContain("hunter");
  expect(tests[0]).toMatchObject({ key: "s › as ***", name: "as ***", tags: ["tag as ***"] });
  expect(tests[0]?.steps[0]?.name).toBe("see ***");
  expect(tests[1]).toEqual(definition("as guest"));
  expect(warnings).toEqual([
    expect.stringContaining("The value of the secret B has 1 character(s)"),
    expect.stringContaining("s.yaml:3:1 The value of a secret stands"),
  ]);
});

test("maskNames() knows what is filled into a password field, as the steps around it may name it", () => {
  const field = (value: string) => ({ locator: { by: "label", value: "Password" }, value });
  const steps = [
    step("fill", field("open-sesame")),
    step('value equals "open-sesame"', {}, "expect"),
  ];
  const { tests } = maskNames([definition("t", steps)], {});
  expect(tests[0]?.steps.map(({ name }) => name)).toEqual(["fill", 'value equals "***"']);
  expect(tests[0]?.steps[0]?.args).toEqual(field("open-sesame"));
  const seen = { subject: { of: "value", locator: { by: "css", value: "#pw" } } };
  const checks = [{ ...seen, matcher: { equals: "prefilled" } }];
  const expects = [step('value equals "prefilled"', { checks }, "expect")];
  const named = maskNames([definition("t", expects)], {}).tests[0]?.steps[0]?.name;
  expect(named).toBe('value equals "***"');
  const other = { locator: { by: "label", value: "City" }, value: "open-sesame" };
  const kept = maskNames([definition("t", [step("fill", other), step("open-sesame", {})])], {});
  expect(kept.tests[0]?.steps[1]?.name).toBe("open-sesame");
});

test("sameKey() finds tests that only a secret told apart", () => {
  const both = [definition("as hunter-two"), definition("as open-sesame")];
  const { tests } = maskNames(both, { A: "hunter-two", B: "open-sesame" });
  expect(sameKey(both)).toBeUndefined();
  expect(sameKey(tests)?.key).toBe("s › as ***");
});

test("maskNames() masks what tests say of one another, and they still mean the same tests", () => {
  const field = { locator: { by: "label", value: "Password" }, value: "open-sesame" };
  const scheduled = (name: string, schedule: object, steps: readonly object[] = []) =>
    TestDefinition.parse({ ...definition(name, steps), schedule });
  const group = { name: "s › as hunter-two open-sesame", isSerial: false };
  const locks = [{ name: "of hunter-two", limit: 1 }];
  const { tests } = maskNames(
    [
      scheduled("as hunter-two", { group, locks }),
      // What this one types is in its own name and in that of the group, and only it knows.
      scheduled("with open-sesame", { group, priority: 2 }, [step("fill", field)]),
      scheduled("last", { group, after: ["as hunter-two", "with open-sesame"], locks }),
    ],
    { A: "hunter-two" },
  );
  const schedules = tests.map(({ schedule }) => schedule);
  expect(JSON.stringify(schedules)).not.toMatch(/hunter|sesame/);
  expect(new Set(schedules.map((one) => one?.group?.name)).size).toBe(1);
  expect(schedules[1]).toMatchObject({ group: { name: "s › as *** ***" }, priority: 2 });
  expect(schedules[0]?.locks).toEqual(schedules[2]?.locks);
  expect(schedules[2]?.after).toEqual([tests[0]?.name, tests[1]?.name]);
});

test("maskNames() looks into steps that stand inside others", () => {
  const field = { locator: { by: "label", value: "Password" }, value: "open-sesame" };
  const inside = [step("fill", field), step("see open-sesame and hunter-two", {})];
  const outer = { ...step("if", {}, "if"), blocks: { yes: inside, no: [] } };
  const { tests } = maskNames([definition("t", [outer])], { A: "hunter-two" });
  const blocks = tests[0]?.steps[0]?.blocks;
  expect(blocks?.["yes"]?.map(({ name }) => name)).toEqual(["fill", "see *** and ***"]);
  expect(blocks?.["no"]).toEqual([]);
});
