/** P: what `panoptic run` was told, and what of it travels to the gateway. */
import type { RunOptions } from "#proto/api.ts";
import type { EvidenceWhen } from "#proto/evidence.ts";
import type { RerunOptions } from "#proto/rerun.ts";
import { MeshError } from "#shared/errors.ts";
import type { ChoiceOptions } from "../choice/choose-tests.ts";
import type { EndpointOptions } from "../endpoint.ts";
import type { KnowledgeOptions } from "../history/run-knowledge.ts";
import type { ProfileName } from "../mesh/profile.ts";
import type { Verbosity } from "./notice-lines.ts";

/** What may be said of any run, of suites or again. */
export type LaunchOptions = {
  readonly out?: string;
  readonly retries?: number;
  /** Milliseconds, like all bounds here. */
  readonly testTimeout?: number;
  readonly runTimeout?: number;
  readonly trace?: EvidenceWhen;
  readonly video?: EvidenceWhen;
  readonly screenshots?: EvidenceWhen;
  readonly har?: EvidenceWhen;
  readonly waitForNodes?: number;
  readonly allowEmpty?: boolean;
  readonly priority?: number;
  readonly weight?: number;
  readonly project?: string;
  readonly maxFailures?: number;
  readonly maxInFlight?: number;
  readonly minNodes?: number;
  readonly failOnFlaky?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** Never together with `quiet`: the declaration refuses both. */
  readonly verbose?: boolean;
};

/** Where `--debug` stops: at the first step, or at the first one from a line on. */
export type DebugAt = { readonly line?: number; readonly word?: string };

/** `out` absent: what the suites agree on, else `panoptic-report`. */
export type RunCommandOptions = EndpointOptions &
  LaunchOptions &
  KnowledgeOptions &
  ChoiceOptions & {
    readonly nodes?: number;
    readonly slots?: number;
    readonly profile?: ProfileName;
    readonly tag?: readonly string[];
    readonly grep?: string;
    readonly skipUnsupported?: boolean;
    readonly updateBaselines?: boolean;
    readonly pool?: string;
    readonly repeatEach?: number;
    readonly shard?: { readonly index: number; readonly count: number };
    readonly shardBuild?: string;
    readonly watch?: boolean;
    /** Stops at a step; a word that is no line is a suite. */
    readonly debug?: DebugAt;
    readonly debugOnFailure?: boolean;
  };

/** What the gateway is told of any run: what was not said is left to it. */
export function toRerunOptions(options: LaunchOptions): RerunOptions {
  const { retries, trace, video, screenshots, har, allowEmpty } = options;
  const { priority, weight, project, maxFailures, maxInFlight, minNodes, failOnFlaky } = options;
  return withoutAbsent({
    retries,
    testTimeoutMs: options.testTimeout,
    runTimeoutMs: options.runTimeout,
    waitForNodesMs: options.waitForNodes,
    allowEmpty,
    trace,
    video,
    screenshots,
    har,
    priority,
    weight,
    project,
    maxFailures,
    maxInFlight,
    minNodes,
    failOnFlaky,
  });
}

/**
 * What it is told of a run of suites.
 *
 * @param buildId What the CI system calls this build, for slices that are told none.
 */
export function toRunOptions(options: RunCommandOptions, buildId?: string): RunOptions {
  const { grep, pool, repeatEach, updateBaselines } = options;
  return {
    tags: [...(options.tag ?? [])],
    skipUnsupported: options.skipUnsupported === true,
    ...toRerunOptions(options),
    allowEmpty: options.allowEmpty === true,
    ...withoutAbsent({ grep, pool, repeatEach, updateBaselines, shard: shardOf(options, buildId) }),
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
  for (const name of ["nodes", "slots", "profile"] as const) {
    if (options[name] === undefined) continue;
    throw new MeshError(
      "usage",
      `Cannot use --${name} with a gateway: its nodes are what they are; it is for a mesh of the run's own`,
    );
  }
}

/** @throws {MeshError} `usage` when a run that is made again and again is asked for what is made once. */
export function refuseWatchFlags({ shard }: RunCommandOptions): void {
  if (shard === undefined) return;
  throw new MeshError("usage", "Cannot use --shard with --watch: slices are of one run each");
}

/** @throws {MeshError} `usage` when an attempt that is held still is asked for what it cannot be. */
export function refuseDebugFlags(options: RunCommandOptions, hasGateway: boolean): void {
  const { nodes, slots, shard, repeatEach, watch } = options;
  const refuse = (what: string, why: string): never => {
    throw new MeshError("usage", `Cannot use --debug ${what}: ${why}`);
  };
  if (hasGateway) refuse("with a gateway", "only a node in this process can be held still");
  for (const [name, value] of Object.entries({ nodes, slots, shard, repeatEach, watch }))
    if (value !== undefined) refuse(`with --${FLAGS[name] ?? name}`, "it runs one test at a time");
}

const FLAGS: Readonly<Record<string, string>> = { repeatEach: "repeat-each" };

/** How much of the run is told. */
export function verbosityOf({ quiet, verbose }: LaunchOptions): Verbosity {
  if (quiet === true) return "quiet";
  return verbose === true ? "verbose" : "normal";
}
