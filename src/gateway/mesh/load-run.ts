/** A run out of the store: with everything that was said of it, and with its secrets only for who needs them. */
import type { CoreOptions } from "#gateway/core.ts";
import type { LoadedRun } from "#gateway/store/gateway-store.ts";
import type { NumberedNotice } from "#proto/api.ts";
import { rebuildRun } from "./rebuild.ts";
import type { RunState } from "./run-state.ts";

type Sources = Pick<CoreOptions, "store" | "clock" | "limits" | "unseal">;

/** The run as it was committed; `isShown`: only to be looked at, so its secrets stay sealed (K1). */
export function loadRun(
  { store, clock, limits, unseal }: Sources,
  loaded: LoadedRun,
  { isShown }: { readonly isShown: boolean },
): RunState {
  const { sealedSecrets } = loaded.created;
  const isOpen = sealedSecrets !== undefined && loaded.ended === undefined && !isShown;
  return rebuildRun(loaded, {
    secrets: isOpen ? unseal(sealedSecrets) : {},
    nowMs: clock.monotonicMs(),
    budgets: limits,
    told: toldOf(store, loaded),
  });
}

function toldOf(store: CoreOptions["store"], { created }: LoadedRun): readonly NumberedNotice[] {
  const told: NumberedNotice[] = [];
  for (;;) {
    const page = store.notices(created.runId, told.at(-1)?.number ?? 0);
    if (page.length === 0) return told;
    told.push(...page);
  }
}
