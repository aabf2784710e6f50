/**
 * What the pool of browsers costs and spares: the first attempt of a cold slot, the time between two attempts of a warm one
 * until the next one's first step can begin, and the memory of this process and its browser after many attempts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverSlot } from "#node/drivers/driver.ts";
import { createWebDriver } from "#node/drivers/web/driver.ts";
import { DEFAULT_POOL, type PoolPolicy } from "#node/drivers/web/pool/pool-policy.ts";
import { EvidencePolicy, WebOptions } from "#proto/evidence.ts";
import { Step } from "#proto/step.ts";
import { systemClock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";
import { createRedactor } from "#shared/redactor.ts";
import { figure, medianOf, percentileOf } from "./figures.ts";
import { treeMemoryBytes } from "./tree-cost.ts";
import { serveSmallSite } from "./web/small-site.ts";

const COLD_STARTS = 5;
const FIRST_LOOK = 50;
const ATTEMPTS = 1_000;
const GOAL_P50_MS = 120;
const GOAL_GROWTH = 1.3;
const STEP_MS = 30_000;
const MIB = 1024 * 1024;

type Attempt = { readonly openMs: number; readonly stepsMs: number; readonly closeMs: number };

/** Prints the figures. `--attempts=N` instead of 1,000; `--thrifty`: without what stands ready ahead. */
export async function pool(flags: readonly string[]): Promise<void> {
  const told = flags.find((flag) => flag.startsWith("--attempts="))?.split("=")[1];
  const attemptCount = told === undefined ? ATTEMPTS : Number(told);
  const policy = { ...DEFAULT_POOL, isPrefetching: !flags.includes("--thrifty") };
  const site = await serveSmallSite();
  try {
    await cold(site.url, policy);
    await warm(site.url, policy, attemptCount);
  } finally {
    site.close();
  }
  console.log(
    "  One slot; the site and the bench are in this process, so their memory is in the figure. Not measured: the",
  );
  console.log(
    "  offer of the next lease (bench slots), several slots at once, heavy pages, films and traces.",
  );
}

async function cold(url: string, policy: PoolPolicy): Promise<void> {
  const taken: number[] = [];
  for (let count = 0; count < COLD_STARTS; count += 1) {
    const slot = makeSlot(policy);
    taken.push((await attempt(slot, url)).openMs);
    await slot.close();
  }
  // The first one has loaded Playwright, too.
  console.log(
    `  cold slot until its first step: ${figure(medianOf(taken))} ms (${taken.map(figure).join(", ")})`,
  );
}

async function warm(url: string, policy: PoolPolicy, attemptCount: number): Promise<void> {
  const slot = makeSlot(policy);
  const all: Attempt[] = [];
  let firstBytes = 0;
  for (let count = 1; count <= attemptCount; count += 1) {
    all.push(await attempt(slot, url));
    if (count === FIRST_LOOK) firstBytes = await settledBytes();
  }
  const lastBytes = await settledBytes();
  await slot.close();
  const opened = all.slice(1).map(({ openMs }) => openMs);
  const words = [0.5, 0.95].map((share) => figure(percentileOf(opened, share)));
  console.log(
    `  slot free until the next attempt's first step: p50 ${words[0]} ms, p95 ${words[1]} ms of ${opened.length} (goal: p50 at most ${GOAL_P50_MS} ms)`,
  );
  console.log(
    `  then ${figure(medianOf(all.map((one) => one.stepsMs)))} ms for two steps, ${figure(medianOf(all.map((one) => one.closeMs)))} ms to let the context go`,
  );
  console.log(
    `  memory of node and browser: ${figure(firstBytes / MIB)} MiB after ${FIRST_LOOK} attempts, ${figure(lastBytes / MIB)} MiB after ${attemptCount}: ${figure(lastBytes / firstBytes)} × (goal: at most ${GOAL_GROWTH} ×)`,
  );
}

const makeSlot = (policy: PoolPolicy): DriverSlot =>
  createWebDriver({ searchPath: readConfig().searchPath }, systemClock, { policy }).createSlot();

/** Of this process and all below it, what they share counted once; after a moment in which garbage goes. */
async function settledBytes(): Promise<number> {
  Bun.gc(true);
  await Bun.sleep(1_000);
  return treeMemoryBytes(process.pid);
}

async function attempt(slot: DriverSlot, url: string): Promise<Attempt> {
  const workspaceDir = await mkdtemp(join(tmpdir(), "panoptic-bench-"));
  const startMs = systemClock.monotonicMs();
  const session = await slot.open({
    baseUrl: url,
    viewport: { width: 1280, height: 720, touch: false },
    web: WebOptions.parse({}),
    evidence: EvidencePolicy.parse({}),
    usesSecrets: false,
    workspaceDir,
    resolveFile: String,
    redactor: createRedactor({}),
    warn: console.warn,
    attach: () => undefined,
    attachFile: () => undefined,
    miss: console.error,
  });
  const openedMs = systemClock.monotonicMs();
  const signal = AbortSignal.timeout(STEP_MS);
  const context = { timeoutMs: STEP_MS, save: () => undefined, signal };
  await session.perform(Step.parse({ kind: "goto", url: "/page/1" }), context);
  const locator = { by: "label", value: "Name" };
  await session.perform(Step.parse({ kind: "fill", locator, value: "Ada" }), context);
  const playedMs = systemClock.monotonicMs();
  await session.conclude({ status: "passed", leftMs: 0, signal });
  await session.close();
  const closedMs = systemClock.monotonicMs();
  await rm(workspaceDir, { recursive: true, force: true });
  return { openMs: openedMs - startMs, stepsMs: playedMs - openedMs, closeMs: closedMs - playedMs };
}
