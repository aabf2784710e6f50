/**
 * `npm run sim -- [--seed S] [--seeds N] [--large] [--processes P] [--keep PART] [--trace] [--no-shrink]`: simulates
 * seeds S to S+N-1 (`--only WORDS`: those of them that have all of these, see plan-words.ts); exit 1 with everything to replay it on a violation, made as small as it gets.
 */
import { addFigures, FIGURE_NAMES, figuresInWords, newFigures } from "./figures.ts";
import { cutPlan, keepInWords, parseKeep } from "./keep.ts";
import { huntMutant, MUTANTS } from "./mutants.ts";
import { featuresOf, planInWords } from "./plan-words.ts";
import { ROW_MUTANTS } from "./row-mutants.ts";
import { addRows, newRows, rowsInWords, unplayedRows } from "./rows.ts";
import { SCHEDULER_MUTANTS } from "./scheduler-mutants.ts";
import { type Shrunk, shrink } from "./shrink.ts";
import { simulateInParts } from "./side-processes.ts";
import { planOf, type SimResult, simulate } from "./world.ts";

const SHOWN_LINES = 40;
const PROGRESS_SEEDS = 200;
/** So many seeds play every row of the fault table; fewer may miss one. */
const SEEDS_DEFAULT = 200;

/** What so few seeds may not show. */
const RARE = ["rejected", "renewedStores", "refusedHellos"];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const has = (name: string): boolean => process.argv.includes(`--${name}`);

function textOf(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

function numberOf(name: string, otherwise: number): number {
  if (!has(name)) return otherwise;
  const value = Number(textOf(name));
  if (Number.isSafeInteger(value) && value >= 0) return value;
  say(`Cannot read --${name}: a whole number is expected, got ${textOf(name)}`);
  process.exit(2);
}

const size = has("large") ? "large" : "usual";
const asked = textOf("keep");
const keep = asked === undefined ? undefined : parseKeep(asked);
/** Seeds without all of these are passed over: `--only locks,faults`. */
const only = (textOf("only") ?? "").split(",").filter((word) => word !== "");
const isMeant = (seed: number): boolean => {
  if (only.length === 0) return true;
  const features = featuresOf(planOf(seed, size));
  return only.every((word) => features.has(word));
};
const replayOf = (seed: number, words?: string): string =>
  `replay: npm run sim -- --seed ${seed} --seeds 1${has("large") ? " --large" : ""}${words === undefined ? "" : ` --keep "${words}"`}`;

async function tellViolation(result: SimResult): Promise<void> {
  for (const line of result.tail.slice(-SHOWN_LINES)) say(`  ${line}`);
  say(`VIOLATION of ${result.violation?.invariant}: ${result.violation?.text}`);
  say(`seed ${result.seed}, trace ${result.digest}, ${figuresInWords(result.figures)}`);
  say(replayOf(result.seed, asked));
  if (!has("no-shrink"))
    tellShrunk(await shrink(result, { size, keep, nowMs: () => performance.now() }));
}

function tellShrunk(shrunk: Shrunk): void {
  const { seed, violation } = shrunk.result;
  say(`Shrunk in ${shrunk.tries} tries: ${violation?.invariant}: ${violation?.text}`);
  for (const line of planInWords(cutPlan(planOf(seed, size), shrunk.keep))) say(`  ${line}`);
  say(replayOf(seed, keepInWords(shrunk.keep)));
}

async function main(): Promise<number> {
  const first = numberOf("seed", 1);
  const count = numberOf("seeds", SEEDS_DEFAULT);
  const print = has("trace") ? say : undefined;
  const begunMs = performance.now();
  const sum = newFigures();
  const rows = newRows();
  for (let done = 0; done < count; done += 1) {
    if (!isMeant(first + done)) continue;
    const result = await simulate(first + done, { print, size, keep });
    addFigures(sum, result.figures);
    addRows(rows, result.rows);
    if (result.violation !== undefined) {
      await tellViolation(result);
      return 1;
    }
    if (count === 1 || size === "large")
      say(
        `seed ${first + done}: trace ${result.digest}, ${Math.round(result.virtualMs)} virtual ms`,
      );
    if ((done + 1) % PROGRESS_SEEDS === 0) say(`${done + 1} of ${count} seeds`);
  }
  const seconds = (performance.now() - begunMs) / 1_000;
  say(
    `${count} seeds from ${first} in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(1)} a second): no violation`,
  );
  say(figuresInWords(sum));
  say("Rows of the fault table that were played:");
  for (const line of rowsInWords(rows)) say(line);
  const unseen = FIGURE_NAMES.filter((name) => sum[name] === 0 && !RARE.includes(name));
  const unplayed = [...unplayedRows(rows), ...unseen];
  if (unplayed.length === 0 || count < SEEDS_DEFAULT) return 0;
  say(`NEVER PLAYED: ${unplayed.join("; ")}`);
  return 1;
}

/** `npm run sim -- --mutants [--mutant WORDS]`: each promise that is broken on purpose, and the seed that shows it. */
async function huntMutants(seeds: number): Promise<number> {
  let missedCount = 0;
  const name = textOf("mutant") ?? "";
  for (const mutant of [...MUTANTS, ...ROW_MUTANTS, ...SCHEDULER_MUTANTS]) {
    if (!mutant.name.includes(name)) continue;
    const begunMs = performance.now();
    const { invariant, seed } = await huntMutant(mutant, seeds);
    const isFound = invariant !== undefined && mutant.found.includes(invariant);
    if (!isFound) missedCount += 1;
    say(
      `${isFound ? `found by ${invariant} at seed ${seed}` : `MISSED (${invariant})`} in ${Math.round(performance.now() - begunMs)} ms: ${mutant.name}`,
    );
  }
  return missedCount === 0 ? 0 : 1;
}

const processCount = numberOf("processes", 1);
if (has("mutants")) process.exit(await huntMutants(numberOf("seeds", 400)));
if (processCount > 1) {
  const seeds = { first: numberOf("seed", 1), count: numberOf("seeds", SEEDS_DEFAULT) };
  process.exit(await simulateInParts({ ...seeds, processCount, isLarge: has("large"), say }));
}
process.exit(await main());
