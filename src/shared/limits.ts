/**
 * Every bound of the protocol in one place (protocol.md, table of limits). Tests and chaos may override them by
 * `PANOPTIC_LIMITS` (JSON of the names below, read in config.ts), and every process that does so prints it.
 */
import { z } from "zod";

const ms = (value: number) => z.number().min(1).default(value);
const count = (value: number) => z.number().int().min(1).default(value);

export const Limits = z.strictObject({
  heartbeatMs: ms(1_000),
  /** Silence after which a node is suspect: no new offers, probed (V1). */
  suspectAfterMs: ms(2_000),
  /** Two "no responders" this far apart: gone. */
  probeGapMs: ms(500),
  /** Silence after which a node is gone whatever the probes say. */
  goneAfterMs: ms(8_000),
  /** No breaker opens while fewer other nodes than these would be open; with only so many left, a test that killed nodes waits. */
  healthyNodesMin: count(1),
  /** Gone nodes without leases are left out of lists after this long, and the oldest beyond this count. */
  goneShownMs: ms(24 * 3_600_000),
  goneShownMax: count(200),
  /** After the gateway's own restart, reconnect or stall (V2). */
  graceMs: ms(8_000),
  /** A gateway whose loop is later than this has stalled (V2). */
  stallMs: ms(1_000),
  offerReplyMs: ms(2_000),
  /** Between two hellos of a node: doubled after each failure up to the maximum, with jitter. */
  helloRetryMs: ms(200),
  helloRetryMsMax: ms(5_000),
  /** Nodes that answer `gateway.up` or a reconnect spread their hellos over this. */
  helloJitterMs: ms(300),
  /** Unstarted leases end by themselves this long after the last contact with the gateway (L2). */
  unstartedLeaseMs: ms(15_000),
  resendMs: ms(2_000),
  resendMsMax: ms(10_000),
  /** Each batch costs an fsync on both sides: at 5 ms they were half of what short tests cost (2 cores, 2026-11). */
  batchMs: ms(20),
  batchBytesMax: count(512 * 1024),
  batchEventsMax: count(2_000),
  /** Batches of events in flight from one node at once (E3). */
  batchesInFlightMax: count(4),
  eventBytesMax: count(256 * 1024),
  offerBytesMax: count(512 * 1024),
  definitionBytesMax: count(256 * 1024),
  /** Losses after which a test is lost (C3). */
  lostBudget: count(5),
  /** Leases after which a test is lost, started or not: nothing goes round for ever. */
  leasesPerTestMax: count(200),
  cancelAnswerMs: ms(5_000),
  /** How long a stopping node lets running attempts go on before they are lost as `node_stopped`. */
  stopGraceMs: ms(10_000),
  /** How long a stopping node tries to deliver what is in its outbox. */
  stopFlushMs: ms(3_000),
  /** How long a driver may take to release an attempt or a slot before it is left behind. */
  driverCloseMs: ms(5_000),
  /** An attempt's files and session must be there within; its own timeout counts from then on. */
  attemptOpenMs: ms(30_000),
  /** Films and traces of an attempt must be ready so long after its end; a film that is waited for is not counted. */
  concludeMs: ms(60_000),
  artifactsAfterMs: ms(30_000),
  freeDiskBytesMin: count(200 * 1024 * 1024),
  /** The same for the folder of temporary files, where browsers keep their profiles. */
  freeTempBytesMin: count(48 * 1024 * 1024),
  /** How long a node tries to save an outcome, without room or its database, before its process ends by name. */
  unsavedMs: ms(600_000),
  /** The most that one artifact may have, bytes. */
  artifactBytesMax: count(2 * 1024 ** 3),
  artifactsPerAttemptMax: count(200),
  /** The most that all artifacts of an attempt may have, bytes: the node keeps no more. */
  attemptArtifactBytesMax: count(4 * 1024 ** 3),
  /** The most that all different artifacts of a run may have, bytes: the gateway takes no more. */
  runArtifactBytesMax: count(20 * 1024 ** 3),
  /** How long an attempt's end waits for its artifacts to be copied and hashed on the node. */
  keepArtifactsMs: ms(60_000),
  /** Blobs that no run names, and parts of uploads that nobody goes on with, are collected when they are so old. */
  blobGraceMs: ms(24 * 3_600_000),
  /** Between two looks for blobs to collect. */
  blobCollectMs: ms(3_600_000),
  /** How long a test waits after its last matching node disappeared, when `--wait-for-nodes` is absent. */
  waitForNodesMs: ms(60_000),
  /** Work that is offered ahead of a free slot, so that a slot never waits for the wire. */
  prefetchMs: ms(250),
  prefetchPerSlotMax: count(256),
  /** A test that is expected to take longer is not offered ahead of a free slot: whoever is free first takes it. */
  prefetchTestMsMax: ms(2_000),
  /** A run that could have had a lease for so long gets one, whatever goes before it. */
  starveMs: ms(60_000),
  /** Tests whose histories are kept: of more, those that ran longest ago are forgotten. */
  historyTestsMax: count(200_000),
  /** Entries of the quarantine list. */
  quarantineMax: count(50),
  /** How far ahead an entry of it may expire. */
  quarantineMsMax: ms(90 * 24 * 3_600_000),
  /** The most that a submit may carry, bytes. */
  submitBytesMax: count(256 * 1024 * 1024),
});
export type Limits = z.infer<typeof Limits>;

export const DEFAULT_LIMITS: Limits = Limits.parse({});
