/** P: what `panoptic run` was told, and what of it travels to the gateway. */
import type { RunOptions } from "#proto/api.ts";
import type { EvidenceWhen } from "#proto/evidence.ts";
import { MeshError } from "#shared/errors.ts";
import type { EndpointOptions } from "../endpoint.ts";
import type { Verbosity } from "./notice-lines.ts";

export type RunCommandOptions = EndpointOptions & {
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
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** Never together with `quiet`: the declaration refuses both. */
  readonly verbose?: boolean;
};

/** The part that the gateway obeys. */
export function toRunOptions(options: RunCommandOptions): RunOptions {
  return {
    tags: [...(options.tag ?? [])],
    allowEmpty: options.allowEmpty === true,
    skipUnsupported: options.skipUnsupported === true,
    ...(options.grep === undefined ? {} : { grep: options.grep }),
    ...(options.retries === undefined ? {} : { retries: options.retries }),
    ...(options.testTimeout === undefined ? {} : { testTimeoutMs: options.testTimeout }),
    ...(options.runTimeout === undefined ? {} : { runTimeoutMs: options.runTimeout }),
    ...(options.waitForNodes === undefined ? {} : { waitForNodesMs: options.waitForNodes }),
    ...(options.trace === undefined ? {} : { trace: options.trace }),
    ...(options.video === undefined ? {} : { video: options.video }),
    ...(options.screenshots === undefined ? {} : { screenshots: options.screenshots }),
  };
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
