/** One chaos run from its first process to its verdict: mesh, load, faults by plan, rest, oracle. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause, systemClock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { awaitRest, collectRuns, judgeMeter } from "./aftermath.ts";
import { newBooks, visitsInWords } from "./books.ts";
import { type Cast, startCast } from "./cast.ts";
import { type Figures, figuresOf } from "./figures.ts";
import type { Finding } from "./finding.ts";
import { type RunRecord, startLoad } from "./load.ts";
import { startMeter } from "./meter.ts";
import { judgeRuns } from "./oracle.ts";
import { ownerOf } from "./owners.ts";
import { faultInWords, isKill, planFaults } from "./plan.ts";
import type { Profile } from "./profiles.ts";
import { createStriker } from "./strike.ts";
import { startTarget } from "./target.ts";

export type ChaosAsk = {
  readonly seed: number;
  readonly profile: Profile;
  /** Undefined: only the time ends it. */
  readonly kills: number | undefined;
  readonly minutes: number | undefined;
  readonly say: (line: string) => void;
};

export type ChaosResult = {
  readonly findings: readonly Finding[];
  readonly figures: Figures;
  /** Kept when something is wrong; removed else. */
  readonly dir: string;
};

/** After the last fault: longer than any run may still take. */
const END_MS_MAX = 180_000;
/** Faults in a row that find no work: the mesh stands still. */
const LEFT_OUT_MAX = 6;

/** Runs it. @throws When the mesh does not even start. */
export async function runChaos(ask: ChaosAsk): Promise<ChaosResult> {
  const startedMs = systemClock.monotonicMs();
  const books = newBooks();
  await using cast = await startCast(ask.profile);
  const nodePids = () =>
    new Map(
      cast.nodeNames.flatMap((name) => {
        const pid = cast.nodePid(name);
        return pid === undefined ? [] : [[name, pid] as const];
      }),
    );
  await using target = await startTarget({
    books,
    ownerOf: (fromPort, toPort) => ownerOf({ fromPort, toPort }, nodePids()),
  });
  const meter = startMeter(cast);
  const striker = createStriker({ cast, target, books });
  const load = startLoad({ cast, target, seed: ask.seed, profile: ask.profile });
  const findings: Finding[] = [];
  const find = (kind: Finding["kind"], text: string) => findings.push({ kind, text });
  const note = (what: string) =>
    ask.say(`${((systemClock.monotonicMs() - startedMs) / 1_000).toFixed(1)} s: ${what}`);
  note("the mesh is up");
  const leftOut = await strikeByPlan(ask, striker.strike, startedMs);
  note("the faults are over");
  if (leftOut.inRow >= LEFT_OUT_MAX) find("stuck", "No attempt was running for too long");
  await striker.healed().catch((thrown: unknown) => find("stuck", messageOf(thrown)));
  const isOver = await load
    .end(END_MS_MAX)
    .catch((thrown: unknown) => void find("stuck", messageOf(thrown)));
  if (isOver === false) find("stuck", `Runs have not ended: ${openRuns(load.runs)}`);
  note("the runs are over");
  findings.push(...(await awaitRest(cast)));
  note("all is delivered");
  const collected = await collectRuns(cast, load.runs);
  findings.push(...collected.findings, ...judgeRuns(collected.judged, books));
  findings.push(...(await judgeMeter(meter)));
  meter.stop();
  note("the reports are read");
  const left = await cast.stopAll();
  for (const what of left) find("left", what);
  const figures = figuresOf({
    blows: books.blows,
    runs: collected.judged,
    findings,
    leftOut: leftOut.total,
    spared: striker.sparedCount(),
    repeats: meter.total("panoptic_repeated_events_total"),
    seconds: (systemClock.monotonicMs() - startedMs) / 1_000,
  });
  const tests = load.runs.flatMap((run) => run.tests);
  if (findings.length === 0) cast.forget();
  else
    keepEvidence(cast, findings, (key) => {
      const test = tests.find((one) => one.key === key);
      return test === undefined ? [] : visitsInWords(books, test);
    });
  return { findings, figures, dir: cast.dir };
}

async function strikeByPlan(
  { seed, profile, kills, minutes, say }: ChaosAsk,
  strike: ReturnType<typeof createStriker>["strike"],
  startedMs: number,
): Promise<{ readonly total: number; readonly inRow: number }> {
  const untilMs = minutes === undefined ? Number.POSITIVE_INFINITY : startedMs + minutes * 60_000;
  const count = { kills: 0, faults: 0 };
  let total = 0;
  let inRow = 0;
  for (const fault of planFaults(seed, profile)) {
    const isEnough =
      profile.faultCount === undefined
        ? count.kills >= (kills ?? Number.POSITIVE_INFINITY)
        : count.faults >= profile.faultCount;
    if (isEnough || inRow >= LEFT_OUT_MAX || systemClock.monotonicMs() >= untilMs) break;
    await pause(systemClock, fault.pauseMs);
    const hasHit = await strike(fault);
    say(`${hasHit ? "hit     " : "left out"} ${faultInWords(fault)}`);
    if (!hasHit) total += 1;
    inRow = hasHit ? 0 : inRow + 1;
    if (!hasHit) continue;
    count.faults += 1;
    if (isKill(fault.kind)) count.kills += 1;
  }
  return { total, inRow };
}

function openRuns(runs: readonly RunRecord[]): string {
  return runs
    .filter((run) => run.exitCode === undefined)
    .map((run) => `${run.number} (${run.via})`)
    .join(", ");
}

/** What a person needs who looks into it, beside the data folders. */
function keepEvidence(
  cast: Cast,
  findings: readonly Finding[],
  visitsOf: (testKey: string) => readonly string[],
): void {
  const lines = findings.flatMap(({ kind, test, text }) => [
    `${kind}: ${text}`,
    ...(test === undefined ? [] : visitsOf(test).map((line) => `    ${line}`)),
  ]);
  writeFileSync(join(cast.dir, "findings.txt"), `${lines.join("\n")}\n`);
  writeFileSync(join(cast.dir, "said.txt"), cast.saidTail());
}
