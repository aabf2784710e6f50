/**
 * How a node joins: hello → a term (epoch) and what to keep, or a refusal by name (I1, I2).
 * Without a version: this message only ever grows.
 */
import { z } from "zod";
import { BootId, Epoch, LeaseId, MeshId, NodeId, StoreId } from "./ids.ts";
import { HeldLease } from "./lease.ts";
import { Platform } from "./test.ts";
import { VersionRange } from "./version.ts";

export const NodeCapability = z.object({
  platform: Platform,
  browser: z.string().max(60).optional(),
  version: z.string().max(120).optional(),
  /** It runs on another machine, or is not the node's own. Absent: it is. */
  isRemote: z.boolean().optional(),
});
export type NodeCapability = z.infer<typeof NodeCapability>;

/** What a node found at its start by doing it; `unable` says what it could not do, and why. */
export const Capabilities = z.object({
  able: z.array(NodeCapability).max(100),
  unable: z.array(z.object({ platform: Platform, reason: z.string().max(2000) })).max(100),
  labels: z.array(z.string().max(100)).max(100),
  os: z.string().max(200),
  /** `linux`, `darwin`, `windows`; absent: an older node, whose `os` begins with it. */
  osFamily: z.string().max(40).optional(),
  arch: z.string().max(40),
  cpuCount: z.number().int().min(1),
  memoryBytes: z.number().int().min(0),
  /** The one pool that it is in. Absent: `default`. */
  pool: z.string().min(1).max(100).optional(),
});
export type Capabilities = z.infer<typeof Capabilities>;

export const Hello = z.object({
  versions: VersionRange,
  meshId: MeshId,
  nodeId: NodeId,
  bootId: BootId,
  storeId: StoreId,
  name: z.string().min(1).max(100),
  programVersion: z.string().max(60),
  capabilities: Capabilities,
  /** How many attempts run at once. */
  slots: z.number().int().min(1).max(1000),
  isDraining: z.boolean(),
  /** Why the node takes no leases by its own decision, in words for people. */
  closed: z.string().max(2000).optional(),
  /** What became of its older database when that was damaged: what it held is lost. */
  storeFault: z.string().max(2000).optional(),
  held: z.array(HeldLease).max(20_000),
  /** Number of the last event saved in `storeId`; 0 when none. */
  lastEvent: z.number().int().min(0),
  /** The node's wall clock when it was said, milliseconds (C5). */
  wallMs: z.number(),
});
export type Hello = z.infer<typeof Hello>;

export const HelloReply = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("welcome"),
    version: z.number().int().min(1),
    epoch: Epoch,
    /** Events 1..confirmed of the node's store are committed. */
    confirmed: z.number().int().min(0),
    /** The node's events are unknown beyond its own last number: it must open a new store (E4). */
    mustRenewStore: z.boolean(),
    /** Held leases that are not wanted any more: unstarted ones are dropped, running ones cancelled. */
    drop: z.array(LeaseId).max(20_000),
    /** Told by a person on the gateway; holds over restarts of the node. */
    isDrained: z.boolean(),
    settings: z.object({
      heartbeatMs: z.number().int().min(50),
      unstartedLeaseMs: z.number().int().min(100),
    }),
  }),
  z.object({
    kind: z.literal("refused"),
    code: z.enum([
      "version",
      "foreign_mesh",
      "duplicate_node",
      "duplicate_name",
      "unreadable",
      "not_ready",
    ]),
    reason: z.string().max(2000),
  }),
]);
export type HelloReply = z.infer<typeof HelloReply>;

/** Said to all at the gateway's start and after its own reconnect: every node answers with hello. */
export const GatewayUp = z.object({ meshId: MeshId });
export type GatewayUp = z.infer<typeof GatewayUp>;

export const Heartbeat = z.object({
  meshId: MeshId,
  nodeId: NodeId,
  bootId: BootId,
  epoch: Epoch,
  storeId: StoreId,
  freeSlots: z.number().int().min(0),
  isDraining: z.boolean(),
  /** As in hello. */
  closed: z.string().max(2000).optional(),
  /** Accepted, running, and ended but unconfirmed leases (L4). */
  held: z.array(HeldLease).max(20_000),
  lastEvent: z.number().int().min(0),
  load: z.object({
    /** One-minute load average. */
    cpu: z.number().min(0),
    freeMemoryBytes: z.number().min(0),
    freeDiskBytes: z.number().min(0),
  }),
});
export type Heartbeat = z.infer<typeof Heartbeat>;
