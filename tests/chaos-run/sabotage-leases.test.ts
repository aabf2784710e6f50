/** The oracle can see what is broken in who may run a test, and whose outcome counts (C1, V2). */
import { expect, test } from "vitest";
import { hunt } from "./sabotages.ts";

const TEST_MS_MAX = 300_000;
const SEED = 11;

test.skipIf(process.platform !== "linux").concurrent.each(["fence", "no-grace"] as const)(
  "--sabotage %s is found by what it does",
  async (name) => {
    const { telling, output } = await hunt(name, SEED);
    expect(telling, output).toBeDefined();
  },
  TEST_MS_MAX,
);
