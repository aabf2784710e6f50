/**
 * The range of protocol versions that this program speaks, and the refusal by name of all others.
 * `hello` itself carries no version and only ever grows; everything after it is versioned.
 */
import { z } from "zod";

/**
 * 2: tests carry evidence, web options, skipped steps and parts of steps. A node of version 1 would drop them without a word
 * and report work that was not done.
 * 3: a node says hello on a subject of its own, by a credential of its own; on the one subject of before, each node could
 * speak for any other.
 */
export const PROTOCOL_VERSION_MIN = 3;
export const PROTOCOL_VERSION_MAX = 3;

export const VersionRange = z.object({
  min: z.number().int().min(1),
  max: z.number().int().min(1),
});
export type VersionRange = z.infer<typeof VersionRange>;

export type VersionChoice =
  | { readonly kind: "agreed"; readonly version: number }
  | { readonly kind: "refused"; readonly reason: string };

/** Picks the highest version that both sides speak, or says which side must be updated. */
export function agreeVersion(
  theirs: VersionRange,
  ours: VersionRange = { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION_MAX },
): VersionChoice {
  const version = Math.min(theirs.max, ours.max);
  if (version >= Math.max(theirs.min, ours.min)) return { kind: "agreed", version };
  const older = theirs.max < ours.min ? "node" : "gateway";
  return {
    kind: "refused",
    reason: `Cannot join: the node speaks protocol ${theirs.min} to ${theirs.max}, the gateway ${ours.min} to ${ours.max}; update the ${older}`,
  };
}
