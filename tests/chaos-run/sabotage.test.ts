/** The oracle can see what is broken in how events are taken (E2) and in who may run a test (C1); `npm run chaos -- --sabotage X` hunts the others. */
import { describe, expect, test } from "vitest";
import { hunt, runPatched } from "./sabotages.ts";

const TEST_MS_MAX = 300_000;
const SEED = 11;

describe.skipIf(process.platform !== "linux").concurrent("--sabotage", () => {
  test.each(["dedupe", "fence"] as const)(
    "%s is found by what it does",
    async (name) => {
      const { telling, output } = await hunt(name, SEED);
      expect(telling, output).toBeDefined();
    },
    TEST_MS_MAX,
  );
});

test("a patch that finds nothing to change is no sabotage", async () => {
  const patch = { file: "src/gateway/intake.ts", find: "no such text", replace: "" };
  await expect(runPatched([patch], [])).rejects.toThrow("found 0 times");
});
