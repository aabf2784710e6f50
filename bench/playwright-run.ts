/** Playwright Test's own no-op tests on this machine: what the mesh is held against. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type Measured, measureCommand } from "./measured-command.ts";

/**
 * `two files`: each of two processes runs one file, the quickest of the ways tried (2026-11). `fully parallel`: every test
 * is given to a process by itself, as a mesh does.
 */
export type PlaywrightWay = "two files" | "fully parallel";

export type PlaywrightRun = {
  /** As its own report says. */
  readonly runMs: number;
  readonly measured: Measured;
};

const PlaywrightReport = z.object({
  stats: z.object({ duration: z.number(), expected: z.number(), unexpected: z.number() }),
});

const PLAYWRIGHT = join(import.meta.dirname, "../node_modules/@playwright/test");
const FILES = ["first.spec.mjs", "second.spec.mjs"];

/** Runs so many tests without a body over two worker processes. @throws {Error} When not all of them passed. */
export async function runOnPlaywright(
  testCount: number,
  way: PlaywrightWay,
): Promise<PlaywrightRun> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  const each = testCount / FILES.length;
  const spec = `import { test } from ${JSON.stringify(join(PLAYWRIGHT, "index.mjs"))};
for (let i = 0; i < ${each}; i += 1) test(\`test \${i}\`, () => {});
`;
  for (const name of FILES) writeFileSync(join(folder, name), spec);
  const command = [
    "node",
    join(PLAYWRIGHT, "cli.js"),
    "test",
    "--workers=2",
    "--reporter=json",
    `--output=${folder}/out`,
    ...(way === "fully parallel" ? ["--fully-parallel"] : []),
  ];
  const measured = await measureCommand(command, folder).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
  const { stats } = PlaywrightReport.parse(JSON.parse(measured.stdout));
  if (stats.expected !== testCount) throw new Error(`Not all ran: ${JSON.stringify(stats)}`);
  return { runMs: stats.duration, measured };
}
