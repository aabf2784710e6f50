/** Keeps the mesh at work: runs one after the other, in several chains at once, by the CLI and by the API as people and scripts do. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readReport } from "#kit/mesh.ts";
import type { Report } from "#proto/report.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { readGatewayAddress } from "#shared/data-folder.ts";
import type { TestSpec } from "./books.ts";
import type { Cast } from "./cast.ts";
import type { Profile } from "./profiles.ts";
import { planTests, suiteOf } from "./suites.ts";
import type { Target } from "./target.ts";

export type RunRecord = {
  /** 1-based; in the suite's name. */
  readonly number: number;
  readonly tests: readonly TestSpec[];
  readonly via: "cli" | "api";
  /** What the one who submitted it was told; undefined until it has ended. */
  exitCode?: number | undefined;
  /** What the CLI had to say, when it ended otherwise than by the verdicts. */
  words?: string;
  /** As it was written at the run's end; only by the CLI. */
  report?: Report | undefined;
};

export type Load = {
  readonly runs: readonly RunRecord[];
  /** Begins no further run; resolves when all have ended, or when `deadlineMs` is over (false). */
  readonly end: (deadlineMs: number) => Promise<boolean>;
};

export type LoadParts = {
  readonly cast: Cast;
  readonly target: Target;
  readonly seed: number;
  readonly profile: Profile;
};

/** Every so many-th run is submitted by the API. */
const API_EVERY = 3;
const RETRY_MS = 200;
/** Longer than everything that chaos does to nodes. */
const WAIT_FOR_NODES_MS = 120_000;

/** Starts the chains. */
export function startLoad(parts: LoadParts): Load {
  const runs: RunRecord[] = [];
  let isEnding = false;
  const chain = async () => {
    while (!isEnding) {
      const number = runs.length + 1;
      const tests = planTests(parts.seed, number, parts.profile);
      const run: RunRecord = { number, tests, via: number % API_EVERY === 0 ? "api" : "cli" };
      runs.push(run);
      parts.target.expectTests(tests);
      await (run.via === "cli" ? runByCli(parts, run) : runByApi(parts, run));
    }
  };
  const chains = Promise.all(Array.from({ length: parts.profile.chainCount }, chain));
  chains.catch(() => undefined); // `end` tells
  return {
    runs,
    end: (deadlineMs) => {
      isEnding = true;
      const late = pause(systemClock, deadlineMs).then(() => false);
      return Promise.race([chains.then(() => true), late]);
    },
  };
}

async function runByCli({ cast, target }: LoadParts, run: RunRecord): Promise<void> {
  const folder = join(cast.dir, "suites", String(run.number));
  const out = join(cast.dir, "reports", String(run.number));
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `chaos-${run.number}.json`);
  writeFileSync(file, suiteOf(run.number, run.tests, target.url));
  const wait = `${WAIT_FOR_NODES_MS / 1_000}s`;
  const { exitCode, stdout, stderr } = await cast.ask(
    ...["run", file, "--data", cast.gatewayDir, "--out", out, "--wait-for-nodes", wait],
  );
  run.exitCode = exitCode;
  run.words = `${stdout.slice(-2_000)}${stderr.slice(-2_000)}`;
  run.report = readReport(out);
}

/** A script of somebody: repeats its submit with the same key until it is answered, then asks until the run is over. */
async function runByApi({ cast, target }: LoadParts, run: RunRecord): Promise<void> {
  const body = JSON.stringify({
    suites: [
      { file: `chaos-${run.number}.json`, text: suiteOf(run.number, run.tests, target.url) },
    ],
    options: { waitForNodesMs: WAIT_FOR_NODES_MS },
  });
  const headers = { "idempotency-key": `chaos-${run.number}` };
  let created: unknown;
  while (created === undefined) {
    created = await askApi(cast, "/v1/runs", { method: "POST", body, headers });
    if (created === undefined) await pause(systemClock, RETRY_MS);
  }
  const { id } = created as { readonly id: string };
  for (;;) {
    const summary = await askApi(cast, `/v1/runs/${id}`);
    const { state, exitCode } = (summary ?? {}) as { state?: string; exitCode?: number };
    if (state === "ended") {
      run.exitCode = exitCode;
      return;
    }
    await pause(systemClock, RETRY_MS);
  }
}

const ANSWER_MS_MAX = 10_000;

/** Asks the gateway; undefined when it is away, not ready, or silent for too long. */
export async function askApi(
  cast: Cast,
  path: string,
  init: RequestInit = {},
): Promise<unknown | undefined> {
  const { url, apiKey } = readGatewayAddress(cast.gatewayDir);
  const headers = {
    ...init.headers,
    authorization: `Bearer ${apiKey}`,
    "content-type": "application/json",
  };
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX);
    response = await fetch(`${url}${path}`, { ...init, headers, signal });
    text = await response.text();
  } catch {
    return undefined; // The gateway is away or frozen: chaos means it to be.
  }
  if (response.ok) return path === "/metrics" ? text : JSON.parse(text);
  if (response.status >= 500) return undefined;
  throw new Error(`${path}: ${response.status} ${text}`);
}
