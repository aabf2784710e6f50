/**
 * Sixty small Chromium tests on two slots, by a mesh of their own and by one that stands, beside Playwright Test with one and
 * with two worker processes: the same browser program, the same pages, a fresh context a test, no traces, rounds in turn,
 * medians. The floor is playwright-core without any runner.
 */
import { figure, medianOf } from "./figures.ts";
import { serveSmallSite } from "./web/small-site.ts";
import {
  bare,
  ours,
  oursOn,
  type StandingMesh,
  startStandingMesh,
  theirs,
  type WebLoad,
  type WebRun,
} from "./web/web-runs.ts";

const TESTS = 60;
const ROUNDS = 3;
const GOAL_RATIO = 0.7;

type Way = (load: WebLoad, mesh: StandingMesh) => Promise<WebRun>;
const OWN = "panoptic, own mesh";
const STANDING = "panoptic, standing mesh";
const FLOOR = "playwright-core alone, warm";
const THEIRS = ["playwright, 1 process", "playwright, 2 processes"] as const;

const WAYS: Readonly<Record<string, Way>> = {
  [`${OWN}, 1 node`]: (load) => ours(load, 1),
  [`${OWN}, 2 nodes`]: (load) => ours(load, 2),
  [STANDING]: oursOn,
  [THEIRS[0]]: (load) => theirs(load, 1),
  [THEIRS[1]]: (load) => theirs(load, 2),
  [FLOOR]: bare,
};

/** Prints wall and CPU time of each way, and the ratios. `--rounds=N`, `--tests=N`. */
export async function web(flags: readonly string[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const site = stack.adopt(await serveSmallSite(), ({ close }) => close());
  const mesh = stack.adopt(await startStandingMesh(), ({ stop }) => stop());
  const load = { url: site.url, testCount: numberIn(flags, "tests") ?? TESTS };
  const runs = new Map<string, WebRun[]>(Object.keys(WAYS).map((name) => [name, []]));
  for (let round = 0; round < (numberIn(flags, "rounds") ?? ROUNDS); round += 1)
    for (const [name, run] of Object.entries(WAYS)) runs.get(name)?.push(await run(load, mesh));
  for (const [name, list] of runs) console.log(`  ${name.padEnd(28)} ${wordsOf(list)}`);
  for (const who of [OWN, STANDING, FLOOR]) tellRatios(runs, who);
  console.log(
    "  Where the gain lies: the next attempt's context is opened while one runs, both slots share one program, and a mesh that",
  );
  console.log(
    "  stands has its browsers ready. Where none is: a fresh context, its page and Playwright's script in it cost all the same",
  );
  console.log(
    "  CPU time, most of a small test's. What the floor says of both cores busy, nobody who uses Playwright can go below.",
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

/** Of the better way of each, by medians. */
function tellRatios(runs: ReadonlyMap<string, readonly WebRun[]>, who: string): void {
  const best = (names: readonly string[], what: keyof typeof NAMES) =>
    Math.min(...names.map((name) => medianOf((runs.get(name) ?? []).map((run) => run[what]))));
  const own = [...runs.keys()].filter((name) => name.startsWith(who));
  const words = (["wallMs", "runMs", "cpuMs"] as const).map(
    (what) => `${NAMES[what]} ${figure(best(own, what) / best(THEIRS, what))} ×`,
  );
  console.log(
    `  ${who}: ${words.join(", ")} Playwright's better one (goal: at most ${GOAL_RATIO} ×)`,
  );
}

function numberIn(flags: readonly string[], name: string): number | undefined {
  const text = flags.find((flag) => flag.startsWith(`--${name}=`))?.split("=")[1];
  return text === undefined ? undefined : Number(text);
}
