/** Who watches a run: told of notices and starts after their commit. A listener that throws is a fault of its own and stops nobody. */
import type { RunNotice } from "#proto/api.ts";
import type { RunId } from "#proto/ids.ts";
import type { MeshListener } from "./mesh/mesh.ts";
import type { LiveListener, NoticeListener } from "./service.ts";

export type RunListeners = MeshListener & {
  readonly watchNotices: (runId: RunId, listener: NoticeListener) => () => void;
  readonly watchStarts: (runId: RunId, listener: LiveListener) => () => void;
};

export function createListeners(onRunEnded: (runId: RunId) => void): RunListeners {
  const notices = new Map<RunId, Set<NoticeListener>>();
  const starts = new Map<RunId, Set<LiveListener>>();
  return {
    onNotice: (runId: RunId, number: number, notice: RunNotice) => {
      for (const listener of notices.get(runId) ?? []) listener({ number, notice });
    },
    onStart: (runId, started) => {
      for (const listener of starts.get(runId) ?? []) listener(started);
    },
    onRunEnded,
    watchNotices: (runId, listener) => watch(notices, runId, listener),
    watchStarts: (runId, listener) => watch(starts, runId, listener),
  };
}

function watch<T>(watchers: Map<RunId, Set<T>>, runId: RunId, listener: T): () => void {
  const set = watchers.get(runId) ?? new Set<T>();
  watchers.set(runId, set.add(listener));
  return () => {
    set.delete(listener);
    if (set.size === 0) watchers.delete(runId);
  };
}
