/** The committed bundle of the report's page is what its sources make. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BUNDLE_PATH, bundlePage } from "../../scripts/build-report-page.ts";

test("page-bundle.ts is in step with page/: else run scripts/build-report-page.ts", async () => {
  expect(readFileSync(BUNDLE_PATH, "utf8") === (await bundlePage())).toBe(true);
});
