/** What a test of faults reads of a mesh besides its report: a node's own replica, the books of a test, the clock. */
import type { ReportTest } from "#proto/report.ts";
import { systemClock } from "#shared/clock.ts";
import type { ProcessMesh } from "./mesh.ts";
import { runProgram } from "./program.ts";
import { reportNow } from "./proxied-mesh.ts";
import { waitUntil } from "./wait-until.ts";

/** How long a test of a fault may take on a machine that does much else, milliseconds: one that ends by it leaves processes behind. */
export const FAULT_MS = 240_000;

/** What a node did and has not delivered, read by the CLI from its own file: by test key. */
export async function undeliveredBy(
  mesh: ProcessMesh,
  name: string,
): Promise<ReadonlyMap<string, string>> {
  const words = ["replica", "--data", mesh.nodeDir(name), "--json"];
  const { stdout } = await runProgram(words, { callerDir: mesh.dir });
  const view = JSON.parse(stdout) as {
    readonly undelivered: { readonly testKey: string; readonly status: string }[];
  };
  return new Map(view.undelivered.map(({ testKey, status }) => [testKey, status]));
}

/** A test of the newest run as its report is now; undefined when there is none of this name. */
export async function testNow(mesh: ProcessMesh, name: string): Promise<ReportTest | undefined> {
  return (await reportNow(mesh))?.tests.find((one) => one.name === name);
}

/** Lets time pass that a fault must last: the only way to see that nothing happens in it. */
export function passTime(spanMs: number): Promise<void> {
  const untilMs = systemClock.monotonicMs() + spanMs;
  const what = `${spanMs} ms have passed`;
  return waitUntil(() => systemClock.monotonicMs() >= untilMs, { what, deadlineMs: spanMs * 10 });
}
