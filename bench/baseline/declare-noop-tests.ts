/** The baseline's tests: Playwright Test's own, which do nothing. */
import { test } from "@playwright/test";

/** As many as a file of the baseline holds. */
export const TESTS_PER_FILE = 1_000;

/** Declares a file's tests. */
export function declareNoopTests(): void {
  for (let index = 0; index < TESTS_PER_FILE; index += 1) test(`test ${index}`, () => undefined);
}
