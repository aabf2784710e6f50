/** What films and traces cost a web attempt: wall time of its steps and of its end, and CPU time of all processes. */
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DriverSlot, Session } from "#node/drivers/driver.ts";
import { createWebDriver } from "#node/drivers/web/driver.ts";
import { EvidencePolicy, WebOptions } from "#proto/evidence.ts";
import { Step } from "#proto/step.ts";
import { systemClock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";
import { createRedactor } from "#shared/redactor.ts";
import { figure, medianOf } from "./figures.ts";

const ATTEMPTS = 12;
const ACTS = 10;
const TICKS_PER_S = 100;
const STEP_MS = 30_000;

const PAGE = `<title>bench</title><style>p { padding: 1em; background: linear-gradient(90deg, #fed, #def) }</style>
<button onclick="list.insertAdjacentHTML('afterbegin', '<p>' + ++window.n)">add</button><input><div id=list></div>
<script>window.n = 0</script>`;

const CASES = {
  "nothing      ": {},
  "trace on     ": { trace: "on" },
  "video on     ": { video: "on" },
  "video unkept ": { video: "on-failure" },
} as const;

type Cost = { readonly stepsMs: number; readonly endMs: number; readonly cpuMs: number };

/** Prints the medians; the first attempt, which launches the browser, is not in them. */
export async function evidence(): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const slot = createWebDriver({ searchPath: readConfig().searchPath }).createSlot();
  try {
    await attempt(slot, url, {});
    for (const [name, policy] of Object.entries(CASES)) {
      const costs: Cost[] = [];
      for (let count = 0; count < ATTEMPTS; count += 1)
        costs.push(await attempt(slot, url, policy));
      const [steps, end, cpu] = [
        medianOf(costs.map((cost) => cost.stepsMs)),
        medianOf(costs.map((cost) => cost.endMs)),
        medianOf(costs.map((cost) => cost.cpuMs)),
      ];
      console.log(
        `  ${name} steps ${figure(steps)} ms, end ${figure(end)} ms, CPU ${figure(cpu)} ms`,
      );
    }
  } finally {
    await slot.close();
    server.closeAllConnections();
    server.close();
  }
  console.log(
    `  One attempt: ${ACTS * 2 + 1} steps on a 1280×720 page that changes with each, medians of ${ATTEMPTS}. Not measured:`,
  );
  console.log("  pages that move all the time (a film then costs about a core), uploads.");
}

async function attempt(slot: DriverSlot, url: string, policy: object): Promise<Cost> {
  const workspaceDir = await mkdtemp(join(tmpdir(), "panoptic-bench-"));
  const before = cpuMsOfAll();
  const session = await slot.open({
    viewport: { width: 1280, height: 720, touch: false },
    web: WebOptions.parse({}),
    evidence: EvidencePolicy.parse(policy),
    usesSecrets: false,
    workspaceDir,
    resolveFile: String,
    redactor: createRedactor({}),
    warn: console.warn,
    attach: () => undefined,
    attachFile: () => undefined,
    miss: console.error,
  });
  const startMs = systemClock.monotonicMs();
  await play(session, { kind: "goto", url });
  for (let count = 0; count < ACTS; count += 1) {
    await play(session, { kind: "click", locator: { by: "css", value: "button" } });
    await play(session, {
      kind: "fill",
      locator: { by: "css", value: "input" },
      value: `${count}`,
    });
  }
  const stepsMs = systemClock.monotonicMs() - startMs;
  const signal = AbortSignal.timeout(STEP_MS);
  await session.conclude({ status: "passed", leftMs: 0, signal });
  await session.close();
  const endMs = systemClock.monotonicMs() - startMs - stepsMs;
  const cpuMs = cpuMsOfAll() - before;
  await rm(workspaceDir, { recursive: true, force: true });
  return { stepsMs, endMs, cpuMs };
}

function play(session: Session, step: unknown): Promise<void> {
  const context = { timeoutMs: STEP_MS, save: () => undefined };
  return session.perform(Step.parse(step), { ...context, signal: AbortSignal.timeout(STEP_MS) });
}

/** Of this process and all below it, those that ended too; 0 without /proc. */
function cpuMsOfAll(): number {
  const children = new Map<number, number[]>();
  const ticks = new Map<number, number>();
  const pids =
    process.platform === "linux" ? readdirSync("/proc").filter((name) => /^\d+$/.test(name)) : [];
  for (const pid of pids.map(Number)) {
    const fields = statOf(pid);
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
    ticks.set(
      pid,
      [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index] ?? 0), 0),
    );
  }
  const sumOf = (pid: number): number =>
    (children.get(pid) ?? []).reduce((sum, child) => sum + sumOf(child), ticks.get(pid) ?? 0);
  return (sumOf(process.pid) / TICKS_PER_S) * 1_000;
}

/** The fields after the program's name, which may hold spaces. */
function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    // It ended while the others were read.
    return [];
  }
}
