/** P: what attempts may use, and how figures of it are said. */
import type { AttemptLimits } from "#proto/evidence.ts";

/** What all attempts of a node may use together, each figure as of one attempt. */
export type NodeAllowance = AttemptLimits;

/** What was measured, of one attempt or of a node. */
export type Usage = {
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Over the last some seconds, 1 is one processor; undefined while they are not over. */
  readonly cpuShare: number | undefined;
};

/** The first figure that is over its limit, as `memory: 1.20 GiB of at most 1.00 GiB`; undefined when none is. */
export function excessOf(usage: Usage, limits: AttemptLimits): string | undefined {
  const { memoryBytes, diskBytes, cpuShare } = limits;
  if (memoryBytes !== undefined && usage.memoryBytes > memoryBytes)
    return `memory: ${bytesInWords(usage.memoryBytes)} of at most ${bytesInWords(memoryBytes)}`;
  if (diskBytes !== undefined && usage.diskBytes > diskBytes)
    return `disk: ${bytesInWords(usage.diskBytes)} of at most ${bytesInWords(diskBytes)}`;
  if (cpuShare !== undefined && usage.cpuShare !== undefined && usage.cpuShare > cpuShare)
    return `CPU: ${percent(usage.cpuShare)} of at most ${percent(cpuShare)} of a processor`;
  return undefined;
}

/** Whether anything is limited. */
export const isLimiting = (limits: AttemptLimits | undefined): limits is AttemptLimits =>
  limits !== undefined && Object.values(limits).some((value) => value !== undefined);

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

function bytesInWords(bytes: number): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const value = bytes / 1024 ** step;
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(2)} ${UNITS[step]}`;
}
