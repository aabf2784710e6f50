/**
 * The disk under a simulated node: its store outlives the process, can be wiped, and can be restored to an older state
 * (E4). Restoring replays the transactions up to a moment on a fresh store with the same ids.
 */
import { createMemoryNodeStore } from "#kit/memory-node-store.ts";
import type { NodeStore } from "#node/store/node-store.ts";
import type { Sha256 } from "#proto/ids.ts";
import type { IdSource } from "#shared/ids.ts";

export type NodeDisk = {
  /** The store as it is on disk now. */
  readonly store: () => NodeStore;
  /** Runs a transaction and remembers it. */
  readonly write: <T>(transact: (store: NodeStore) => T) => T;
  readonly wipe: () => void;
  /** Remembers this moment for `restore`. */
  readonly backUp: () => void;
  /** False when there is no backup of this store. */
  readonly restore: () => boolean;
  /** Bytes that are kept until the gateway has them, by the event that names them (R3). */
  readonly blobs: Map<Sha256, { readonly storeId: string; readonly number: number }>;
  /** Neither wiped nor restored ever, nor taken away: what is saved is all that was, and will be told. */
  readonly isPristine: () => boolean;
  /** Nobody will ever read it again. */
  readonly takeAway: () => void;
};

export function createNodeDisk(ids: IdSource): NodeDisk {
  let log: ((store: NodeStore) => unknown)[] = [];
  let storeIds: string[] = [];
  let backedUp: number | undefined;
  let isPristine = true;
  const noting: IdSource = {
    next: (prefix) => {
      const id = ids.next(prefix);
      storeIds.push(id);
      return id;
    },
  };
  let store = createMemoryNodeStore(noting);
  const blobs: NodeDisk["blobs"] = new Map();
  return {
    store: () => store,
    blobs,
    write: (transact) => {
      log.push(transact);
      return transact(store);
    },
    isPristine: () => isPristine,
    takeAway: () => {
      isPristine = false;
    },
    wipe: () => {
      isPristine = false;
      log = [];
      storeIds = [];
      blobs.clear();
      backedUp = undefined;
      store = createMemoryNodeStore(noting);
    },
    backUp: () => {
      backedUp = log.length;
    },
    restore: () => {
      if (backedUp === undefined) return false;
      isPristine = false;
      blobs.clear();
      const replayed = [...storeIds];
      storeIds = [];
      store = createMemoryNodeStore({
        next: (prefix) => {
          const id = replayed.shift() ?? ids.next(prefix);
          storeIds.push(id);
          return id;
        },
      });
      log = log.slice(0, backedUp);
      for (const transact of log) transact(store);
      replayed.length = 0; // what is opened from now on is new
      return true;
    },
  };
}
