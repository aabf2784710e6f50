/** One chaos run from its first process to its verdict: mesh, load, faults by plan, rest, oracle. */
import { pause, systemClock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { awaitRest, collectRuns, judgeMeter } from "./aftermath.ts";
import { newBooks } from "./books.ts";
import { startCast } from "./cast.ts";
import { keepEvidence } from "./evidence.ts";
import { type Figures, figuresOf } from "./figures.ts";
import type { Finding } from "./finding.ts";
import { type RunRecord, startLoad } from "./load.ts";
import { startMeter } from "./meter.ts";
import { judgeRuns } from "./oracle.ts";
import { ownerOf } from "./owners.ts";
import { faultInWords, isKill, planFaults } from "./plan.ts";
import type { Profile } from "./profiles.ts";
import { watchStalls } from "./stalls.ts";
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
  await using target = await startTarget({
    books,
    ownerOf: (fromPort, toPort) => ownerOf({ fromPort, toPort }, cast.nodePids()),
  });
  const meter = startMeter(cast);
  const stopWatching = watchStalls(cast.dir, books);
  const striker = createStriker({ cast, target, books, profile: ask.profile });
  const load = startLoad({ cast, target, seed: ask.seed, profile: ask.profile });
  const findings: Finding[] = [];
  const find = (kind: Finding["kind"], text: string) => findings.push({ kind, text });
  const note = (what: string) =>
    ask.say(`${((systemClock.monotonicMs() - startedMs) / 1_000).toFixed(1)} s: ${what}`);
  note("the mesh is up");
  const struck = await strikeByPlan(ask, striker.strike, startedMs);
  note("the faults are over");
  if (struck.leftOutInRow >= LEFT_OUT_MAX) find("stuck", "No attempt was running for too long");
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
  stopWatching();
  note("the reports are read");
  for (const what of cast.died()) find("died", what);
  const left = await cast.stopAll();
  for (const what of left) find("left", what);
  const figures = figuresOf({
    blows: books.blows,
    runs: collected.judged,
    findings,
    stalls: books.stalls,
    leftOut: struck.leftOut,
    spared: striker.sparedCount(),
    repeats: meter.total("panoptic_repeated_events_total"),
    seconds: (systemClock.monotonicMs() - startedMs) / 1_000,
  });
  if (findings.length === 0) cast.forget();
  else keepEvidence(cast, { findings, books, runs: load.runs });
  return { findings, figures, dir: cast.dir };
}

type Striking = {
  readonly kills: number;
  readonly faults: number;
  readonly leftOut: number;
  /** Of these the last ones in a row. */
  readonly leftOutInRow: number;
};

async function strikeByPlan(
  ask: ChaosAsk,
  strike: ReturnType<typeof createStriker>["strike"],
  startedMs: number,
): Promise<Striking> {
  let done: Striking = { kills: 0, faults: 0, leftOut: 0, leftOutInRow: 0 };
  for (const fault of planFaults(ask.seed, ask.profile)) {
    if (isEnough(ask, done, startedMs)) break;
    await pause(systemClock, fault.pauseMs);
    const hasHit = await strike(fault);
    ask.say(`${hasHit ? "hit     " : "left out"} ${faultInWords(fault)}`);
    done = {
      kills: done.kills + (hasHit && isKill(fault.kind) ? 1 : 0),
      faults: done.faults + (hasHit ? 1 : 0),
      leftOut: done.leftOut + (hasHit ? 0 : 1),
      leftOutInRow: hasHit ? 0 : done.leftOutInRow + 1,
    };
  }
  return done;
}

function isEnough({ profile, kills, minutes }: ChaosAsk, done: Striking, sinceMs: number): boolean {
  if (done.leftOutInRow >= LEFT_OUT_MAX) return true;
  if (minutes !== undefined && systemClock.monotonicMs() - sinceMs >= minutes * 60_000) return true;
  if (profile.faultCount !== undefined) return done.faults >= profile.faultCount;
  return kills !== undefined && done.kills >= kills;
}

function openRuns(runs: readonly RunRecord[]): string {
  return runs
    .filter((run) => run.exitCode === undefined)
    .map((run) => `${run.number} (${run.via})`)
    .join(", ");
}
