/** Runs a command to its end and measures it: wall time, and the CPU time of it and of every child that it waited for. */
import { systemClock } from "#shared/clock.ts";
import { type ProcessTimes, watchProcesses } from "./process-times.ts";

export type Measured = {
  readonly stdout: string;
  readonly wallMs: number;
  /** User and system time of the process and of the children that it reaped. */
  readonly cpuMs: number;
  /** Of each process that lived for a while. */
  readonly processes: readonly ProcessTimes[];
};

/** @throws {Error} With the end of its stderr when it exits otherwise than 0. */
export async function measureCommand(command: readonly string[], cwd: string): Promise<Measured> {
  const startedMs = systemClock.monotonicMs();
  const child = Bun.spawn([...command], { cwd, stdout: "pipe", stderr: "pipe" });
  const watch = watchProcesses(child.pid);
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const processes = watch.stop();
  const wallMs = systemClock.monotonicMs() - startedMs;
  if (child.exitCode !== 0) {
    throw new Error(`${command.join(" ")} exited with ${child.exitCode}:\n${stderr.slice(-2_000)}`);
  }
  const cpuMs = Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1_000;
  return { stdout, wallMs, cpuMs, processes };
}
