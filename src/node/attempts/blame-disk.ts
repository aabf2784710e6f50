/** Tells a full disk from a test that fails. Pure. */
import type { Trouble } from "./perform-step.ts";

/**
 * C3: without room a browser crashes, pages fail and files are cut: that is a loss, never the test's failure.
 *
 * @param fullDisk Why there is no room now; undefined when there is.
 */
export function blameDisk(
  trouble: Trouble | undefined,
  fullDisk: () => string | undefined = () => undefined,
): Trouble | undefined {
  if (trouble === undefined || trouble.kind === "ended") return trouble;
  const reason = fullDisk();
  if (reason === undefined) return trouble;
  const message = `${reason}: ${trouble.failure.message}`;
  const failure = { ...trouble.failure, message, code: "disk_full" };
  return { kind: "lost", loss: "disk_full", failure };
}
