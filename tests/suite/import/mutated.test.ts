/** Files that were broken on purpose: import and lint answer all of them, in time, with a place. */
import { expect, test } from "vitest";
import { breakImports } from "../../fuzz/imports/fuzz-imports.ts";

test("200 mutated scripts, flows and suites are answered", () => {
  const figures = breakImports({ seed: "import", from: 0, inputs: 200, isOver: () => false });
  expect(figures.broken).toEqual([]);
  expect(figures.inputs).toBe(200);
  // Neither all refused nor all taken: the mutations reach beyond the parser.
  expect(figures.accepted).toBeGreaterThan(40);
  expect(figures.refused).toBeGreaterThan(40);
});
