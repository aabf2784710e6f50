/** One run over a real embedded mesh, as a person starts it: the CLI, two node processes, nats-server, libSQL files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HistoryFile, TestHistory } from "#proto/history.ts";
import { TestKey } from "#proto/ids.ts";
import { Report } from "#proto/report.ts";
import { type Measured, measureCommand } from "./measured-command.ts";

export type MeshRun = { readonly report: Report; readonly measured: Measured };

export type Load = {
  /** What each test waits, milliseconds: its only step. */
  readonly waitsMs: readonly number[];
  /** One slot each; default: 2. */
  readonly nodeCount?: number;
  /** What a history file says that each test took; undefined, or absent: nothing. */
  readonly expectedMs?: readonly (number | undefined)[];
  /** The only node, from 0, that may run each test; absent: any. */
  readonly slices?: readonly number[];
};

const MAIN = join(import.meta.dirname, "../src/cli/main.ts");
const NODES = 2;
/** How `panoptic` shortens a node's id; of a node that this mesh does not know. */
const OTHER_NODE = "0000000000";

/** So many tests that wait equally long. */
export const alike = (testCount: number, waitMs: number): Load => ({
  waitsMs: Array.from({ length: testCount }, () => waitMs),
});

/** Runs tests of one step over nodes of one slot each. @throws {Error} When not all of them passed. */
export async function runOnMesh(load: Load): Promise<MeshRun> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  try {
    const suite = join(folder, "suite.yaml");
    writeFileSync(suite, suiteText(load));
    const out = join(folder, "out");
    const nodes = ["--nodes", String(load.nodeCount ?? NODES), "--slots", "1"];
    const command = [process.execPath, MAIN, "run", suite, ...nodes, "--out", out, "--json"];
    const measured = await measureCommand([...command, ...historyWords(load, folder)], folder);
    const report = Report.parse(JSON.parse(readFileSync(join(out, "report.json"), "utf8")));
    if (report.totals.passed !== load.waitsMs.length)
      throw new Error(`Not all passed: ${JSON.stringify(report.totals)}`);
    return { report, measured };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function suiteText({ waitsMs, slices }: Load): string {
  const needs = (index: number): string =>
    slices === undefined ? "" : `    needs: { node: node-${(slices[index] ?? 0) + 1} }\n`;
  const tests = waitsMs.map(
    (waitMs, index) =>
      `  - name: test ${index}\n${needs(index)}    steps: [{ wait: ${Math.round(waitMs)} }]`,
  );
  return `name: bench\ndefaults: { platform: http }\ntests:\n${tests.join("\n")}\n`;
}

function historyWords({ expectedMs }: Load, folder: string): string[] {
  if (expectedMs === undefined) return [];
  const tests = expectedMs.flatMap((durationMs, index) =>
    durationMs === undefined ? [] : [historyOf(index, Math.round(durationMs))],
  );
  const file: HistoryFile = { format: "panoptic-history", version: 1, tests };
  const path = join(folder, "history.json");
  writeFileSync(path, JSON.stringify(file));
  return ["--history", path];
}

const historyOf = (index: number, durationMs: number): TestHistory => ({
  key: TestKey.parse(`bench › test ${index}`),
  platform: "http",
  outcomes: [{ status: "passed", durationMs, wallMs: 0, node: OTHER_NODE }],
});
