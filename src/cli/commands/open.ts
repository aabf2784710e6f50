/** `panoptic open`: shows a report in the browser: the one that is named, or the last one that was written. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { MeshError } from "#shared/errors.ts";
import type { Context } from "../context.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { findProgram } from "../find-program.ts";
import { launchOpener } from "../open/launch.ts";
import { chooseOpener } from "../open/opener.ts";
import { fromCaller } from "../paths.ts";
import { lastReport } from "../report/last-report.ts";

export type OpenOptions = { readonly print?: boolean };

const FOLDER_DEFAULT = "panoptic-report";
const PAGE = "report.html";

/** Opens the page; 2 when there is none or nothing that could show it. */
export async function openReport(
  folder: string | undefined,
  options: OpenOptions,
  context: Context,
): Promise<number> {
  const { config, terminal, clock } = context;
  const page = findPage(folder, context);
  if (options.print === true) {
    terminal.say(page);
    return 0;
  }
  const url = pathToFileURL(page).href;
  const opener = chooseOpener({
    platform: process.platform,
    hasDisplay: config.hasDisplay,
    find: (name) => findProgram(name, config.searchPath),
  });
  const fault =
    opener.kind === "none"
      ? opener.reason
      : await launchOpener({ ...opener, words: [page], clock });
  if (fault === undefined) {
    terminal.say(`opened ${page}`);
    return 0;
  }
  terminal.warn(`panoptic: Cannot open the report: ${fault}; it lies at\n  ${page}\n  ${url}`);
  return EXIT_REFUSED;
}

/** The page's absolute path. @throws {MeshError} `usage` with what to do when there is none. */
function findPage(folder: string | undefined, { config }: Context): string {
  const { callerDir } = config;
  if (folder !== undefined) {
    const given = fromCaller(callerDir, folder);
    const page = isFile(given) ? given : join(given, PAGE);
    if (isFile(page)) return page;
    throw new MeshError("usage", `Cannot open a report: there is no ${PAGE} in ${given}`);
  }
  const last = lastReport(config);
  const usual = fromCaller(callerDir, FOLDER_DEFAULT);
  const found = [last, usual].filter((one) => one !== undefined).map((one) => join(one, PAGE));
  const page = found.find(isFile);
  if (page !== undefined) return page;
  const gone = last === undefined ? "none was written yet" : `the last one was at ${last}`;
  throw new MeshError(
    "usage",
    `Cannot open a report: ${gone}, and there is none at ${usual}; run \`panoptic run SUITE\` first, or name the folder of one`,
  );
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
