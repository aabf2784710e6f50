/**
 * Keeps one node running: a node process that ends unasked is started again, on the same data folder.
 *
 * Bound: `FAILURES_IN_ROW_MAX` starts one after the other that did not get ready, then it is given up and said. A node
 * that was ready may die as often as it likes (a test that kills its nodes is the gateway's affair, C4), with a pause
 * between starts that grows while its lives are short.
 */
import { type Clock, pause } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import { lockFolder } from "#shared/folder-lock.ts";
import type { ReadyNode } from "../ready-line.ts";
import {
  type NodeEnd,
  type NodeProcess,
  type NodeProcessOptions,
  startNodeProcess,
} from "./node-process.ts";

export type SuperviseOptions = Omit<NodeProcessOptions, "onLog"> & {
  /** How long a start may take until the node has joined. */
  readonly readyMsMax: number;
  readonly onReady: (ready: ReadyNode) => void;
  readonly onLog: (line: string) => void;
  /** Told when it ended unasked, and what is done about it. */
  readonly onTrouble: (text: string) => void;
};

export type SupervisedNode = {
  /** @throws {MeshError} `refused` when the first start fails, with the end of its log. */
  readonly firstReady: Promise<ReadyNode>;
  readonly stop: () => Promise<void>;
};

const FAILURES_IN_ROW_MAX = 5;
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;
/** A life this long sets the pause back. */
const LONG_LIFE_MS = 30_000;
const STOP_MS_MAX = 5_000;
const LOG_LINES_KEPT = 20;
/** A node that lost its mesh leaves within this, or stays for reasons of its own. */
const FOLDER_MS_MAX = 5_000;
const FOLDER_POLL_MS = 50;

/** Starts a node and keeps it running until `stop`. */
export function superviseNode(options: SuperviseOptions): SupervisedNode {
  const stopping = new AbortController();
  const first = Promise.withResolvers<ReadyNode>();
  first.promise.catch(() => undefined); // Whoever waits for it hears of it.
  let current: NodeProcess | undefined;
  const keep = async () => {
    await untilFolderIsFree(options, stopping.signal);
    let pace: Pace = { failures: 0, pauseMs: PAUSE_MS_MIN };
    while (!stopping.signal.aborted) {
      const life = live(options, first, (process) => {
        current = process;
      });
      const end = await life.ended;
      if (stopping.signal.aborted) return;
      const story = `node ${options.name} ended unasked (${endText(end)})`;
      pace = nextPace(pace, { ...end, lifeMs: life.lifeMs() });
      if (!end.wasReady) {
        first.reject(new MeshError("refused", `Cannot start: ${story}: ${life.lastLog()}`));
      }
      if (pace.failures >= FAILURES_IN_ROW_MAX) {
        options.onTrouble(`${story}; given up after ${pace.failures} starts: ${life.lastLog()}`);
        return;
      }
      options.onTrouble(`${story}; starting it again`);
      await pauseOrStop(options.clock, pace.pauseMs, stopping.signal);
    }
  };
  const kept = keep();
  return {
    firstReady: first.promise,
    stop: async () => {
      stopping.abort();
      first.reject(new MeshError("refused", `Cannot start node ${options.name}: stopped`));
      await current?.stop(STOP_MS_MAX);
      await kept;
    },
  };
}

/** Who had the folder may still be leaving: a mesh that was killed and is started again at once. */
async function untilFolderIsFree(
  { dataDir, clock }: SuperviseOptions,
  signal: AbortSignal,
): Promise<void> {
  const untilMs = clock.monotonicMs() + FOLDER_MS_MAX;
  while (!signal.aborted && isHeld(dataDir) && clock.monotonicMs() < untilMs)
    await pauseOrStop(clock, FOLDER_POLL_MS, signal);
}

function isHeld(dataDir: string): boolean {
  try {
    lockFolder(dataDir, "node").release();
    return false;
  } catch (thrown) {
    // Any other fault is for the node to say.
    return thrown instanceof MeshError && thrown.code === "folder_locked";
  }
}

/** How the next start is paced. */
type Pace = { readonly failures: number; readonly pauseMs: number };

function nextPace(pace: Pace, life: { readonly wasReady: boolean; readonly lifeMs: number }): Pace {
  return {
    failures: life.wasReady ? 0 : pace.failures + 1,
    pauseMs: life.lifeMs > LONG_LIFE_MS ? PAUSE_MS_MIN : Math.min(PAUSE_MS_MAX, pace.pauseMs * 2),
  };
}

type Life = {
  readonly ended: Promise<NodeEnd & { readonly wasReady: boolean }>;
  readonly lifeMs: () => number;
  readonly lastLog: () => string;
};

type FirstReady = { readonly resolve: (ready: ReadyNode) => void };

/** One process from its start to its end. */
function live(
  options: SuperviseOptions,
  first: FirstReady,
  onStart: (process: NodeProcess) => void,
): Life {
  const startedMs = options.clock.monotonicMs();
  const log: string[] = [];
  let wasReady = false;
  const node = startNodeProcess({
    ...options,
    onLog: (line) => {
      log.push(line);
      if (log.length > LOG_LINES_KEPT) log.shift();
      options.onLog(line);
    },
  });
  onStart(node);
  const late = options.clock.after(options.readyMsMax, () => {
    log.push(`not ready within ${options.readyMsMax / 1_000} s`);
    void node.stop(STOP_MS_MAX);
  });
  void node.ready.then((ready) => {
    late.cancel();
    if (ready === undefined) return;
    wasReady = true;
    first.resolve(ready);
    options.onReady(ready);
  });
  return {
    ended: node.ended.then((end) => ({ ...end, wasReady })),
    lifeMs: () => options.clock.monotonicMs() - startedMs,
    lastLog: () => log.at(-1) ?? "it said nothing",
  };
}

function endText(end: NodeEnd): string {
  return end.signal ?? `exit code ${end.code ?? "unknown"}`;
}

async function pauseOrStop(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await pause(clock, delayMs, signal);
  } catch {
    // Stopped meanwhile: the caller looks at the signal.
  }
}
