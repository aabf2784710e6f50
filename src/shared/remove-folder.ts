/** Removing a folder that must not stay, without ever failing for it. */
import { rmSync } from "node:fs";

/** Removes a folder and all in it, also while its last users still write to it; what cannot be removed stays. */
export function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  } catch {
    // Temporary folders are swept at the next start; others are nobody's harm.
  }
}
