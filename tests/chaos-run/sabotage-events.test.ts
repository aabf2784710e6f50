/** The oracle can see what is broken in how events are taken and confirmed (E2). */
import { describe, expect, test } from "vitest";
import { hunt, runPatched, SABOTAGES } from "./sabotages.ts";

const TEST_MS_MAX = 300_000;
const SEED = 11;

describe.skipIf(process.platform !== "linux").concurrent("--sabotage", () => {
  test.each(["dedupe", "confirm-early"] as const)(
    "%s is found by what it does",
    async (name) => {
      const { telling, output } = await hunt(name, SEED);
      expect(telling, output).toBeDefined();
    },
    TEST_MS_MAX,
  );

  test(
    "what only widens the window of confirm-early is harmless alone",
    async () => {
      const { profile, harmless } = SABOTAGES["confirm-early"];
      const words = ["--profile", profile, "--seed", String(SEED)];
      const { findings, figures, output } = await runPatched(harmless, words);
      expect(figures, output).toBeDefined();
      expect(findings).toEqual([]);
    },
    TEST_MS_MAX,
  );
});

test("a patch that finds nothing to change is no sabotage", async () => {
  const patch = { file: "src/gateway/intake.ts", find: "no such text", replace: "" };
  await expect(runPatched([patch], [])).rejects.toThrow("found 0 times");
});
