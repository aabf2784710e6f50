/** What can be asked of the quarantine list and changed in it. Each change is committed before it is answered. */
import type { GatewayCore } from "#gateway/core.ts";
import type { GatewayStore } from "#gateway/store/gateway-store.ts";
import type { QuarantineEntry } from "#proto/quarantine.ts";
import { MeshError } from "#shared/errors.ts";
import { refuseEntries } from "./refuse-entries.ts";

export type QuarantineService = {
  /** By key. */
  readonly list: () => readonly QuarantineEntry[];
  /** Adds them, or puts them in the place of those with their keys: all or none. @throws {MeshError} `refused` */
  readonly put: (entries: readonly QuarantineEntry[]) => Promise<void>;
  /** Resolves to false when there is none of that key. */
  readonly remove: (key: string) => Promise<boolean>;
};

/** Makes the service over the books of one gateway. */
export function createQuarantineService(core: GatewayCore, store: GatewayStore): QuarantineService {
  const { mesh } = core;
  /** As it is committed: what waits in the open turn is committed first. */
  const list = () => {
    core.settle();
    return store.quarantine();
  };
  return {
    list,
    put: (entries) => {
      const keys = new Set(list().map(({ key }) => key));
      const refusals = refuseEntries(entries, keys, {
        limits: mesh.limits,
        nowWallMs: mesh.clock.wallMs(),
      });
      if (refusals[0] !== undefined) throw new MeshError("refused", refusals.join("; "));
      return core.decide(() => {
        for (const entry of entries)
          mesh.turn.save({
            kind: "quarantine_put",
            entry: { ...entry, expiresAt: new Date(entry.expiresAt).toISOString() },
          });
      });
    },
    remove: async (key) => {
      if (!list().some((entry) => entry.key === key)) return false;
      await core.decide(() => mesh.turn.save({ kind: "quarantine_removed", key }));
      return true;
    },
  };
}
