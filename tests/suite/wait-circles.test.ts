import fc from "fast-check";
import { expect, test } from "vitest";
import { findCircles } from "#suite/native/wait-circles.ts";

const waits = fc.array(
  fc.record({
    name: fc.constantFrom("a", "b", "c", "d", "e"),
    after: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e", "none"), { maxLength: 2 }),
    group: fc.option(fc.constantFrom("g", "h"), { nil: undefined }),
  }),
  { maxLength: 7 },
);

test("findCircles() finds one where tests can never all start, and only there", () => {
  fc.assert(
    fc.property(waits, (plan) => {
      const tests = plan.map(({ name, after, group }, index) => ({
        name,
        group,
        after: after.map((one) => ({ name: one, at: { line: index + 1, column: 1 } })),
      }));
      // Played through: whoever waits for nobody starts, again and again.
      const open = new Set(tests.keys());
      const mayStart = (index: number) =>
        ![...open].some(
          (other) =>
            tests[index]?.after.some(({ name }) => tests[other]?.name === name) ||
            (other < index &&
              plan[index]?.group !== undefined &&
              plan[other]?.group === plan[index]?.group),
        );
      for (let next = [...open].find(mayStart); next !== undefined; next = [...open].find(mayStart))
        open.delete(next);
      expect(findCircles(tests).length > 0).toBe(open.size > 0);
    }),
    { numRuns: 2_000 },
  );
});

test("findCircles() walks chains, and rows times rows, as long as a suite", () => {
  const at = { line: 1, column: 1 };
  const chain = Array.from({ length: 10_000 }, (_, index) => ({
    name: `t${index}`,
    after: index === 0 ? [] : [{ name: `t${index - 1}`, at }],
  }));
  expect(findCircles(chain)).toEqual([]);
  const [, ...rest] = chain;
  const closed = findCircles([{ name: "t0", after: [{ name: "t9999", at }] }, ...rest]);
  expect(closed).toHaveLength(1);
  expect(closed[0]?.words).toMatch(/and 9990 more$/);
  const rows = Array.from({ length: 10_000 }, (_, index) =>
    index < 5_000 ? { name: "a", after: [] } : { name: "b", after: [{ name: "a", at }] },
  );
  expect(findCircles(rows)).toEqual([]);
});
