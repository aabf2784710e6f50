/** What one client of a run's stream is told next, as text of Server-Sent Events. When it is told is notice-stream.ts's. */
import type { NumberedNotice, RunNotice } from "#proto/api.ts";
import type { RunId } from "#proto/ids.ts";
import type { GatewayService, LiveListener, NoticeListener } from "../service.ts";

export type NoticeSource = {
  /** The text of what comes next, "" when there is nothing now. */
  readonly next: () => string;
  /** `run_ended` was given, or had been given before `after`. */
  readonly isAtEnd: () => boolean;
  /** Calls for everything new from now on: before the first `next`, so that nothing falls between (N2). */
  readonly watch: (onNews: () => void) => void;
  readonly stop: () => void;
};

export type NoticeSourceOptions = {
  readonly service: GatewayService;
  readonly runId: RunId;
  /** Number of the last notice that the client has. */
  readonly after: number;
};

const NOTICES_PER_CHUNK = 200;
/** Beyond it starts are lost, as they may be. */
const STARTS_WAITING_MAX = 1_000;
/** Beyond it a slow client reads from the store again. */
const NOTICES_WAITING_MAX = 1_000;

/** Makes the source of one client. */
export function createNoticeSource({ service, runId, after }: NoticeSourceOptions): NoticeSource {
  let given = after;
  let isAtEnd = false;
  let page: NumberedNotice[] = [];
  let starts: string[] = [];
  let unwatch: readonly (() => void)[] = [];
  // Committed ends only: a run may have ended in memory while its last notice is not there to be read.
  let isEnded = false;
  // Whether everything that is committed was read, so that what follows comes by `onNotice` alone. Asking the store
  // and the run's summary at each ring took 0.6 s of a run of 2,000 tests (2 cores, 2026-11).
  let isAbreast = false;
  let told: string | undefined;

  const fillPage = () => {
    page = [...service.notices(runId, given)];
    isAbreast = page.length === 0;
    if (isEnded && page.length === 0) isAtEnd = true;
  };
  const takeNotice: NoticeListener = (notice) => {
    if (notice.notice.kind === "run_ended") isEnded = true;
    const last = page.at(-1)?.number ?? given;
    if (isAbreast && notice.number === last + 1 && page.length < NOTICES_WAITING_MAX)
      page.push(notice);
    else isAbreast = false;
  };
  const nextNotices = (): string => {
    if (page.length === 0 && !isAtEnd && !isAbreast) fillPage();
    const chunk = page.splice(0, NOTICES_PER_CHUNK);
    given = chunk.at(-1)?.number ?? given;
    if (chunk.some(({ notice }) => notice.kind === "run_ended")) isAtEnd = true;
    return chunk.map(({ number, notice }) => eventText(notice, number)).join("");
  };
  /** Why nothing goes on now, once: without a number, as it cannot be committed. */
  const nextTrouble = (): string => {
    const { reason } = service.health();
    const isNew = reason !== undefined && reason !== told;
    told = reason;
    return isNew ? eventText({ kind: "waiting", reason: `The gateway waits: ${reason}` }) : "";
  };
  // Starts first: the end of an attempt never comes before its start.
  const next = () => {
    const text = starts.join("");
    starts = [];
    return text + nextNotices() + nextTrouble();
  };
  const watch = (onNews: () => void) => {
    const onStart: LiveListener = (start) => {
      if (starts.length < STARTS_WAITING_MAX) {
        starts.push(eventText({ kind: "test_started", ...start }));
      }
      onNews();
    };
    const onNotice: NoticeListener = (notice) => {
      takeNotice(notice);
      onNews();
    };
    unwatch = [service.watchNotices(runId, onNotice), service.watchStarts(runId, onStart)];
    isEnded = service.run(runId)?.state !== "running";
  };
  const stop = () => {
    for (const unwatchOne of unwatch) unwatchOne();
    unwatch = [];
  };
  return { next, isAtEnd: () => isAtEnd, watch, stop };
}

function eventText(notice: RunNotice, number?: number): string {
  const id = number === undefined ? "" : `id: ${number}\n`;
  return `${id}event: ${notice.kind}\ndata: ${JSON.stringify(notice)}\n\n`;
}
