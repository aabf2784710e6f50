/** A test's own folder. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { removeWhenUnused } from "./remove-when-unused.ts";

/** Makes a folder whose name begins so; after the test, and after what it registers later, it is removed. */
export function temporaryPlace(prefix: string): string {
  const dir = mkdtempSync(join(tmpdir(), prefix));
  onTestFinished(() => removeWhenUnused(dir));
  return dir;
}
