/** The oracle can see: each promise that is broken in a copy of the product is found for what it is. */
import { describe, expect, test } from "vitest";
import { runPatched, SABOTAGES, type SabotageName } from "./sabotages.ts";

const NAMES = Object.keys(SABOTAGES) as SabotageName[];
const TEST_MS_MAX = 300_000;
const SEED = "11";

// Most of their time they wait for what is frozen, cut off or silent.
describe.skipIf(process.platform !== "linux").concurrent("--sabotage", () => {
  test.each(NAMES)(
    "%s is found by what it does",
    async (name) => {
      const { profile, patches, harmless, found } = SABOTAGES[name];
      const words = ["--profile", profile, "--seed", SEED];
      const { findings, figures, output } = await runPatched([...harmless, ...patches], words);
      expect(figures, output).toBeDefined();
      expect(findings.filter(({ kind }) => found.includes(kind))).not.toEqual([]);
    },
    TEST_MS_MAX,
  );

  test(
    "what only widens a sabotage's window is harmless alone",
    async () => {
      const { profile, harmless } = SABOTAGES["confirm-early"];
      const words = ["--profile", profile, "--seed", SEED];
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
