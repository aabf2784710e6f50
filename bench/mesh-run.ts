/** One run over a real embedded mesh, as a person starts it: the CLI, two node processes, nats-server, libSQL files. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Report } from "#proto/report.ts";
import { type Measured, measureCommand } from "./measured-command.ts";

export type MeshRun = { readonly report: Report; readonly measured: Measured };

export type Load = {
  readonly testCount: number;
  /** What each test waits, milliseconds: its only step. */
  readonly waitMs: number;
};

const MAIN = join(import.meta.dirname, "../src/cli/main.ts");
const NODES = ["--nodes", "2", "--slots", "1"];

/** Runs so many tests of one step over two nodes of one slot each. @throws {Error} When not all of them passed. */
export async function runOnMesh(load: Load): Promise<MeshRun> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  try {
    const suite = join(folder, "suite.yaml");
    writeFileSync(suite, suiteText(load));
    const out = join(folder, "out");
    const command = [process.execPath, MAIN, "run", suite, ...NODES, "--out", out, "--json"];
    const measured = await measureCommand(command, folder);
    const report = Report.parse(JSON.parse(readFileSync(join(out, "report.json"), "utf8")));
    if (report.totals.passed !== load.testCount)
      throw new Error(`Not all passed: ${JSON.stringify(report.totals)}`);
    return { report, measured };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function suiteText({ testCount, waitMs }: Load): string {
  const tests = Array.from(
    { length: testCount },
    (_, index) => `  - name: test ${index}\n    steps: [{ wait: ${waitMs} }]`,
  );
  return `name: bench\ndefaults: { platform: http }\ntests:\n${tests.join("\n")}\n`;
}
