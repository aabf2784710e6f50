/** A short chaos on the product as it is: nothing lost, nothing doubled; and the same plan for the same seed. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Figures } from "./figures.ts";
import type { Finding } from "./finding.ts";
import { readOptions } from "./options.ts";
import { faultInWords, planFaults } from "./plan.ts";
import { PROFILES } from "./profiles.ts";

const KILLS = 10;

type End = {
  readonly exitCode: number;
  readonly findings: readonly Finding[];
  readonly figures: Figures;
};

/** As a person starts it. */
function runMain(...words: string[]): Promise<End> {
  const main = join(import.meta.dirname, "main.ts");
  return new Promise((done, fail) => {
    const child = execFile(process.execPath, [main, ...words, "--json"], (_, stdout, stderr) => {
      const last = stdout.trimEnd().split("\n").at(-1) ?? "";
      if (!last.startsWith("{")) return fail(new Error(`No result:\n${stdout}\n${stderr}`));
      done({ ...(JSON.parse(last) as Omit<End, "exitCode">), exitCode: child.exitCode ?? -1 });
    });
  });
}

const firstFaults = (seed: number) => {
  const plan = planFaults(seed, PROFILES.all);
  return Array.from({ length: 50 }, () => faultInWords(plan.next().value));
};

test("planFaults() gives the same faults for the same seed, others for another", () => {
  expect(firstFaults(1)).toEqual(firstFaults(1));
  expect(firstFaults(2)).not.toEqual(firstFaults(1));
});

test("readOptions() refuses what it does not know by name", () => {
  expect(() => readOptions(["--kill", "3"], () => 1)).toThrow("Unknown word --kill");
  expect(() => readOptions(["--kills", "many"], () => 1)).toThrow("got many");
  expect(() => readOptions(["--sabotage", "all"], () => 1)).toThrow("expected dedupe");
  expect(readOptions(["--minutes", "2"], () => 7)).toMatchObject({ kills: undefined, seed: 7 });
});

test.skipIf(process.platform !== "linux")(
  "ten kills with work in flight: nothing is lost, nothing doubled, exit 0",
  async () => {
    const { exitCode, findings, figures } = await runMain("--profile", "short", "--seed", "5");
    expect(findings).toEqual([]);
    expect([exitCode, figures.kills, figures.lost, figures.doubled]).toEqual([0, KILLS, 0, 0]);
    expect(figures.attempts).toBeGreaterThan(figures.counted);
  },
  300_000,
);
