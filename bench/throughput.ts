/**
 * How many no-op tests a second the mesh brings from the committed submit to the last verdict, every result on the disk of
 * its node and of the gateway, and what a test costs in CPU time, by process. Beside Playwright Test, which keeps nothing,
 * and beside raw requests and raw commits: on the same machine in the same minutes, round by round, medians of the rounds.
 */
import { figure, medianOf } from "./figures.ts";
import type { Measured } from "./measured-command.ts";
import { alike, runOnMesh } from "./mesh-run.ts";
import { type PlaywrightWay, runOnPlaywright } from "./playwright-run.ts";
import { cpuWithin } from "./process-times.ts";
import { type RawLibsql, type RawNats, rawLibsql, rawNats } from "./raw-floor.ts";

const TESTS = 4_000;
const PLAYWRIGHT_TESTS = 1_000;
const ROUNDS = 3;
const GOAL_RATIO = 12;
const GOAL_CPU_MS = 2;

/** Fully parallel, test by test, is what a mesh does and what Playwright's own starter project sets; two files for two processes is its quickest. */
const WAYS: readonly PlaywrightWay[] = ["fully parallel", "two files"];

type Round = {
  readonly testCount: number;
  /** From the first moment of the run to its last verdict; start and stop of the program are not in it. */
  readonly runMs: number;
  readonly measured: Measured;
};

type MeshRound = Round & {
  /** CPU milliseconds a test by process, in that time. */
  readonly cpuMs: ReadonlyMap<string, number>;
};

/** Prints the rates, their ratios and what a test costs in CPU time. */
export async function throughput(): Promise<void> {
  const ours: MeshRound[] = [];
  const theirs = new Map<PlaywrightWay, Round[]>(WAYS.map((way) => [way, []]));
  for (let round = 1; round <= ROUNDS; round += 1) {
    ours.push(await meshRound());
    for (const [way, rounds] of theirs)
      rounds.push({
        ...(await runOnPlaywright(PLAYWRIGHT_TESTS, way)),
        testCount: PLAYWRIGHT_TESTS,
      });
    const words = [...theirs].map(
      ([way, rounds]) => `playwright ${way} ${rateWords(rounds.at(-1))}`,
    );
    console.log(`  round ${round}: panoptic ${rateWords(ours.at(-1))}; ${words.join("; ")}`);
  }
  console.log(`  panoptic                   ${summary(ours)}`);
  for (const [way, rounds] of theirs) {
    console.log(`  ${`playwright ${way}`.padEnd(26)} ${summary(rounds)}`);
    console.log(`    panoptic is ${ratioWords(ours, rounds)} (goal: at least ${GOAL_RATIO} times)`);
  }
  sayCpu(ours);
  sayFloor(ours, await rawNats(), await rawLibsql());
  console.log(
    "  Not measured: browsers, real requests, artifacts, retries, other machines. Rates and CPU by process leave out",
  );
  console.log(
    "  start and stop of the programs, the reading of suites and the report, which `whole command` has.",
  );
}

async function meshRound(): Promise<MeshRound> {
  const { report, measured } = await runOnMesh(alike(TESTS, 0));
  const fromMs = Date.parse(report.run.startedAt);
  const toMs = fromMs + report.run.durationMs;
  const cpuMs = new Map<string, number>();
  for (const times of measured.processes) {
    const spent = cpuWithin(times, fromMs, toMs) / TESTS;
    if (spent > 0) cpuMs.set(times.name, (cpuMs.get(times.name) ?? 0) + spent);
  }
  return { testCount: TESTS, runMs: report.run.durationMs, measured, cpuMs };
}

const rateOf = (round: Round): number => (round.testCount / round.runMs) * 1_000;
const medianRate = (rounds: readonly Round[]): number => medianOf(rounds.map(rateOf));

function ratioWords(ours: readonly Round[], theirs: readonly Round[]): string {
  const each = ours.map((round, index) => rateOf(round) / rateOf(theirs[index] ?? round));
  return `${figure(medianRate(ours) / medianRate(theirs))} times as fast (round by round ${each.map(figure).join(", ")})`;
}

function rateWords(round: Round | undefined): string {
  return round === undefined ? "" : `${figure(rateOf(round))} tests/s`;
}

function summary(rounds: readonly Round[]): string {
  const whole = rounds.map(({ testCount, measured }) => (testCount / measured.wallMs) * 1_000);
  const cpu = rounds.map(({ testCount, measured }) => measured.cpuMs / testCount);
  return [
    `${figure(medianRate(rounds))} tests/s`,
    `whole command ${figure(medianOf(whole))} tests/s and ${figure(medianOf(cpu))} CPU-ms a test`,
  ].join(", ");
}

function sayCpu(rounds: readonly MeshRound[]): void {
  const names = new Set(rounds.flatMap(({ cpuMs }) => [...cpuMs.keys()]));
  const each = [...names].map((name) => {
    const spent = medianOf(rounds.map(({ cpuMs }) => cpuMs.get(name) ?? 0));
    return `${name} ${figure(spent)}`;
  });
  const all = medianOf(
    rounds.map(({ cpuMs }) => [...cpuMs.values()].reduce((total, spent) => total + spent, 0)),
  );
  console.log(
    `  CPU-ms a test in the run: ${figure(all)} over all processes (goal: at most ${GOAL_CPU_MS}): ${each.join(", ")}`,
  );
}

function sayFloor(ours: readonly Round[], nats: RawNats, libsql: RawLibsql): void {
  const rate = medianRate(ours);
  console.log(
    `  raw NATS: ${figure(nats.perSecond)} requests/s, one round trip ${figure(nats.roundTripMs)} ms; a test takes the time of ${figure(nats.perSecond / rate)} requests`,
  );
  console.log(
    `  raw libSQL: ${figure(libsql.rowsPerSecond)} durable rows/s in batches, one durable commit ${figure(libsql.commitMs)} ms; a test takes the time of ${figure(libsql.rowsPerSecond / rate)} rows`,
  );
}
