/**
 * Pure: whether the gateway takes an artifact that an event names (R3). What it does not take becomes missing in the event
 * itself, before that is committed: so the report says so at once, and a replay says the same (E6).
 */
import type { TakenArtifacts } from "#gateway/mesh/run-state.ts";
import type { ArtifactNote } from "#proto/artifact.ts";
import type { Limits } from "#shared/limits.ts";

export type ArtifactCaps = Pick<Limits, "artifactBytesMax" | "runArtifactBytesMax">;

/** The note as it is to be committed: itself and counted, or missing with file, size and cap named. */
export function capArtifact(
  note: ArtifactNote,
  taken: TakenArtifacts,
  caps: ArtifactCaps,
): ArtifactNote {
  const refusal = refusalOf(note, taken, caps);
  if (refusal !== undefined) return { ...note, missing: refusal };
  countArtifact(taken, note);
  return note;
}

/** Adds a committed note to what its run takes. */
export function countArtifact(taken: TakenArtifacts, note: ArtifactNote): void {
  const { sha256, bytes, missing } = note;
  if (sha256 === undefined || missing !== undefined || taken.sizes.has(sha256)) return;
  taken.sizes.set(sha256, bytes);
  taken.bytes += bytes;
}

function refusalOf(
  { name, sha256, bytes, missing }: ArtifactNote,
  taken: TakenArtifacts,
  { artifactBytesMax, runArtifactBytesMax }: ArtifactCaps,
): string | undefined {
  if (sha256 === undefined || missing !== undefined || taken.sizes.has(sha256)) return undefined;
  if (bytes > artifactBytesMax)
    return `${name} is too large: it has ${bytes} bytes, the gateway takes at most ${artifactBytesMax} of one artifact`;
  if (taken.bytes + bytes <= runArtifactBytesMax) return undefined;
  return `${name} has no room: it has ${bytes} bytes, and the run's artifacts ${taken.bytes} of at most ${runArtifactBytesMax}`;
}
