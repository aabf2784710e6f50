/** Where the last reports lie that this person wrote: `last-report.json` in the folder of small things. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "#shared/config.ts";
import { messageOf } from "#shared/errors.ts";
import type { Context } from "../context.ts";

/** So many folders from which runs were started are remembered, the newest first. */
const CALLERS_MAX = 100;

const LastReport = z.object({
  /** The report's folder, absolute. */
  folder: z.string().min(1),
  /** The last report of each folder that a run was started from, both absolute. */
  callers: z
    .array(z.object({ caller: z.string().min(1), folder: z.string().min(1) }))
    .max(CALLERS_MAX)
    .default([]),
});
type LastReport = z.infer<typeof LastReport>;

/** Remembers a report that was just written; when that fails, a warning: the report is there all the same. */
export function rememberReport(folder: string, { config, terminal }: Context): void {
  const path = pathOf(config);
  const caller = config.callerDir;
  const others = (read(config)?.callers ?? []).filter((one) => one.caller !== caller);
  const callers = [{ caller, folder }, ...others].slice(0, CALLERS_MAX);
  // Two runs may end at once: each writes a file of its own and puts it in place as a whole.
  const fresh = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(config.stateDir, { recursive: true, mode: 0o700 });
    writeFileSync(fresh, `${JSON.stringify({ folder, callers })}\n`, { mode: 0o600 });
    renameSync(fresh, path);
  } catch (thrown) {
    terminal.warn(`panoptic: Cannot remember the report for \`open\`: ${messageOf(thrown)}`);
  }
}

/** The folder of the last report; undefined when none is remembered. */
export function lastReport(config: Config): string | undefined {
  return read(config)?.folder;
}

/** The folder of the last report of a run that was started from the caller's folder; undefined when none is remembered. */
export function lastReportHere(config: Config): string | undefined {
  return read(config)?.callers.find(({ caller }) => caller === config.callerDir)?.folder;
}

function read(config: Config): LastReport | undefined {
  try {
    return LastReport.parse(JSON.parse(readFileSync(pathOf(config), "utf8")));
  } catch {
    // None yet, or not readable: there is the usual place to look at.
    return undefined;
  }
}

function pathOf({ stateDir }: Config): string {
  return join(stateDir, "last-report.json");
}
