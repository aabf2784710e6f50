/** The keys of a suite file. */

/** In the order of the reference. */
export const SUITE_KEYS: readonly string[] = [
  "name",
  "description",
  "vars",
  "secrets",
  "defaults",
  "matrix",
  "flows",
  "sessions",
  "beforeAll",
  "afterAll",
  "beforeEach",
  "afterEach",
  "serial",
  "tests",
];
