/**
 * Keeps what attempts leave behind: bytes under their sha256 in the node's blobs folder until the gateway has them (R3).
 * Order: bytes on disk, then the pending upload, then the event. A crash between two of them leaves bytes that nobody
 * asks for, never an event without its bytes. What is over a cap, or finds no room, is missing by name, size and cap.
 */
import { statfsSync } from "node:fs";
import { join } from "node:path";
import type { ArtifactNote } from "#proto/artifact.ts";
import type { ArtifactFound } from "#proto/event.ts";
import type { LeaseId, Sha256 } from "#proto/ids.ts";
import type { Clock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import type { IdSource } from "#shared/ids.ts";
import type { Limits } from "#shared/limits.ts";
import type { Evidence, FileEvidence, MissedEvidence } from "../drivers/driver.ts";
import type { UploadStore } from "../store/upload-store.ts";
import { createNameTaker } from "./names.ts";
import { moveIn, type Source, sizeOfSource, type Taken, takeIn } from "./take-in.ts";

export type AttemptKeeping = {
  /** Takes bytes or a file; what cannot be kept becomes an artifact that is missing with its reason. */
  readonly attach: (evidence: Evidence | FileEvidence) => void;
  /** Tells of evidence that was asked for and does not exist. */
  readonly miss: (missed: MissedEvidence) => void;
  /** Resolves when everything that was attached is kept and told; after `keepArtifactsMs` what is not kept is missing. */
  readonly settled: () => Promise<void>;
};

export type ArtifactKeeper = {
  readonly forAttempt: (leaseId: LeaseId, record: (event: ArtifactFound) => void) => AttemptKeeping;
};

export type ArtifactKeeperOptions = {
  readonly blobsPath: string;
  readonly uploads: UploadStore;
  readonly ids: IdSource;
  readonly clock: Clock;
  readonly limits: Limits;
  /** Something new waits to be uploaded. */
  readonly onKept: (sha256: Sha256) => void;
};

export function createArtifactKeeper(options: ArtifactKeeperOptions): ArtifactKeeper {
  return { forAttempt: (leaseId, record) => createKeeping(options, leaseId, record) };
}

function createKeeping(
  options: ArtifactKeeperOptions,
  leaseId: LeaseId,
  record: (event: ArtifactFound) => void,
): AttemptKeeping {
  const { limits, clock } = options;
  const { artifactsPerAttemptMax } = limits;
  const takeName = createNameTaker();
  const pending = new Set<Promise<void>>();
  const ending = new AbortController();
  let count = 0;
  let keptBytes = 0;
  const tell = (artifact: ArtifactNote) => record({ kind: "artifact_found", leaseId, artifact });
  const keep = (note: Note, source: Source) => {
    keptBytes += note.bytes;
    const kept = keepNote({ ...options, signal: ending.signal }, note, source).then(tell);
    pending.add(kept);
    // Its failure is the attempt's, through `settled`; it stays pending until then.
    kept.then(() => pending.delete(kept)).catch(() => undefined);
  };
  return {
    attach: (evidence) => {
      count += 1;
      if (count > artifactsPerAttemptMax + 1) return;
      const judged = judge(options, evidence, keptBytes);
      const note = { ...judged.note, name: takeName(evidence.name) };
      if (count > artifactsPerAttemptMax) {
        const missing = `This and what follows is not kept: more than ${artifactsPerAttemptMax} artifacts`;
        tell({ ...note, missing });
      } else if (judged.fault === undefined) keep(note, evidence);
      else tell({ ...note, missing: `${note.name} ${judged.fault}` });
    },
    miss: ({ name, kind, reason }) => {
      count += 1;
      if (count > artifactsPerAttemptMax) return;
      tell({ name: takeName(name), kind, bytes: 0, missing: reason });
    },
    settled: async () => {
      const { keepArtifactsMs } = limits;
      const reason = new Error(`it took longer than ${keepArtifactsMs} ms`);
      const bound = clock.after(keepArtifactsMs, () => ending.abort(reason));
      await Promise.all(pending).finally(bound.cancel);
    },
  };
}

type Given = Evidence | FileEvidence;
type Note = Pick<ArtifactNote, "name" | "kind" | "bytes">;
type Judged = { readonly note: Omit<Note, "name">; readonly fault?: string };

/** Files at least as large as this are asked about room before they are copied. */
const ROOM_ASKED_BYTES = 1024 * 1024;

/** What it is, and why it cannot be kept. */
function judge(options: ArtifactKeeperOptions, evidence: Given, keptBytes: number): Judged {
  const { kind } = evidence;
  const { artifactBytesMax, attemptArtifactBytesMax } = options.limits;
  let bytes = 0;
  try {
    bytes = sizeOfSource(evidence);
  } catch (thrown) {
    return { note: { kind, bytes }, fault: `was not kept: ${messageOf(thrown)}` };
  }
  const note = { kind, bytes };
  if (bytes > artifactBytesMax)
    return { note, fault: `is too large: ${bytes} bytes, at most ${artifactBytesMax} are kept` };
  if (keptBytes + bytes > attemptArtifactBytesMax) {
    const fault = `has no room: it has ${bytes} bytes, and the attempt's artifacts ${keptBytes} of at most ${attemptArtifactBytesMax}`;
    return { note, fault };
  }
  if (bytes < ROOM_ASKED_BYTES) return { note };
  const fault = faultOfRoom(options, evidence, bytes);
  return fault === undefined ? { note } : { note, fault };
}

/** A file on the same disk takes no new room; anything else leaves free what an offer needs. */
function faultOfRoom(
  { blobsPath, limits }: ArtifactKeeperOptions,
  evidence: Given,
  bytes: number,
): string | undefined {
  const disk = statfsSync(blobsPath);
  const freeBytes = disk.bavail * disk.bsize;
  const neededBytes = "path" in evidence ? 0 : bytes;
  if (freeBytes - neededBytes >= limits.freeDiskBytesMin) return undefined;
  return `has no room on the node's disk: it has ${bytes} bytes, and of ${freeBytes} free ones ${limits.freeDiskBytesMin} are kept free`;
}

type Keeping = ArtifactKeeperOptions & { readonly signal: AbortSignal };

function keepNote(options: Keeping, note: Note, source: Source): Promise<ArtifactNote> {
  const { blobsPath, uploads, signal } = options;
  const temporary = join(blobsPath, `${options.ids.next("new")}.tmp`);
  const lost = (thrown: unknown): ArtifactNote => ({
    ...note,
    missing: `${note.name} was not kept on the node: ${messageOf(thrown)}`,
  });
  let moved: Source;
  try {
    // Not awaited: its maker goes on, and may remove what lies in the attempt's folder.
    moved = moveIn(source, temporary);
  } catch (thrown) {
    return Promise.resolve(lost(thrown));
  }
  const name = (taken: Taken) => {
    uploads.add({ ...taken, name: note.name });
    options.onKept(taken.sha256);
  };
  return takeIn(moved, { blobsPath, temporary, signal }, name).then(
    // As it was taken: its maker may have added to it until then.
    (taken) => ({ ...note, ...taken }),
    lost,
  );
}
