/**
 * Sixty small Chromium tests on two slots beside Playwright Test with one and with two worker processes: the same browser
 * program, the same pages, a fresh context a test, no traces, rounds in turn, medians.
 */
import { figure, medianOf } from "./figures.ts";
import { serveSmallSite } from "./web/small-site.ts";
import { ours, theirs, type WebLoad, type WebRun } from "./web/web-runs.ts";

const TESTS = 60;
const ROUNDS = 3;
const GOAL_RATIO = 0.7;

const WAYS: Readonly<Record<string, (load: WebLoad) => Promise<WebRun>>> = {
  "panoptic, 1 node of 2 slots": (load) => ours(load, 1),
  "panoptic, 2 nodes of 1 slot": (load) => ours(load, 2),
  "playwright, 1 process": (load) => theirs(load, 1),
  "playwright, 2 processes": (load) => theirs(load, 2),
};

/** Prints wall and CPU time of each way, and the ratios. `--rounds=N`, `--tests=N`. */
export async function web(flags: readonly string[]): Promise<void> {
  const site = await serveSmallSite();
  const load = { url: site.url, testCount: numberIn(flags, "tests") ?? TESTS };
  const runs = new Map<string, WebRun[]>(Object.keys(WAYS).map((name) => [name, []]));
  try {
    for (let round = 0; round < (numberIn(flags, "rounds") ?? ROUNDS); round += 1)
      for (const [name, run] of Object.entries(WAYS)) runs.get(name)?.push(await run(load));
  } finally {
    site.close();
  }
  for (const [name, list] of runs) console.log(`  ${name.padEnd(28)} ${wordsOf(list)}`);
  for (const what of ["wallMs", "runMs", "cpuMs"] as const) tellRatio(runs, what);
  console.log(
    "  Where the gain lies: the next attempt's context is opened while one runs, both slots share one program, a browser is",
  );
  console.log(
    "  kept from the node's own probe. Where none is: a fresh context, its page and Playwright's script in it cost both the",
  );
  console.log(
    "  same CPU time, most of a small test's; where CPU alone bounds both, the ratio of walls nears that of CPU time.",
  );
  console.log(
    "  Not measured: other machines, heavy pages, artifacts, suites of one long test. `busy` is the share of all",
  );
  console.log(
    "  processors that was in use meanwhile, by anything: above what a way alone needs, others took part of it.",
  );
}

function wordsOf(runs: readonly WebRun[]): string {
  const of = (what: keyof WebRun) => figure(medianOf(runs.map((run) => run[what])));
  const walls = runs.map((run) => figure(run.wallMs)).join(", ");
  const busy = figure(100 * medianOf(runs.map((run) => run.busy)));
  return `whole command ${of("wallMs")} ms (${walls}), in the run ${of("runMs")} ms, CPU ${of("cpuMs")} ms, busy ${busy} %`;
}

const NAMES = { wallMs: "whole command", runMs: "in the run", cpuMs: "CPU time" };

function tellRatio(runs: ReadonlyMap<string, readonly WebRun[]>, what: keyof typeof NAMES): void {
  const best = (who: string) =>
    Math.min(
      ...[...runs]
        .filter(([name]) => name.startsWith(who))
        .map(([, list]) => medianOf(list.map((run) => run[what]))),
    );
  const ratio = best("panoptic") / best("playwright");
  console.log(
    `  ${NAMES[what]}: ${figure(ratio)} × Playwright's better one (goal: at most ${GOAL_RATIO} ×)`,
  );
}

function numberIn(flags: readonly string[], name: string): number | undefined {
  const text = flags.find((flag) => flag.startsWith(`--${name}=`))?.split("=")[1];
  return text === undefined ? undefined : Number(text);
}
