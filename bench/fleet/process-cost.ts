/** What processes cost, as Linux counts it: processor time and memory, read from /proc. */
import { readFileSync } from "node:fs";

/** Linux counts in hundredths of a second on every architecture (USER_HZ). */
const MS_PER_TICK = 10;
const KIB = 1024;

/** User and system time of all threads since the process began, milliseconds; 0 when it has ended. */
export function cpuMsOf(pid: number): number {
  const stat = readOf(pid, "stat");
  // The name in brackets may hold blanks: fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * MS_PER_TICK;
}

/** Memory that it has now, bytes; 0 when it has ended. */
export function rssBytesOf(pid: number): number {
  return kibOf(pid, "VmRSS") * KIB;
}

/** The most that it had since it began, bytes; 0 when it has ended. */
export function peakBytesOf(pid: number): number {
  return kibOf(pid, "VmHWM") * KIB;
}

function kibOf(pid: number, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readOf(pid, "status"))?.[1] ?? 0);
}

function readOf(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    // It has ended.
    return "";
  }
}
