/** Quotas: how many slots the tests of a project may use at once, over all its runs. Kept by the store, obeyed by the scheduler. */
import type { GatewayCore } from "#gateway/core.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { usedSlots } from "#gateway/scheduler/share.ts";
import type { QuotaList } from "#proto/fleet.ts";
import { MeshError } from "#shared/errors.ts";

const QUOTAS_MAX = 1_000;

export type QuotaService = {
  readonly list: () => QuotaList;
  /** Without slots it has no bound any more. Resolves when it is committed. @throws {MeshError} `refused` beyond 1,000 of them. */
  readonly set: (project: string, slots: number | undefined) => Promise<QuotaList>;
};

export function createQuotaService(core: GatewayCore): QuotaService {
  const { mesh } = core;
  return {
    list: () => listOf(mesh),
    set: async (project, slots) => {
      if (slots !== undefined && !mesh.quotas.has(project) && mesh.quotas.size >= QUOTAS_MAX)
        throw new MeshError(
          "refused",
          `Cannot keep a quota for ${project}: there are ${QUOTAS_MAX} already`,
        );
      await core.decide(() => {
        if (slots === undefined) mesh.quotas.delete(project);
        else mesh.quotas.set(project, slots);
        mesh.turn.save({ kind: "quota_set", project, slots });
      });
      return listOf(mesh);
    },
  };
}

function listOf(mesh: Mesh): QuotaList {
  const quotas = [...mesh.quotas].map(([project, slots]) => ({
    project,
    slots,
    busy: usedSlots(project, mesh.runs.values()),
  }));
  return { quotas: quotas.sort((a, b) => (a.project < b.project ? -1 : 1)) };
}
