/** P: how the slots of one machine are shared by the node processes on it. */

/** Shares `coreCount` slots over `nodeCount` nodes as evenly as it goes; each has at least one. */
export function shareCores(coreCount: number, nodeCount: number): number[] {
  const base = Math.floor(coreCount / nodeCount);
  const rest = coreCount % nodeCount;
  return Array.from({ length: nodeCount }, (_, index) =>
    Math.max(1, base + (index < rest ? 1 : 0)),
  );
}
