/** P: what `--profile` and the flags of `panoptic node` about browsers and limits come to. */
import { DEFAULT_POOL, type PoolPolicy } from "#node/drivers/web/pool/pool-policy.ts";
import { readEndpoint } from "#node/drivers/web/pool/remote-browser.ts";
import type { Keeping } from "#node/keeping.ts";
import { canMeasure } from "#node/usage/process-tree.ts";
import { MeshError } from "#shared/errors.ts";

/**
 * `ci`: a machine for tests alone; everything stands ready. `lab`: a machine that people use, too; browsers start when a test
 * needs one, and are young. `edge`: a small machine; one attempt at a time, which may use half of its memory.
 */
export type ProfileName = "ci" | "lab" | "edge";

/** What a person says of a node's browsers and limits. */
export type KeepingOptions = {
  readonly profile?: ProfileName;
  readonly headed?: boolean;
  readonly isolation?: "context" | "browser";
  readonly browserEndpoint?: string;
  readonly recycleAfter?: number;
  /** Bytes. */
  readonly limitMemory?: number;
  readonly limitDisk?: number;
  /** Processors. */
  readonly limitCpu?: number;
};

export type Profile = Keeping & {
  /** Undefined: as many as the machine has processors. */
  readonly slots: number | undefined;
};

type ProfileSet = {
  readonly slots?: number;
  readonly pool: PoolPolicy;
  readonly memoryPart?: number;
};

const SETS: Readonly<Record<ProfileName, ProfileSet>> = {
  ci: { pool: DEFAULT_POOL },
  lab: { pool: { ...DEFAULT_POOL, isPrefetching: false, contextsMax: 200, memoryGrowthMax: 1.5 } },
  edge: {
    slots: 1,
    pool: { ...DEFAULT_POOL, isPrefetching: false, contextsMax: 50, memoryGrowthMax: 1.3 },
    memoryPart: 0.5,
  },
};

/**
 * Brings the flags over the profile.
 *
 * @param machineBytes Memory of this machine.
 * @throws {MeshError} `usage` when an endpoint cannot be read, or a flag cannot be followed here or with another.
 */
export function readProfile(options: KeepingOptions, machineBytes: number): Profile {
  const { slots, pool, memoryPart } = SETS[options.profile ?? "ci"];
  refuseAgainstEndpoint(options);
  const { headed, isolation, browserEndpoint, recycleAfter } = options;
  if (browserEndpoint !== undefined) readEndpoint(browserEndpoint);
  return {
    slots,
    browsers: {
      ...pool,
      ...(headed === undefined ? {} : { isHeaded: headed }),
      ...(isolation === undefined ? {} : { isolation }),
      ...(browserEndpoint === undefined ? {} : { endpoint: browserEndpoint }),
      ...(recycleAfter === undefined ? {} : { contextsMax: recycleAfter }),
    },
    ...allowanceOf(options, memoryPart === undefined ? undefined : memoryPart * machineBytes),
  };
}

function refuseAgainstEndpoint({ browserEndpoint, headed, isolation }: KeepingOptions): void {
  if (browserEndpoint === undefined) return;
  const flag = headed === true ? "--headed" : isolation === "browser" && "--isolation browser";
  if (flag === false) return;
  throw new MeshError(
    "usage",
    `Cannot use ${flag} together with --browser-endpoint: a browser that runs elsewhere is as it was started`,
  );
}

function allowanceOf(
  { limitMemory, limitDisk, limitCpu }: KeepingOptions,
  profileBytes: number | undefined,
): Pick<Keeping, "allowance"> {
  const said = [limitMemory, limitDisk, limitCpu].some((limit) => limit !== undefined);
  if (said && !canMeasure()) {
    const text = `Cannot keep limits on ${process.platform}: it does not tell what processes use; Linux does`;
    throw new MeshError("usage", text);
  }
  const memoryBytes = limitMemory ?? (canMeasure() ? profileBytes : undefined);
  const allowance = {
    ...(memoryBytes === undefined ? {} : { memoryBytes: Math.round(memoryBytes) }),
    ...(limitDisk === undefined ? {} : { diskBytes: limitDisk }),
    ...(limitCpu === undefined ? {} : { cpuShare: limitCpu }),
  };
  return Object.keys(allowance).length === 0 ? {} : { allowance };
}
