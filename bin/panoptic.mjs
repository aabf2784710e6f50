#!/usr/bin/env node
/**
 * The command as people start it from a checkout: plain Node 20. Installs what is missing and hands over to the bundled
 * bun. Knows no command of the program.
 */
import { ensurePackages, InstallError, say } from "../scripts/install.mjs";
import { startProgram } from "../scripts/start-program.mjs";

/** npm changes the working folder to the package's and keeps the caller's in INIT_CWD. */
const isUnderNpm = process.env.npm_lifecycle_event === "panoptic";
const callerDir = (isUnderNpm ? process.env.INIT_CWD : undefined) ?? process.cwd();

try {
  await ensurePackages();
  process.exit(await startProgram(process.argv.slice(2), { callerDir, isUnderNpm }));
} catch (fault) {
  say(fault instanceof InstallError ? fault.message : `A fault of Panoptic itself: ${fault.stack}`);
  process.exit(fault instanceof InstallError ? 2 : 70);
}
