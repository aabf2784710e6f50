/** One run of the small tests by each program: the same browser, the same pages, a fresh context a test, two at a time. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { findBrowser } from "#node/drivers/web/find-browser.ts";
import { Report } from "#proto/report.ts";
import { systemClock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";
import { readReadyLine } from "../../src/cli/ready-line.ts";
import { machineBusy, machineTicks, treeCpuMs, watchTreeCpu } from "../tree-cost.ts";
import { smallSpec, smallSuite } from "./small-site.ts";

const WebRun = z.object({
  /** Start and end of the program included. */
  wallMs: z.number(),
  /** From the run's first moment to its last verdict, as the program's own report says. */
  runMs: z.number(),
  /** Of the program, its nodes and its browsers. */
  cpuMs: z.number(),
  /** Share of all processors that was busy meanwhile, by whatever. */
  busy: z.number(),
});
export type WebRun = z.infer<typeof WebRun>;

export type WebLoad = { readonly url: string; readonly testCount: number };

/** How a run is begun; each leaves its report where `read` finds it. */
type Way = {
  /** Of processes that stood before and work for the run, too. */
  readonly standingPid?: number;
  readonly prepare: (folder: string) => readonly string[];
  /** The run's own milliseconds. @throws {Error} When not all tests passed. */
  readonly read: (folder: string, stdout: string) => number;
};

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const PLAYWRIGHT = join(import.meta.dirname, "../../node_modules/@playwright/test");
const PlaywrightReport = z.object({
  stats: z.object({ duration: z.number(), expected: z.number() }),
});

/** Ours: a mesh of its own, its two slots on so many nodes. */
export const ours = (load: WebLoad, nodeCount: 1 | 2): Promise<WebRun> =>
  measure(ourWay(load, ["--nodes", `${nodeCount}`, "--slots", `${2 / nodeCount}`]));

/** Ours, on a mesh that stands. */
export const oursOn = (load: WebLoad, { dataDir, pid }: StandingMesh): Promise<WebRun> =>
  measure({ ...ourWay(load, ["--data", dataDir]), standingPid: pid });

/** The floor: no runner at all. @throws {Error} When a test did not do as it should. */
export async function bare(load: WebLoad): Promise<WebRun> {
  const loop = join(import.meta.dirname, "bare-loop.ts");
  const command = [process.execPath, loop, load.url, `${load.testCount}`];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed`);
  return WebRun.parse(JSON.parse(text));
}

function ourWay(load: WebLoad, where: readonly string[]): Way {
  return {
    prepare: (folder) => {
      const suite = join(folder, "small.yaml");
      writeFileSync(suite, smallSuite(load.url, load.testCount));
      const out = join(folder, "out");
      return [process.execPath, MAIN, "run", suite, ...where, "--out", out, "--json"];
    },
    read: (folder) => {
      const report = Report.parse(
        JSON.parse(readFileSync(join(folder, "out/report.json"), "utf8")),
      );
      if (report.totals.passed !== load.testCount)
        throw new Error(`Not all passed: ${JSON.stringify(report.totals)}`);
      return report.run.durationMs;
    },
  };
}

export type StandingMesh = {
  readonly dataDir: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
};

/** Starts `panoptic up` with one node of two slots; returns when it has joined. @throws {Error} When it does not. */
export async function startStandingMesh(): Promise<StandingMesh> {
  const dataDir = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  const words = ["up", "--data", dataDir, "--nodes", "1", "--slots", "2", "--json"];
  const child = Bun.spawn([process.execPath, MAIN, ...words], { stdout: "pipe", stderr: "ignore" });
  const stop = async () => {
    child.kill("SIGTERM");
    await child.exited;
    rmSync(dataDir, { recursive: true, force: true });
  };
  let told = "";
  const decoder = new TextDecoder();
  for await (const bytes of child.stdout) {
    told += decoder.decode(bytes, { stream: true });
    const lines = told.split("\n").slice(0, -1);
    if (lines.some((line) => readReadyLine(line)?.ready === "node"))
      return { dataDir, pid: child.pid, stop };
  }
  await stop();
  throw new Error(`panoptic up brought no node: ${told}`);
}

/** Playwright Test with so many worker processes, a file for each. */
export function theirs(load: WebLoad, processCount: 1 | 2): Promise<WebRun> {
  return measure({
    prepare: (folder) => {
      for (let rest = 0; rest < processCount; rest += 1)
        writeFileSync(
          join(folder, `part-${rest}.spec.mjs`),
          smallSpec(join(PLAYWRIGHT, "index.mjs"), { ...load, rest, of: processCount }),
        );
      writeFileSync(join(folder, "playwright.config.mjs"), configText(load.url));
      const cli = join(PLAYWRIGHT, "cli.js");
      const words = [`--workers=${processCount}`, "--reporter=json", `--output=${folder}/out`];
      return ["node", cli, "test", "--config", join(folder, "playwright.config.mjs"), ...words];
    },
    read: (_, stdout) => {
      const { stats } = PlaywrightReport.parse(JSON.parse(stdout));
      if (stats.expected !== load.testCount)
        throw new Error(`Not all passed: ${JSON.stringify(stats)}`);
      return stats.duration;
    },
  });
}

function configText(baseURL: string): string {
  const executablePath = findBrowser({ searchPath: readConfig().searchPath });
  const use = { baseURL, launchOptions: { executablePath }, trace: "off", screenshot: "off" };
  return `export default ${JSON.stringify({ use, timeout: 60_000 })};\n`;
}

async function measure(way: Way): Promise<WebRun> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  try {
    const command = way.prepare(folder);
    const before = machineTicks();
    const standing = () => (way.standingPid === undefined ? 0 : treeCpuMs(way.standingPid));
    const standingMs = standing();
    const startedMs = systemClock.monotonicMs();
    const child = Bun.spawn([...command], { cwd: folder, stdout: "pipe", stderr: "pipe" });
    const watch = watchTreeCpu(child.pid);
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    const wallMs = systemClock.monotonicMs() - startedMs;
    const busy = machineBusy(before);
    const seenMs = watch.stop();
    if (child.exitCode !== 0)
      throw new Error(`${command.join(" ")} exited with ${child.exitCode}:\n${stdout}${stderr}`);
    // What it waited for is told at its end; what outlived its parent was seen by the looks alone.
    const ownMs = Math.max(seenMs, Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1_000);
    const cpuMs = ownMs + standing() - standingMs;
    return { wallMs, runMs: way.read(folder, stdout), cpuMs, busy };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
