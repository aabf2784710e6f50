/** Promises of the scheduler broken on purpose, as those of mutants.ts. */
import type { Mutant } from "./mutants.ts";

const ASSIGN = "src/gateway/scheduler/assign.ts";
const ROOMS = "src/gateway/scheduler/rooms.ts";
const PRECEDENCE = "src/gateway/scheduler/precedence.ts";
const FRAMES = "src/gateway/scheduler/frames.ts";
const HELD = "src/gateway/scheduler/held-lease.ts";
const SETTLE = "src/gateway/scheduler/settle.ts";

export const SCHEDULER_MUTANTS: readonly Mutant[] = [
  {
    name: "fair share is inverted (S7)",
    found: ["S7"],
    only: "still,equal,weight",
    patches: [
      {
        file: ASSIGN,
        find: "return a.run.virtualMs - b.run.virtualMs ||",
        replace: "return b.run.virtualMs - a.run.virtualMs ||",
      },
    ],
  },
  {
    name: "weights are ignored (S7)",
    found: ["S7"],
    only: "still,equal,weight",
    patches: [
      {
        file: "src/gateway/scheduler/share.ts",
        find: "run.options.weight ?? 1",
        replace: "(run.options.weight ?? 1) ** 0",
      },
    ],
  },
  {
    name: "locks are released when their node is suspect (S1)",
    found: ["S1"],
    only: "locked,faults",
    patches: [
      {
        file: "src/gateway/fleet/life.ts",
        find: `import type { NodeLife } from "./liveness.ts";`,
        replace: `import type { NodeLife } from "./liveness.ts";
          import { dropLocks } from "#gateway/scheduler/locks.ts";`,
      },
      {
        file: "src/gateway/fleet/life.ts",
        find: "node.isToldSuspect = true;",
        replace:
          "node.isToldSuspect = true; for (const lease of node.active) dropLocks(mesh.locks, lease.id);",
      },
    ],
  },
  {
    name: "locks are released when their node is declared gone (S1)",
    found: ["S1"],
    only: "locked,faults",
    patches: [
      {
        file: HELD,
        find: "keepLocks(mesh.locks, lease.id, mesh.clock.monotonicMs() + boundMs);",
        replace: "dropLocks(mesh.locks, lease.id); void keepLocks; void boundMs;",
      },
    ],
  },
  {
    name: "locks are forgotten by a restart (S1)",
    found: ["S1"],
    only: "locked,faults",
    patches: [
      {
        file: HELD,
        find: "takeLocks(mesh.locks, lease, locksOf(run, lease)); keepLocks(mesh.locks, lease.id, mesh.clock.monotonicMs() + leftMs);",
        replace: "void leftMs;",
      },
    ],
  },
  {
    name: "the order of a group is ignored (S2)",
    found: ["S2"],
    only: "group",
    patches: [
      {
        file: PRECEDENCE,
        find: "if (head === undefined || group.nextPlace >= place)",
        replace: "if (head === undefined || group.nextPlace >= 0)",
      },
    ],
  },
  {
    name: "a group goes wherever there is room (S2)",
    found: ["S2"],
    only: "group",
    patches: [
      {
        file: SETTLE,
        find: "const pin = isThere ? node.record.nodeId : undefined;",
        replace: "const pin = isThere && node.active.size < 0 ? node.record.nodeId : undefined;",
      },
    ],
  },
  {
    name: "a serial group goes on after a failure (S2)",
    found: ["S2", "S9"],
    only: "serial",
    patches: [
      {
        file: PRECEDENCE,
        find: "group.isSerial ? firstBefore(group, place) : undefined",
        replace: "group.isSerial && group.places.size < 0 ? firstBefore(group, place) : undefined",
      },
    ],
  },
  {
    name: "what is once after all tests does not wait for them (S3)",
    found: ["S3"],
    only: "frames",
    patches: [
      {
        file: FRAMES,
        find: "return body.openCount > 0 ? heldBehind(body) : undefined;",
        replace: "return undefined;",
      },
    ],
  },
  {
    name: "tests do not wait for what is once before them (S3)",
    found: ["S3"],
    only: "frames",
    patches: [
      {
        file: FRAMES,
        find: "return opening.openCount > 0 ? heldBehind(opening) : undefined;",
        replace: "return undefined;",
      },
    ],
  },
  {
    name: "after is ignored (S3)",
    found: ["S3"],
    only: "after",
    patches: [
      {
        file: PRECEDENCE,
        find: `return open ? { kind: "held", behind: open, why: "after" } : undefined;`,
        replace: "void open; return undefined;",
      },
    ],
  },
  {
    name: "a run that waits does not age (S4)",
    found: ["S4"],
    only: "still,priority",
    patches: [
      {
        file: ROOMS,
        find: "nowMs - run.share.servedAtMs >= mesh.limits.starveMs",
        replace: "nowMs - run.share.servedAtMs < 0",
      },
    ],
  },
  {
    name: "a quota is off by one (S5)",
    found: ["S5"],
    only: "quota",
    patches: [
      { file: ROOMS, find: "{ left: quota - used }", replace: "{ left: quota - used + 1 }" },
    ],
  },
  {
    name: "the most in flight is off by one (S5)",
    found: ["S5"],
    only: "maxInFlight",
    patches: [
      {
        file: ROOMS,
        find: "{ left: maxInFlight - run.share.activeCount }",
        replace: "{ left: maxInFlight - run.share.activeCount + 1 }",
      },
    ],
  },
  {
    name: "what was recalled counts as an attempt (S6)",
    found: ["S6"],
    patches: [
      {
        file: "src/gateway/scheduler/loop.ts",
        find: `lease.settlement?.kind === "lost"`,
        replace: "lease.settlement !== undefined",
      },
    ],
  },
  {
    name: "max-failures counts retries (S8)",
    found: ["S8"],
    only: "maxFailures",
    patches: [
      {
        file: SETTLE,
        find: "if (maxFailures !== undefined && run.failureCount >= maxFailures)",
        replace: "if (maxFailures !== undefined)",
      },
      {
        file: "src/gateway/scheduler/cancel.ts",
        find: "run.failureCount < maxFailures",
        replace:
          'run.tests.flatMap((test) => test.leases).filter((lease) => lease.attempt?.end?.status === "failed").length < maxFailures',
      },
    ],
  },
];
