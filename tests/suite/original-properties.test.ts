import fc from "fast-check";
import { expect, test } from "vitest";
import { TestDefinition } from "#proto/test.ts";
import { convertSuite } from "#suite/convert/convert-suite.ts";
import { damaged, originalText } from "./original-generators.ts";
import { expandText, finishedStep, testsOf } from "./suite-kit.ts";

test("a right file loads, and all its steps can be performed", () => {
  fc.assert(
    fc.property(originalText, (text) => {
      for (const one of testsOf(text, { skipUnsupported: true })) {
        expect(TestDefinition.parse(one)).toEqual(one);
        for (const step of one.steps) {
          if (step.skip !== undefined) continue;
          finishedStep(step);
          for (const part of [...(step.around?.before ?? []), ...(step.around?.after ?? [])])
            finishedStep({ ...step, ...part });
        }
      }
    }),
    { numRuns: 150 },
  );
});

test("no damage makes the reader throw, and each fault stands inside the file", () => {
  fc.assert(
    fc.property(damaged(originalText), fc.boolean(), (text, skipUnsupported) => {
      const lineCount = text.split("\n").length;
      const outcome = expandText(text, { skipUnsupported });
      const faults = outcome.kind === "refused" ? outcome.faults : outcome.warnings;
      if (outcome.kind === "refused")
        expect(faults.some((fault) => fault.severity === "error")).toBe(true);
      for (const fault of faults) {
        expect(fault.line).toBeGreaterThanOrEqual(1);
        expect(fault.line).toBeLessThanOrEqual(lineCount);
        expect(fault.column).toBeGreaterThanOrEqual(1);
        expect(fault.message).toMatch(/^[A-Z]/);
        expect(fault.message).not.toContain("AKIA");
      }
      const converted = convertSuite({ file: "s.yaml", text }, { skipUnsupported });
      if (converted.kind === "converted") testsOf(converted.text);
      else if (converted.kind === "refused") expect(outcome.kind).toBe("refused");
    }),
    { numRuns: 150 },
  );
});

/** What a driver gets to do, in order, each with the bound that holds for it. */
function deedsOf(one: TestDefinition) {
  if (one.skip !== undefined) return [];
  return one.steps
    .filter(({ skip }) => skip === undefined)
    .flatMap((step) => {
      const own = { verb: step.verb ?? step.kind, args: step.args };
      const parts = [...(step.around?.before ?? []), own, ...(step.around?.after ?? [])];
      return parts.map((part) => ({
        ...part,
        name: part === own ? step.name : undefined,
        boundMs: boundOf(one, step, part),
      }));
    });
}

/** A plain wait that is shorter than its bound never reaches it. */
function boundOf(
  one: TestDefinition,
  { timeoutMs }: TestDefinition["steps"][number],
  { args }: { readonly args: TestDefinition["steps"][number]["args"] },
) {
  const awaited = args["for"] as { readonly ms?: number } | undefined;
  if (awaited?.ms === undefined) return timeoutMs ?? one.stepTimeoutMs;
  return awaited.ms < one.stepTimeoutMs ? undefined : timeoutMs;
}

test("the converted suite has the same tests, and they do the same", () => {
  fc.assert(
    fc.property(originalText, (text) => {
      const before = testsOf(text, { skipUnsupported: true });
      const converted = convertSuite({ file: "suite.yaml", text }, { skipUnsupported: true });
      if (converted.kind !== "converted")
        throw new Error(`Expected a suite, found ${converted.kind}`);
      const after = testsOf(converted.text, { file: "other.yaml" });
      expect(converted.text).not.toContain("AKIA");
      expect(after.length).toBe(before.length);
      for (const [index, one] of before.entries()) {
        const other = after[index];
        if (other === undefined) throw new Error("Expected as many tests");
        const { key, name, suite, timeoutMs, stepTimeoutMs, retries, skip, web } = one;
        expect(other).toMatchObject({
          key,
          name,
          suite,
          timeoutMs,
          stepTimeoutMs,
          retries,
        });
        expect(other.skip).toBe(skip);
        expect(other.web).toEqual(web);
        if (web?.device === undefined) expect(other.viewport).toEqual(one.viewport);
        const deeds = deedsOf(one);
        // Parts become steps with names of their own.
        const others = deedsOf(other).map((deed, place) =>
          deeds[place]?.name === undefined ? { ...deed, name: undefined } : deed,
        );
        expect(others).toEqual(deeds);
      }
    }),
    { numRuns: 150 },
  );
});

test("conversion gives the same text twice, and only warnings that a person should know", () => {
  fc.assert(
    fc.property(originalText, (text) => {
      const convert = () => convertSuite({ file: "s.yaml", text }, { skipUnsupported: true });
      const first = convert();
      expect(convert()).toEqual(first);
      if (first.kind !== "converted") return;
      const outcome = expandText(first.text);
      expect(outcome).toMatchObject({ kind: "expanded", warnings: [] });
    }),
    { numRuns: 60 },
  );
});
