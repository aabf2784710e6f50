/** What can be asked of baselines and changed in them. Each change is committed before it is answered. */
import type { BlobStore } from "#gateway/blobs/blob-store.ts";
import type { GatewayCore } from "#gateway/core.ts";
import type { BaselineMark, GatewayStore } from "#gateway/store/gateway-store.ts";
import { type BaselinePage, BaselinePlace, type PutBaselines } from "#proto/baseline.ts";
import { MeshError } from "#shared/errors.ts";

export type BaselineService = {
  /** By test, browser, system and name; undefined when `after` is no place of a page. */
  readonly page: (page: {
    readonly limit: number;
    readonly after?: string | undefined;
  }) => BaselinePage | undefined;
  /** In the place of those of the same test, browser, system and name: all or none. @throws {MeshError} `refused` when the bytes of one are not here. */
  readonly put: (body: PutBaselines) => Promise<void>;
  /** Resolves to how many there were: of a test, and of its browser, system and name where they are given. */
  readonly remove: (which: BaselineChoice) => Promise<number>;
};

export type BaselineChoice = Pick<BaselineMark, "key"> & {
  readonly browser?: string | undefined;
  readonly os?: string | undefined;
  readonly name?: string | undefined;
};

const PAGE = 1_000;

/** Makes the service over the books of one gateway. */
export function createBaselineService(
  core: GatewayCore,
  store: GatewayStore,
  blobs: Pick<BlobStore, "isWhole">,
): BaselineService {
  const { mesh } = core;
  return {
    page: ({ limit, after }) => {
      core.settle();
      const mark = after === undefined ? undefined : markIn(after);
      if (after !== undefined && mark === undefined) return undefined;
      // One more than asked for tells whether there is a next page.
      const found = store.baselinePage({ limit: limit + 1, after: mark });
      const baselines = found.slice(0, limit);
      const last = baselines.at(-1);
      const next = found.length > limit && last !== undefined ? { next: placeOf(last) } : {};
      return { baselines, ...next };
    },
    put: async ({ baselines }) => {
      const missing = baselines.find(({ sha256 }) => !blobs.isWhole(sha256));
      if (missing !== undefined)
        throw new MeshError(
          "refused",
          `Cannot take the baseline ${missing.name}: its bytes (${missing.sha256}) are not here`,
        );
      const madeAt = new Date(mesh.clock.wallMs()).toISOString();
      await core.decide(() => {
        for (const one of baselines) {
          const bytes = store.blobBytes(one.sha256) ?? 0;
          mesh.turn.save({ kind: "baseline_set", baseline: { ...one, bytes, madeAt } });
        }
      });
    },
    remove: async (which) => {
      core.settle();
      const found = chosen(store, which);
      await core.decide(() => {
        for (const baseline of found) mesh.turn.save({ kind: "baseline_removed", baseline });
      });
      return found.length;
    },
  };
}

function chosen(store: GatewayStore, which: BaselineChoice): BaselineMark[] {
  const found: BaselineMark[] = [];
  for (let after: BaselineMark | undefined; ; ) {
    const page = store.baselinePage({ limit: PAGE, after });
    found.push(...page.filter((one) => isChosen(one, which)));
    after = page.at(-1);
    if (page.length < PAGE || after === undefined) return found;
  }
}

function isChosen(one: BaselineMark, which: BaselineChoice): boolean {
  const parts = ["key", "browser", "os", "name"] as const;
  return parts.every((part) => which[part] === undefined || which[part] === one[part]);
}

/** A baseline's place in pages: JSON, as its parts may hold anything. */
const placeOf = ({ key, browser, os, name }: BaselineMark): string =>
  JSON.stringify([key, browser, os, name]);

function markIn(place: string): BaselineMark | undefined {
  try {
    const [key, browser, os, name] = JSON.parse(place) as unknown[];
    const parsed = BaselinePlace.safeParse({ key, browser, os });
    return parsed.success && typeof name === "string" ? { ...parsed.data, name } : undefined;
  } catch {
    // Not written by us.
    return undefined;
  }
}
