/** How ids are made and taken apart. Random or time-ordered ones come from the platform's own source; the sim hands in its own. */
import { randomBytes } from "node:crypto";
import { uuidv7 } from "uuidv7";
import { BootId, type LeaseId, MeshId, NodeId, RunId, StoreId } from "#proto/ids.ts";

/** Makes fresh ids; a seam, so that simulations repeat. */
export type IdSource = { readonly next: (prefix: string) => string };

/** Time-ordered and unguessable: `run-0192…`. */
export const systemIds: IdSource = { next: (prefix) => `${prefix}-${uuidv7()}` };

export const newMeshId = (ids: IdSource): MeshId => MeshId.parse(ids.next("mesh"));
export const newNodeId = (ids: IdSource): NodeId => NodeId.parse(ids.next("node"));
export const newBootId = (ids: IdSource): BootId => BootId.parse(ids.next("boot"));
export const newStoreId = (ids: IdSource): StoreId => StoreId.parse(ids.next("store"));
export const newRunId = (ids: IdSource): RunId => RunId.parse(ids.next("run"));

/** 256 random bits as URL-safe text: keys and passwords. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** 0 ≤ value < 1, for jitter only; a seam as `IdSource` is. */
export const systemRandom = (): number => Math.random();

export type LeaseParts = {
  readonly runId: RunId;
  /** 0-based index of the test in the run's ledger. */
  readonly testIndex: number;
  /** 1-based, never reused within the test. */
  readonly number: number;
};

export function leaseIdOf(parts: LeaseParts): LeaseId {
  return `${parts.runId}:${parts.testIndex}:${parts.number}` as LeaseId;
}

/** Takes a lease id apart; it was checked by its schema on receipt. */
export function leasePartsOf(leaseId: LeaseId): LeaseParts {
  const [runId = "", testIndex = "", number = ""] = leaseId.split(":");
  return { runId: runId as RunId, testIndex: Number(testIndex), number: Number(number) };
}
