/**
 * The ids that travel between gateway, node and people. Branded: a RunId never fits a LeaseId.
 * How ids are made is in src/shared/ids.ts; this file only says what they look like.
 */
import { z } from "zod";

const IdText = z
  .string()
  .min(1)
  .max(80)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/);

/** One mesh: made with the gateway's data folder (I1). */
export const MeshId = IdText.brand<"MeshId">();
export type MeshId = z.infer<typeof MeshId>;

/** One node data folder (I1). */
export const NodeId = IdText.brand<"NodeId">();
export type NodeId = z.infer<typeof NodeId>;

/** One node process (I1). */
export const BootId = IdText.brand<"BootId">();
export type BootId = z.infer<typeof BootId>;

/** One node database; event numbers belong to it (E2). */
export const StoreId = IdText.brand<"StoreId">();
export type StoreId = z.infer<typeof StoreId>;

export const RunId = IdText.brand<"RunId">();
export type RunId = z.infer<typeof RunId>;

/** `RUN:TEST:NUMBER`: run id, 0-based test index in the run's ledger, 1-based lease number of that test. */
export const LeaseId = z
  .string()
  .max(120)
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*:\d{1,6}:\d{1,4}$/)
  .brand<"LeaseId">();
export type LeaseId = z.infer<typeof LeaseId>;

/** `suite › test [id=1, viewport=phone]`: stable across machines, paths and order. */
export const TestKey = z.string().min(1).max(2000).brand<"TestKey">();
export type TestKey = z.infer<typeof TestKey>;

/** A term of a node, given by the gateway: 1, 2, 3 … (I2). */
export const Epoch = z.number().int().min(1).brand<"Epoch">();
export type Epoch = z.infer<typeof Epoch>;

/** Lower-case hex of a blob's SHA-256. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<"Sha256">();
export type Sha256 = z.infer<typeof Sha256>;
