/** Every row of the fault table has one test with real processes, whose name begins with the row's words. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** As the protocol's table has them. */
const ROWS = [
  "node killed mid-attempt",
  "node frozen 10 s",
  "node cut off, gateway well",
  "NATS away for everyone",
  "gateway killed between commit and send",
  "gateway killed, NATS alive",
  "offer accepted, reply lost",
  "recall or drain racing a start",
  "confirm lost",
  "node disk full",
  "gateway disk full",
  "blob lost after its event",
];

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
  const counts = ROWS.map((row) => [
    row,
    names.filter((name) => name.startsWith(`${row}:`)).length,
  ]);
  expect(counts).toEqual(ROWS.map((row) => [row, 1]));
});
