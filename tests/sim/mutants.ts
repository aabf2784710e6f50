/**
 * Promises broken on purpose, in a copy of the sources: each must be found by the simulator. Texts are compared without
 * regard to white space, and must be found exactly once, so that a mutant never passes for having changed nothing.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Patch = { readonly file: string; readonly find: string; readonly replace: string };

export type Mutant = {
  readonly name: string;
  /** One of these invariants is reported. */
  readonly found: readonly string[];
  /** Looked for in seeds that have these, as `--only` takes them; absent: in all. */
  readonly only?: string;
  readonly patches: readonly Patch[];
};

const INGEST = "src/gateway/merge/ingest.ts";
const CORE = "src/gateway/core.ts";
const DOERS = "src/node/membership/doers.ts";

/** The first five are the acceptance of issue 3. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "repeats are taken again (E2: the comparison with n)",
    found: ["E2", "E5", "E6"],
    patches: [
      { file: INGEST, find: "if (number <= store.confirmed) continue;", replace: "" },
      {
        file: INGEST,
        find: "if (number !== store.confirmed + 1) break;",
        replace: "if (number > store.confirmed + 1) break;",
      },
      {
        file: INGEST,
        find: "store.confirmed = number;",
        replace: "store.confirmed = Math.max(store.confirmed, number);",
      },
    ],
  },
  {
    name: "a batch past a gap is taken (E2)",
    found: ["E2", "E5", "E6"],
    patches: [{ file: INGEST, find: "if (number !== store.confirmed + 1) break;", replace: "" }],
  },
  {
    name: "a late outcome counts (C1: the lease fence)",
    found: ["C1"],
    patches: [
      {
        file: "src/gateway/mesh/run-state.ts",
        find: `if (status !== "passed" && status !== "failed") return false;
          return lease.settlement === undefined || lease.settlement.isRevoked;`,
        replace: `return status === "passed" || status === "failed";`,
      },
    ],
  },
  {
    name: "an acceptance is saved after the reply (L2)",
    found: ["L2"],
    patches: [
      {
        file: "src/node/membership/decide-offer.ts",
        find: `{ kind: "save_accepted", rows: fresh.map(rowOf) },`,
        replace: `{ kind: "reply_offer", reply: { bootId: view.bootId, answers } },
          { kind: "save_accepted", rows: fresh.map(rowOf) },`,
      },
    ],
  },
  {
    name: "liveness has no grace (V2)",
    found: ["V2"],
    patches: [
      {
        file: "src/gateway/fleet/liveness.ts",
        find: `return { kind: "suspect", heardMs: nowMs, graceUntilMs: nowMs + limits.graceMs };`,
        replace: "return life;",
      },
    ],
  },
  {
    name: "liveness is judged by a deaf gateway (V2)",
    found: ["V2"],
    patches: [{ file: CORE, find: "if (this.isHearing())", replace: "" }],
  },
  {
    name: "events are confirmed before the commit (E2)",
    found: ["E2"],
    patches: [
      {
        file: "src/gateway/intake.ts",
        find: "const reply = ingestBatch(mesh, batch); mesh.turn.afterCommit(() => answer(message, reply));",
        replace: "const reply = ingestBatch(mesh, batch); answer(message, reply);",
      },
    ],
  },
  {
    name: "a lease is offered before the commit (L1)",
    found: ["L1"],
    patches: [
      {
        file: "src/gateway/scheduler/loop.ts",
        find: "for (const [node, leases] of shards) mesh.turn.afterCommit(() => offerLeases(mesh, node, leases));",
        replace: "for (const [node, leases] of shards) offerLeases(mesh, node, leases);",
      },
    ],
  },
  {
    name: "a give-back does not exclude the start (L3)",
    found: ["L3", "attempt_number"],
    patches: [
      {
        file: DOERS,
        find: "if (leaseIds.length > 0) board.forget(store.giveBack(leaseIds));",
        replace: "void leaseIds;",
      },
      {
        file: DOERS,
        find: `if (state === undefined || state === "accepted") return "unknown";`,
        replace: `if (state === undefined) return "unknown"; if (state === "accepted") return "given_back";`,
      },
    ],
  },
  {
    name: "an unanswered lease is offered to another node (L1)",
    found: ["L3", "one_lease", "attempt_number"],
    patches: [
      {
        file: "src/gateway/scheduler/wire.ts",
        find: `if (lease.offer === "sent") lease.offer = "unanswered";`,
        replace: `refuseLease(mesh, node, { lease, code: "full", reason: "No answer" });`,
      },
    ],
  },
  {
    name: "a crash is not reported (L6)",
    found: ["L6"],
    patches: [
      {
        file: "src/node/membership/recover.ts",
        find: `idsIn("running")`,
        replace: `idsIn("nowhere")`,
      },
    ],
  },
  {
    name: "an outcome before a new offer does not count (C1)",
    found: ["C1"],
    only: "silence",
    patches: [
      {
        file: INGEST,
        find: "if (isOutcome && mayRevoke(run, test, lease)) revokeSettlement(mesh, lease);",
        replace: "",
      },
    ],
  },
  {
    name: "what is unanswered is not repeated (L5)",
    found: ["ledger", "outbox"],
    patches: [
      {
        file: CORE,
        find: "this.#repeatedMs = nowMs; repeatUnanswered(mesh);",
        replace: "this.#repeatedMs = nowMs; void repeatUnanswered;",
      },
    ],
  },
  {
    name: "secrets are saved with their run (K1)",
    found: ["K1"],
    patches: [
      {
        file: CORE,
        find: "const { secrets: _memoryOnly, estimates: _fromHistory, ...rest } = created;",
        replace: "const rest = created;",
      },
    ],
  },
  {
    name: "one retry too few (C2, C3)",
    found: ["C2"],
    patches: [
      {
        file: "src/gateway/merge/verdict.ts",
        find: "if (counted.length > test.definition.retries)",
        replace: "if (counted.length > 0 && counted.length >= test.definition.retries)",
      },
    ],
  },
  {
    name: "a restart forgets settlements (rebuild)",
    found: ["one_lease", "C1", "C2", "L1", "settled_once", "rebuild", "R1", "shown"],
    patches: [
      {
        file: "src/gateway/mesh/rebuild.ts",
        find: "if (loaded.settlement !== undefined) lease.settlement = loaded.settlement;",
        replace: "",
      },
    ],
  },
];

export type Finding = {
  readonly invariant: string | undefined;
  readonly seed: number | undefined;
  readonly output: string;
};

const ROOT = join(import.meta.dirname, "..", "..");

/** Simulates up to `seeds` seeds with the patches; ends at the first violation. */
export async function huntMutant(mutant: Mutant, seeds: number): Promise<Finding> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-mutant-"));
  try {
    for (const part of [
      "src",
      "proto",
      "tests/sim",
      "tests/kit",
      "package.json",
      "tsconfig.json",
    ]) {
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    }
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const patch of mutant.patches) applyPatch(folder, patch);
    return readFinding(await simulateIn(folder, seeds, mutant.only));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws {Error} When the text is not there exactly once. */
export function applyPatch(folder: string, { file, find, replace }: Patch): void {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  const words = find
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const matches = [...text.matchAll(new RegExp(words.join("\\s+"), "g"))];
  if (matches.length !== 1) {
    throw new Error(`Cannot break ${file}: found ${matches.length} times, once is needed: ${find}`);
  }
  writeFileSync(
    path,
    text.replace(matches[0]?.[0] ?? "", () => replace),
  );
}

function simulateIn(folder: string, seeds: number, only: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        "tests/sim/main.ts",
        ...["--seed", "1", "--seeds", `${seeds}`, "--no-shrink"],
        ...(only === undefined ? [] : ["--only", only]),
      ],
      { cwd: folder },
    );
    let output = "";
    const take = (data: Buffer) => {
      output += data.toString();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", reject);
    child.on("close", () => resolve(output));
  });
}

function readFinding(output: string): Finding {
  const invariant = /^VIOLATION of (\w+):/m.exec(output)?.[1];
  const seed = /^seed (\d+),/m.exec(output)?.[1];
  return { invariant, seed: seed === undefined ? undefined : Number(seed), output };
}
