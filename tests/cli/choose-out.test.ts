import { expect, test } from "vitest";
import { chooseOut } from "#cli/run/choose-out.ts";

const at = { line: 2, column: 9 };
const wish = (file: string, folder?: string) => ({
  file,
  at,
  ...(folder === undefined ? {} : { folder }),
});

test("chooseOut() takes the folder of the call, then the one that all suites name, then ours", () => {
  expect(chooseOut([wish("a", "./x/")], undefined)).toEqual({ folder: "./x/", warnings: [] });
  expect(chooseOut([wish("a", "./x/"), wish("b", "x")], undefined)).toEqual({
    folder: "./x/",
    warnings: [],
  });
  expect(chooseOut([wish("a")], undefined)).toEqual({ folder: "panoptic-report", warnings: [] });
  expect(chooseOut([], undefined)).toEqual({ folder: "panoptic-report", warnings: [] });
  expect(chooseOut([wish("a", "x")], "./x")).toEqual({ folder: "./x", warnings: [] });
});

test("a wish that is not followed is a warning with its line: another --out, suites that differ or say nothing", () => {
  expect(chooseOut([wish("a", "x")], "y").warnings).toEqual([
    "a:2:9 Warning: No effect of output: --out says y; the report goes to y",
  ]);
  const differing = chooseOut([wish("a", "x"), wish("b", "z"), wish("c")], undefined);
  expect(differing.folder).toBe("panoptic-report");
  expect(differing.warnings.map((line) => line.slice(0, 14))).toEqual([
    "a:2:9 Warning:",
    "b:2:9 Warning:",
  ]);
});
