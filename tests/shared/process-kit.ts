/** For tests of this folder: folders that are removed again, processes that speak one line, waiting for a condition. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { pause, systemClock } from "#shared/clock.ts";

/** A new empty folder, removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export type SpeakingProcess = { readonly child: ChildProcess; readonly line: string };

/** Starts a file of this folder under the same runtime and waits for its first line; killed when the test is over. */
export async function startSpeaking(file: string, ...args: string[]): Promise<SpeakingProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) return { child, line };
  throw new Error(`${file} ended without a word`);
}

/** Waits until `check` holds. @throws {Error} After `timeoutMs`, with the last error of `check`. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = 5_000,
) {
  const untilMs = systemClock.monotonicMs() + timeoutMs;
  while (!(await check())) {
    if (systemClock.monotonicMs() > untilMs) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
    await pause(systemClock, 10);
  }
}

/** Whether a process lives; one that is dead and not yet reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
