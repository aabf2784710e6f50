/**
 * `npm run build`: installs what is missing and hands over to scripts/build/main.ts under the bundled bun.
 * `-- --target NAME` (may be repeated) builds only those; `--reuse` keeps a file that was built from the same sources.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { bunPath, ensurePackages, InstallError, ROOT, say } from "./install.mjs";

try {
  await ensurePackages();
} catch (fault) {
  say(fault instanceof InstallError ? fault.message : `The build failed: ${fault.stack}`);
  process.exit(fault instanceof InstallError ? 2 : 70);
}
const words = [join(ROOT, "scripts", "build", "main.ts"), ...process.argv.slice(2)];
const done = spawnSync(bunPath(), words, { cwd: ROOT, stdio: "inherit" });
process.exit(done.status ?? 70);
