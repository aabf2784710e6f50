/**
 * Promises of the product broken on purpose, in a copy of the sources that is then put through chaos: each must be found
 * for what it is. The product itself has no switch for this; a patch that finds nothing to change throws.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { applyPatch, MUTANTS, type Patch } from "../sim/mutants.ts";
import type { Figures } from "./figures.ts";
import type { Finding, FindingKind } from "./finding.ts";
import type { ProfileName } from "./profiles.ts";

export type SabotageName = "dedupe" | "fence" | "confirm-early" | "no-grace";

export type Sabotage = {
  /** What is broken, for people. */
  readonly what: string;
  /** The faults that show it for certain. */
  readonly profile: ProfileName;
  /** At least one finding of these kinds. */
  readonly found: readonly FindingKind[];
  readonly patches: readonly Patch[];
  /** Patches that only widen the window, and must be harmless alone: the control. */
  readonly harmless: readonly Patch[];
};

/** What the simulator breaks, too, by the beginning of its name. @throws {Error} When there is no such mutant. */
function mutantOf(name: string): readonly Patch[] {
  const mutant = MUTANTS.find((one) => one.name.startsWith(name));
  if (mutant === undefined) throw new Error(`The simulator has no mutant "${name}"`);
  return mutant.patches;
}

const WRITE_CHANGE = "src/gateway/store/write-change.ts";

export const SABOTAGES: Readonly<Record<SabotageName, Sabotage>> = {
  dedupe: {
    what: "the gateway takes repeated event numbers again (E2)",
    profile: "repeats",
    found: ["rejected"],
    // The store's own fence, too: there a repeated number is a fault that ends the gateway.
    patches: [
      ...mutantOf("repeats are taken again"),
      {
        file: WRITE_CHANGE,
        find: "INSERT INTO events (store_id, number, run_id,",
        replace: "INSERT OR IGNORE INTO events (store_id, number, run_id,",
      },
      {
        file: WRITE_CHANGE,
        find: "INSERT INTO events (store_id, number, rejected)",
        replace: "INSERT OR IGNORE INTO events (store_id, number, rejected)",
      },
    ],
    harmless: [],
  },
  fence: {
    what: "late outcomes of settled leases count (C1)",
    profile: "thaws",
    found: ["doubled"],
    patches: mutantOf("a late outcome counts"),
    harmless: [],
  },
  "confirm-early": {
    what: "events are confirmed before they are committed (E2)",
    profile: "restarts",
    found: ["forgotten", "needless"],
    // The node's own fence, too: it tells a gateway that knows less than it had confirmed what it still keeps of that.
    patches: [
      ...mutantOf("events are confirmed before the commit"),
      {
        file: "src/node/membership/decide-hello.ts",
        find: `return { kind: "renew_store", known: confirmed, reason };`,
        replace: `return { kind: "renew_store", known: view.confirmedAtHello, reason };`,
      },
    ],
    // Every gateway that is killed has confirmed something that it has not committed.
    harmless: [
      {
        file: "src/gateway/gateway.ts",
        find: "defer: (act) => void setImmediate(act),",
        replace: "defer: (act) => void setTimeout(act, 2_000),",
      },
    ],
  },
  "no-grace": {
    what: "nodes are judged at once after the gateway's restart (V2)",
    profile: "idle-restarts",
    found: ["needless"],
    patches: [
      {
        file: "src/gateway/core.ts",
        find: `: graceNode({ kind: "alive", heardMs: nowMs }, nowMs, limits);`,
        replace: `: ({ kind: "suspect", heardMs: Number.NEGATIVE_INFINITY, graceUntilMs: 0 } as const);`,
      },
    ],
    harmless: [],
  },
};

const ROOT = resolve(import.meta.dirname, "../..");
const PARTS = [
  "src",
  "proto",
  "tests/chaos-run",
  "tests/sim",
  "tests/kit",
  "package.json",
  "tsconfig.json",
];

export type Outcome = {
  readonly findings: readonly Finding[];
  /** Undefined when it ended without a result. */
  readonly figures: Figures | undefined;
  readonly output: string;
};

export type Hunt = Outcome & {
  /** The finding that is the sabotage's own; undefined when it was not found. */
  readonly telling: Finding | undefined;
};

/** Breaks the promise in a copy and looks for what that does. */
export async function hunt(name: SabotageName, seed: number): Promise<Hunt> {
  const { profile, patches, harmless, found } = SABOTAGES[name];
  const words = ["--profile", profile, "--seed", String(seed)];
  const outcome = await runPatched([...harmless, ...patches], words);
  return { ...outcome, telling: outcome.findings.find(({ kind }) => found.includes(kind)) };
}

/** Puts a copy of the sources with these patches through chaos. @throws When a patch finds nothing to change. */
export async function runPatched(
  patches: readonly Patch[],
  words: readonly string[],
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-sabotage-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.on("exit", remove);
  try {
    for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const patch of patches) applyPatch(folder, patch);
    const output = await runIn(folder, ["tests/chaos-run/main.ts", ...words, "--json"]);
    const last = output.trimEnd().split("\n").at(-1) ?? "";
    if (!last.startsWith("{")) return { findings: [], figures: undefined, output };
    const { findings, figures, dir } = JSON.parse(last) as Outcome & { readonly dir: string };
    rmSync(dir, { recursive: true, force: true });
    return { findings, figures, output };
  } finally {
    process.off("exit", remove);
    remove();
  }
}

function runIn(folder: string, words: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, words, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let trouble = "";
    child.stdout.on("data", (data: Buffer) => (output += data.toString()));
    child.stderr.on("data", (data: Buffer) => (trouble += data.toString()));
    const end = () => void child.kill("SIGTERM");
    process.on("exit", end);
    child.on("error", fail);
    child.on("close", () => {
      process.off("exit", end);
      done(trouble + output);
    });
  });
}
