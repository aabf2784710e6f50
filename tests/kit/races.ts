/**
 * Races that no test can time, run many times with real nodes: a drain against offers, a recall against starts (L3).
 * The application under test logs each start, so what ran twice is seen there, whatever the report says.
 */
import { randomUUID } from "node:crypto";
import { type ApiClient, createApiClient } from "#cli/api-client.ts";
import { RunOptions } from "#proto/api.ts";
import { readGatewayAddress } from "#shared/data-folder.ts";
import { type GatedApp, startGatedApp } from "./gated-app.ts";
import { type ProcessMesh, startMesh } from "./mesh.ts";
import { waitUntil } from "./wait-until.ts";

export type RaceOutcome = {
  /** Drains or recalls that were let loose. */
  readonly races: number;
  readonly tests: number;
  /** Keys of tests that were lost, failed, or have more than one attempt. */
  readonly wrong: readonly string[];
  /** Keys of tests that the application was asked for otherwise than once. */
  readonly notOnce: readonly string[];
  /** Leases that nodes gave back: where the race was lost by the start. */
  readonly givenBack: number;
};

type Arena = {
  readonly mesh: ProcessMesh;
  readonly app: GatedApp;
  readonly client: ApiClient;
  readonly runs: { readonly id: string; readonly tests: number }[];
};

const RUN_MS_MAX = 120_000;
/** Tests of a wave, what each waits, and how urgent its run is. */
type Wave = { readonly tests: number; readonly waitMs: number; readonly priority: number };

const DRAINED: Wave = { tests: 150, waitMs: 0, priority: 0 };
/** Long enough that a node's queue is worth to be called back. */
const RECALLED: Wave = { tests: 150, waitMs: 15, priority: 0 };
const URGENT: Wave = { tests: 1, waitMs: 0, priority: 10 };

/** Drains and resumes two of three nodes in turn, again and again, while tests are offered all the time. */
export async function raceDrains(times: number): Promise<RaceOutcome> {
  await using arena = await openArena(3);
  const { client } = arena;
  const supply = { isOver: false };
  const fed = feed(arena, supply, DRAINED);
  try {
    await waitUntil(() => arena.app.hits("any") > 0, { what: "tests run" });
    for (let time = 0; time < times; time += 1) {
      const node = time % 2 === 0 ? "node-1" : "node-2";
      await client.setDrained(node, true);
      // An answer of the gateway later: now in the middle of an offer, now after it.
      for (let count = time % 4; count > 0; count -= 1) await client.nodes();
      await client.setDrained(node, false);
      for (let count = time % 3; count > 0; count -= 1) await client.nodes();
    }
  } finally {
    supply.isOver = true;
    await fed;
  }
  return await judge(arena, times);
}

/** Submits urgent runs behind long ones: what stands before them is called back from nodes that start one after the other. */
export async function raceRecalls(times: number): Promise<RaceOutcome> {
  await using arena = await openArena(2);
  const supply = { isOver: false };
  const fed = feed(arena, supply, RECALLED);
  try {
    await waitUntil(() => arena.app.hits("any") > 0, { what: "tests run" });
    for (let time = 0; time < times; time += 1)
      await untilEnded(arena, await submit(arena, { ...URGENT, tests: 1 + (time % 3) }));
  } finally {
    supply.isOver = true;
    await fed;
  }
  return await judge(arena, times);
}

async function openArena(nodes: number): Promise<Arena & AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const app = parts.use(await startGatedApp());
  const mesh = parts.use(await startMesh({ nodes }));
  const client = createApiClient(readGatewayAddress(mesh.gatewayDir));
  const opened = parts.move();
  return { mesh, app, client, runs: [], [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** Each test logs its start under its own name, under that of its run, and under `any`. */
async function submit(arena: Arena, { tests, waitMs, priority }: Wave): Promise<string> {
  const ask = (path: string) => ({ request: { get: path } });
  const suite = {
    name: "race",
    defaults: { platform: "http", baseUrl: arena.app.url },
    tests: [
      {
        name: "starts",
        data: Array.from({ length: tests }, (_, id) => ({ id })),
        steps: [
          ask("/fast/${run.id}-${data.id}"),
          ask("/fast/${run.id}-begun"),
          ask("/fast/any"),
          { wait: waitMs },
        ],
      },
    ],
  };
  const suites = [{ file: "race.json", text: JSON.stringify(suite), files: [] }];
  const body = { suites, env: {}, secrets: {}, options: RunOptions.parse({ priority }) };
  const { id } = await arena.client.submit(body, randomUUID());
  arena.runs.push({ id, tests });
  return id;
}

async function feed(arena: Arena, supply: { readonly isOver: boolean }, wave: Wave): Promise<void> {
  while (!supply.isOver) await untilEnded(arena, await submit(arena, wave));
}

async function untilEnded({ client }: Arena, id: string): Promise<void> {
  const isEnded = async () => (await client.run(id)).state === "ended";
  await waitUntil(isEnded, { what: `the run ${id} ends`, deadlineMs: RUN_MS_MAX });
}

async function judge(arena: Arena, races: number): Promise<RaceOutcome> {
  const wrong: string[] = [];
  const notOnce: string[] = [];
  let attempts = 0;
  let tests = 0;
  for (const run of arena.runs) {
    const report = await arena.client.report(run.id);
    tests += run.tests;
    for (const [index, test] of report.tests.entries()) {
      attempts += test.attempts.length;
      if (test.verdict !== "passed" || test.attempts.length !== 1)
        wrong.push(`${run.id} ${test.key}`);
      if (arena.app.hits(`${run.id}-${index}`) !== 1) notOnce.push(`${run.id} ${test.key}`);
    }
    if (report.tests.length !== run.tests) wrong.push(`${run.id} has ${report.tests.length} tests`);
  }
  return { races, tests, wrong, notOnce, givenBack: (await issuedLeases(arena)) - attempts };
}

/** A lease that is no attempt never started: its node gave it back, or refused it (L3). */
async function issuedLeases({ mesh }: Arena): Promise<number> {
  const { url, apiKey } = readGatewayAddress(mesh.gatewayDir);
  const headers = { authorization: `Bearer ${apiKey}` };
  const text = await (await fetch(`${url}/metrics`, { headers })).text();
  return Number(/^panoptic_issued_leases_total (\d+)/m.exec(text)?.[1] ?? Number.NaN);
}
