/** P: what `panoptic run` was told, and what of it travels to the gateway. */
import type { RunOptions } from "#proto/api.ts";
import type { EvidenceWhen } from "#proto/evidence.ts";
import { MeshError } from "#shared/errors.ts";
import type { EndpointOptions } from "../endpoint.ts";
import type { Verbosity } from "./notice-lines.ts";

export type RunCommandOptions = EndpointOptions &
  ScheduleOptions & {
    /** Absent: what the suites agree on, else `panoptic-report`. */
    readonly out?: string;
    readonly nodes?: number;
    readonly slots?: number;
    readonly tag?: readonly string[];
    readonly grep?: string;
    readonly retries?: number;
    /** Milliseconds, like all bounds here. */
    readonly testTimeout?: number;
    readonly runTimeout?: number;
    readonly trace?: EvidenceWhen;
    readonly video?: EvidenceWhen;
    readonly screenshots?: EvidenceWhen;
    readonly waitForNodes?: number;
    readonly allowEmpty?: boolean;
    readonly skipUnsupported?: boolean;
    readonly repeatEach?: number;
    readonly shard?: { readonly index: number; readonly count: number };
    readonly shardBuild?: string;
    readonly json?: boolean;
    readonly quiet?: boolean;
    /** Never together with `quiet`: the declaration refuses both. */
    readonly verbose?: boolean;
  };

/** What a person said of how the run is scheduled. */
export type ScheduleOptions = {
  readonly priority?: number;
  readonly weight?: number;
  readonly project?: string;
  readonly pool?: string;
  readonly maxFailures?: number;
  readonly maxInFlight?: number;
  readonly minNodes?: number;
  readonly failOnFlaky?: boolean;
};

/** What of it travels, by its name there: what was not said is left to the gateway. */
export function scheduleOptionsOf(options: ScheduleOptions): ScheduleOptions {
  const { priority, weight, project, pool } = options;
  const { maxFailures, maxInFlight, minNodes, failOnFlaky } = options;
  return withoutAbsent({
    priority,
    weight,
    project,
    pool,
    maxFailures,
    maxInFlight,
    minNodes,
    failOnFlaky,
  });
}

/**
 * The part that the gateway obeys.
 *
 * @param buildId What the CI system calls this build, for slices that are told none.
 */
export function toRunOptions(options: RunCommandOptions, buildId?: string): RunOptions {
  const { grep, retries, trace, video, screenshots, repeatEach } = options;
  const said = withoutAbsent({
    grep,
    retries,
    testTimeoutMs: options.testTimeout,
    runTimeoutMs: options.runTimeout,
    waitForNodesMs: options.waitForNodes,
    trace,
    video,
    screenshots,
    repeatEach,
    shard: shardOf(options, buildId),
  });
  return {
    tags: [...(options.tag ?? [])],
    allowEmpty: options.allowEmpty === true,
    skipUnsupported: options.skipUnsupported === true,
    ...said,
    ...scheduleOptionsOf(options),
  };
}

/** @throws {MeshError} `usage` when a build is named for a run that is no slice. */
function shardOf(
  { shard, shardBuild }: RunCommandOptions,
  buildId: string | undefined,
): RunOptions["shard"] {
  if (shard === undefined) {
    if (shardBuild === undefined) return undefined;
    throw new MeshError("usage", "Cannot use --shard-build alone: --shard I/N is missing");
  }
  return { ...shard, ...withoutAbsent({ build: shardBuild ?? buildId }) };
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The properties that are there. */
function withoutAbsent<T extends object>(values: T): Present<T> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Present<T>;
}

/** A flag that would have no effect is refused, not ignored. @throws {MeshError} `usage` */
export function refuseMeshFlags(options: RunCommandOptions): void {
  for (const name of ["nodes", "slots"] as const) {
    if (options[name] === undefined) continue;
    throw new MeshError(
      "usage",
      `Cannot use --${name} with a gateway: its nodes are what they are; it is for a mesh of the run's own`,
    );
  }
}

/** How much of the run is told. */
export function verbosityOf({ quiet, verbose }: RunCommandOptions): Verbosity {
  if (quiet === true) return "quiet";
  return verbose === true ? "verbose" : "normal";
}
