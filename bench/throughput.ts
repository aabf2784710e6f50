/**
 * How many tests a second the mesh brings from the committed submit to the last verdict, beside Playwright Test's
 * no-op tests on the same machine in the same minutes: round by round, one after the other, medians of the rounds.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { figure, medianOf } from "./figures.ts";
import { type Measured, measureCommand } from "./measured-command.ts";
import { runOnMesh } from "./mesh-run.ts";

const TESTS = 2_000;
const ROUNDS = 3;
const GOAL_RATIO = 5;

type Round = {
  readonly testCount: number;
  /** From the first moment of the run to its last verdict; start and stop of the program are not in it. */
  readonly runMs: number;
  readonly measured: Measured;
};

/** Prints both rates, their ratio and what a test costs in CPU time. */
export async function throughput(): Promise<void> {
  const ours: Round[] = [];
  const theirs: Round[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    ours.push(await meshRound());
    theirs.push(await playwrightRound());
    console.log(
      `  round ${round}: panoptic ${words(ours.at(-1))}; playwright ${words(theirs.at(-1))}`,
    );
  }
  const ratio = medianOf(ours.map(rateOf)) / medianOf(theirs.map(rateOf));
  console.log(`  panoptic    ${summary(ours)}`);
  console.log(`  playwright  ${summary(theirs)}`);
  console.log(`  ratio       ${figure(ratio)} (goal: at least ${GOAL_RATIO})`);
  console.log(
    "  Not measured: browsers, real requests, artifacts, retries, other machines. The rates leave out start",
  );
  console.log(
    "  and stop of both programs, which `whole command` has. CPU time is of the whole command.",
  );
}

async function meshRound(): Promise<Round> {
  const { report, measured } = await runOnMesh({ testCount: TESTS, waitMs: 0 });
  return { testCount: TESTS, runMs: report.run.durationMs, measured };
}

const PlaywrightReport = z.object({
  stats: z.object({ duration: z.number(), expected: z.number(), unexpected: z.number() }),
});

const PLAYWRIGHT = join(import.meta.dirname, "../node_modules/@playwright/test");
const TESTS_PER_FILE = 1_000;
const BASELINE_FILES = ["first.spec.mjs", "second.spec.mjs"];

/** Two files over two workers: the quickest of the ways tried (fullyParallel: 126/s, 40 files: 112/s, two files: 218/s, 2026-11). */
async function playwrightRound(): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  const spec = `import { test } from ${JSON.stringify(join(PLAYWRIGHT, "index.mjs"))};
for (let i = 0; i < ${TESTS_PER_FILE}; i += 1) test(\`test \${i}\`, () => {});
`;
  for (const name of BASELINE_FILES) writeFileSync(join(folder, name), spec);
  const command = [
    "node",
    join(PLAYWRIGHT, "cli.js"),
    "test",
    "--workers=2",
    "--reporter=json",
    `--output=${folder}/out`,
  ];
  const measured = await measureCommand(command, folder).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
  const { stats } = PlaywrightReport.parse(JSON.parse(measured.stdout));
  if (stats.expected !== BASELINE_FILES.length * TESTS_PER_FILE) {
    throw new Error(`Not all ran: ${JSON.stringify(stats)}`);
  }
  return { testCount: stats.expected, runMs: stats.duration, measured };
}

const rateOf = (round: Round): number => (round.testCount / round.runMs) * 1_000;

function words(round: Round | undefined): string {
  return round === undefined ? "" : `${figure(rateOf(round))} tests/s`;
}

function summary(rounds: readonly Round[]): string {
  const whole = rounds.map(({ testCount, measured }) => (testCount / measured.wallMs) * 1_000);
  const cpu = rounds.map(({ testCount, measured }) => measured.cpuMs / testCount);
  return [
    `${figure(medianOf(rounds.map(rateOf)))} tests/s`,
    `whole command ${figure(medianOf(whole))} tests/s`,
    `CPU ${figure(medianOf(cpu))} ms a test`,
  ].join(", ");
}
