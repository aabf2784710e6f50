/** Promises of the fault table's rows broken on purpose, as those of mutants.ts: each row's words come first. */
import type { Mutant } from "./mutants.ts";

const STANDING = "src/node/membership/standing.ts";
const OWN_REASON =
  "cordonReason ?? diskFault(load().freeDiskBytes, limits.freeDiskBytesMin) ?? tempFault?.();";

export const ROW_MUTANTS: readonly Mutant[] = [
  {
    name: "node frozen 10 s: a node that was gone keeps its epoch (I2)",
    found: ["I2"],
    patches: [
      {
        file: "src/gateway/fleet/registry.ts",
        find: `known === undefined || isNewBoot || known.life.kind === "gone";`,
        replace: "known === undefined || isNewBoot;",
      },
    ],
  },
  {
    name: "node cut off: the number of an attempt is given again (a start that is heard late)",
    found: ["attempt_number"],
    patches: [
      {
        file: "src/gateway/scheduler/loop.ts",
        find: `lease.attempt !== undefined || lease.settlement?.kind === "lost"`,
        replace: "lease.attempt !== undefined",
      },
    ],
  },
  {
    name: "gateway killed: what is not committed is shown (R1)",
    found: ["shown"],
    patches: [
      {
        file: "src/gateway/core.ts",
        find: "if (this.settle()) return this.mesh.runs.get(runId)",
        replace: "if (this.mesh !== undefined) return this.mesh.runs.get(runId)",
      },
    ],
  },
  {
    name: "offer accepted, reply lost: a repeated offer gets another answer (L2)",
    found: ["L3"],
    patches: [
      {
        file: "src/node/membership/decide-offer.ts",
        find: "if (state !== undefined) return undefined;",
        replace: `if (state !== undefined) return { code: "full", reason: "Again" };`,
      },
    ],
  },
  {
    name: "confirm lost: a node takes silence for a confirmation (E3)",
    found: ["outbox", "E2", "ledger", "L3", "L4", "bounded"],
    patches: [
      {
        file: "src/node/membership/outbox.ts",
        find: 'context.log.debug("Batch of events unanswered"',
        replace:
          'context.store.confirm(flight.last); context.log.debug("Batch of events unanswered"',
      },
    ],
  },
  {
    name: "node disk full: it accepts leases (V3)",
    found: ["V3"],
    only: "disk",
    patches: [{ file: STANDING, find: OWN_REASON, replace: "cordonReason ?? tempFault?.();" }],
  },
  {
    name: "node disk full: it does not cordon itself (V3)",
    found: ["V3"],
    only: "disk",
    patches: [
      {
        file: STANDING,
        find: OWN_REASON,
        replace: "diskFault(load().freeDiskBytes, limits.freeDiskBytesMin);",
      },
    ],
  },
  {
    name: "gateway disk full: it confirms what the store did not take (E2)",
    found: ["E2", "L1"],
    patches: [
      {
        file: "src/gateway/mesh/journal.ts",
        find: "if (!commit()) return;",
        replace: "commit();",
      },
    ],
  },
  {
    name: "blob lost: a node is told that it is stored before that is committed (R3)",
    found: ["R3"],
    patches: [
      {
        file: "src/gateway/create-service.ts",
        find: `? core.decide(() => mesh.turn.save({ kind: "blob_stored", sha256, bytes }))`,
        replace: `? (void core.decide(() => mesh.turn.save({ kind: "blob_stored", sha256, bytes })).catch(() => undefined), Promise.resolve())`,
      },
    ],
  },
];
