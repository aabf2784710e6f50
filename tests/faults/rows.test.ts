/** Every row of the fault table has one test with real processes, whose name begins with the row's words. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FAULT_ROWS } from "#kit/fault-rows.ts";

function namesOfTests(): string[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts"));
  return files.flatMap((file) =>
    [
      ...readFileSync(join(import.meta.dirname, file), "utf8").matchAll(/^test\(\s*"([^"]+)"/gm),
    ].map(([, name]) => name ?? ""),
  );
}

test("each row of the fault table has exactly one test, named for it", () => {
  const names = namesOfTests();
  const counts = FAULT_ROWS.map((row) => [
    row,
    names.filter((name) => name.startsWith(`${row}:`)).length,
  ]);
  expect(counts).toEqual(FAULT_ROWS.map((row) => [row, 1]));
});
