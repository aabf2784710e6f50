/** `npm run sim -- --seed S --seeds N [--trace]`: simulates seeds S to S+N-1; exit 1 with everything to replay it on a violation. */
import { addFigures, figuresInWords, newFigures } from "./figures.ts";
import { huntMutant, MUTANTS } from "./mutants.ts";
import { ROW_MUTANTS } from "./row-mutants.ts";
import { addRows, newRows, rowsInWords, unplayedRows } from "./rows.ts";
import { type SimResult, simulate } from "./world.ts";

const SHOWN_LINES = 40;
const PROGRESS_SEEDS = 200;
/** So many seeds play every row of the fault table; fewer may miss one. */
const SEEDS_DEFAULT = 200;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function numberOf(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return otherwise;
  const value = Number(process.argv[at + 1]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  say(`Cannot read --${name}: a whole number is expected, got ${process.argv[at + 1]}`);
  process.exit(2);
}

function tellViolation(result: SimResult): void {
  for (const line of result.tail.slice(-SHOWN_LINES)) say(`  ${line}`);
  say(`VIOLATION of ${result.violation?.invariant}: ${result.violation?.text}`);
  say(`seed ${result.seed}, trace ${result.digest}, ${figuresInWords(result.figures)}`);
  say(`replay: npm run sim -- --seed ${result.seed} --seeds 1`);
}

async function main(): Promise<number> {
  const first = numberOf("seed", 1);
  const count = numberOf("seeds", SEEDS_DEFAULT);
  const print = process.argv.includes("--trace") ? say : undefined;
  const begunMs = performance.now();
  const sum = newFigures();
  const rows = newRows();
  for (let done = 0; done < count; done += 1) {
    const result = await simulate(first + done, print);
    addFigures(sum, result.figures);
    addRows(rows, result.rows);
    if (result.violation !== undefined) {
      tellViolation(result);
      return 1;
    }
    if (count === 1)
      say(`seed ${first}: trace ${result.digest}, ${Math.round(result.virtualMs)} virtual ms`);
    if ((done + 1) % PROGRESS_SEEDS === 0) say(`${done + 1} of ${count} seeds`);
  }
  const seconds = (performance.now() - begunMs) / 1_000;
  say(
    `${count} seeds from ${first} in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(1)} a second): no violation`,
  );
  say(figuresInWords(sum));
  say("Rows of the fault table that were played:");
  for (const line of rowsInWords(rows)) say(line);
  const unplayed = unplayedRows(rows);
  if (unplayed.length === 0 || count < SEEDS_DEFAULT) return 0;
  say(`NEVER PLAYED: ${unplayed.join("; ")}`);
  return 1;
}

/** `npm run sim -- --mutants`: each promise that is broken on purpose, and the seed that shows it. */
async function huntMutants(seeds: number): Promise<number> {
  let missedCount = 0;
  for (const mutant of [...MUTANTS, ...ROW_MUTANTS]) {
    const { invariant, seed } = await huntMutant(mutant, seeds);
    const isFound = invariant !== undefined && mutant.found.includes(invariant);
    if (!isFound) missedCount += 1;
    say(
      `${isFound ? `found by ${invariant} at seed ${seed}` : `MISSED (${invariant})`}: ${mutant.name}`,
    );
  }
  return missedCount === 0 ? 0 : 1;
}

process.exit(
  process.argv.includes("--mutants") ? await huntMutants(numberOf("seeds", 200)) : await main(),
);
