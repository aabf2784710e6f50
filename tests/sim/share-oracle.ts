/**
 * S7, fair shares: while runs of one priority all have tests that wait, what each has of the slots' time is in
 * proportion to its weight, within `SHARE_SLACK` and one round of all slots. Measured where nothing else decides: in still worlds, among runs whose
 * tests any node can run, by what really runs on the nodes.
 */
import type { RunId } from "#proto/ids.ts";
import { leasePartsOf } from "#shared/ids.ts";
import type { Books, RunBook } from "./books.ts";
import type { SimContext } from "./context.ts";
import { SCHEDULES_ARE_DRAWN } from "./draw-schedule.ts";
import { isOpen, referenceVerdict } from "./reference-verdict.ts";

const SHARE_SLACK = 0.1;
/** Fewer attempts than these, or than so many for each slot, say nothing: what runs at the two ends weighs too much. */
const ATTEMPTS_MIN = 60;
const ATTEMPTS_PER_SLOT_MIN = 8;

export type ShareOracle = {
  /** Judges what was measured; called at the end. */
  readonly judge: () => void;
};

type Used = { slotMs: number; attempts: number };

export function createShareOracle(context: SimContext, books: Books): ShareOracle {
  const { truth, clock, plan } = context;
  const isMeasured =
    SCHEDULES_ARE_DRAWN && plan.isStill && plan.runs.length > 1 && plan.runs.every(isEqual);
  const used = new Map<RunId, Used>();
  const slotCount = plan.nodes.reduce((sum, node) => sum + node.slots, 0);
  /** Attempts begun by then: what was offered ahead when a run came is over. */
  const begun = new Map<RunId, number>();
  const running = new Map<RunId, number>();
  let lastMs = 0;
  let hasBegun = false;
  let isOver = false;
  const account = () => {
    const nowMs = clock.monotonicMs();
    const hadBacklog = [...books.runs.values()].every(hasWaiting);
    const areAllThere = books.runs.size === plan.runs.length;
    if (hasBegun && !isOver) {
      for (const [runId, count] of running) usedBy(runId).slotMs += count * (nowMs - lastMs);
      if (!hadBacklog) isOver = true;
    }
    const isSettled = [...begun.values()].reduce((sum, count) => sum + count, 0) >= 2 * slotCount;
    if (!hasBegun && areAllThere && hadBacklog && isSettled) hasBegun = true;
    lastMs = nowMs;
  };
  const usedBy = (runId: RunId): Used => {
    const known = used.get(runId) ?? { slotMs: 0, attempts: 0 };
    used.set(runId, known);
    return known;
  };
  if (isMeasured)
    truth.watch({
      onBegin: ({ leaseId }) => {
        account();
        const { runId } = leasePartsOf(leaseId);
        running.set(runId, (running.get(runId) ?? 0) + 1);
        if (books.runs.size === plan.runs.length) begun.set(runId, (begun.get(runId) ?? 0) + 1);
        if (hasBegun && !isOver) usedBy(runId).attempts += 1;
      },
      onEnd: ({ leaseId }) => {
        account();
        const { runId } = leasePartsOf(leaseId);
        running.set(runId, (running.get(runId) ?? 0) - 1);
      },
    });
  return { judge: () => isMeasured && judgeShares(context, { used, slotCount }) };
}

const isEqual = ({ run: { definitions, options } }: SimContext["plan"]["runs"][number]): boolean =>
  options.priority === undefined &&
  options.project === undefined &&
  options.maxInFlight === undefined &&
  definitions.every(
    ({ schedule, needs, platform }) =>
      schedule === undefined && needs.labels.length === 0 && platform === "http",
  );

const hasWaiting = (run: RunBook): boolean =>
  run.ended === undefined &&
  run.tests.some((test) => !test.leases.some(isOpen) && referenceVerdict(test) === undefined);

type Measured = { readonly used: ReadonlyMap<RunId, Used>; readonly slotCount: number };

function judgeShares({ plan, figures, fail }: SimContext, { used, slotCount }: Measured): void {
  const shares = plan.runs.map(({ run }) => ({
    runId: run.runId,
    weight: run.options.weight ?? 1,
    ...(used.get(run.runId) ?? { slotMs: 0, attempts: 0 }),
  }));
  const weightSum = shares.reduce((sum, share) => sum + share.weight, 0);
  const slotMsSum = shares.reduce((sum, share) => sum + share.slotMs, 0);
  const attempts = shares.reduce((sum, share) => sum + share.attempts, 0);
  if (attempts < Math.max(ATTEMPTS_MIN, ATTEMPTS_PER_SLOT_MIN * slotCount)) return;
  // A round of all slots at either end is nobody's share.
  const slack = SHARE_SLACK + slotCount / attempts;
  figures.sharesJudged += 1;
  for (const { runId, weight, slotMs } of shares) {
    const [got, due] = [slotMs / slotMsSum, weight / weightSum];
    if (Math.abs(got - due) <= slack) continue;
    const percent = (share: number) => `${Math.round(100 * share)} %`;
    fail(
      "S7",
      `${runId} had ${percent(got)} of ${Math.round(slotMsSum)} ms of the slots' time (${attempts} attempts), ${percent(due)} are its share`,
    );
  }
}
