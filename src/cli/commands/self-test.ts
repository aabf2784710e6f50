/**
 * `panoptic self-test`: what works on this machine with this very program, by doing it: real runs against a tiny site,
 * judged by their reports. One test is planned to fail, since a check that cannot go red proves nothing.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { FFMPEG_FIX, findFfmpeg } from "#node/drivers/web/films/find-ffmpeg.ts";
import { PROGRAM_VERSION } from "#shared/program-version.ts";
import { isSingleFile } from "#shared/runtime/single-file.ts";
import type { Context } from "../context.ts";
import { EXIT_LEFT, EXIT_REFUSED } from "../exit-code.ts";
import { type Finding, findingLines } from "../finding.ts";
import { endAll } from "../mesh/doomed.ts";
import { makeTempFolder } from "../mesh/temp-folder.ts";
import { judgeHttp, judgeWeb, type ReadHead } from "../self-test/judge.ts";
import { type PracticeRun, practise, temporaryOf } from "../self-test/practice-run.ts";
import { startPracticeSite } from "../self-test/practice-site.ts";
import { httpSuite, webSuite } from "../self-test/practice-suites.ts";

export type SelfTestOptions = { readonly json?: boolean };

const REPORT_FILES = ["report.json", "junit.xml", "report.html"];
/** Bun's copy of the native part: it lies in the folder that is removed, and is no leftover of a run. */
const UNPACKED = /^\.bun-/;
const HEAD_BYTES = 32;

/** Prints a line a finding; 0 when nothing is broken, else 2. */
export async function testSelf(options: SelfTestOptions, context: Context): Promise<number> {
  const { terminal, stops } = context;
  stops.onWish(() => {
    endAll();
    process.exit(EXIT_LEFT);
  });
  const findings: Finding[] = [];
  const tell = (found: readonly Finding[]) => {
    findings.push(...found);
    if (options.json !== true) for (const line of found.flatMap(findingLines)) terminal.say(line);
  };
  tell([programFinding()]);
  await tryAll(context, tell);
  const isWell = findings.every(({ state }) => state !== "broken");
  if (options.json === true) terminal.say(JSON.stringify({ isWell, findings }));
  return isWell ? 0 : EXIT_REFUSED;
}

function programFinding(): Finding {
  const kind = isSingleFile() ? "one file" : "from a checkout";
  const said = `${PROGRAM_VERSION}, ${kind}, ${process.platform} ${process.arch}`;
  return { name: "program", state: "works", said };
}

/** Runs everything in a folder that is gone afterwards. */
async function tryAll(context: Context, tell: (found: readonly Finding[]) => void): Promise<void> {
  const { clock, config } = context;
  await using parts = new AsyncDisposableStack();
  const folder = parts.adopt(await makeTempFolder("self-test"), ({ remove }) => remove());
  const site = parts.adopt(await startPracticeSite(), ({ stop }) => stop());
  const run = (name: string, suite: string) => practise({ name, suite, dir: folder.path, clock });
  const http = await run("http", httpSuite(site.url));
  tell(judgeHttp(http));
  const ffmpeg = findFfmpeg({ searchPath: config.searchPath });
  const web = await run("web", webSuite(site.url, ffmpeg !== undefined));
  tell(judgeWeb(web, headReader(web)));
  if (ffmpeg === undefined) tell([absentFfmpeg()]);
  tell([judgeFiles(http), judgeLeftovers(folder.path)]);
}

function absentFfmpeg(): Finding {
  return { name: "recordings", state: "absent", said: "there is no ffmpeg", fix: FFMPEG_FIX };
}

function headReader({ out }: PracticeRun): ReadHead {
  return ({ path }) => {
    if (path === undefined || !existsSync(join(out, path))) return undefined;
    const head = new Uint8Array(HEAD_BYTES);
    const file = openSync(join(out, path), "r");
    readSync(file, head);
    closeSync(file);
    return head;
  };
}

function judgeFiles({ out }: PracticeRun): Finding {
  const name = "report";
  const lost = REPORT_FILES.filter((file) => !existsSync(join(out, file)));
  if (lost.length === 0) return { name, state: "works", said: REPORT_FILES.join(", ") };
  return { name, state: "broken", said: `not written: ${lost.join(", ")}` };
}

/** The runs have ended and were told to leave nothing. */
function judgeLeftovers(dir: string): Finding {
  const name = "leftovers";
  const left = readdirSync(temporaryOf(dir)).filter((file) => !UNPACKED.test(file));
  if (left.length === 0) return { name, state: "works", said: "the runs left no temporary files" };
  return { name, state: "broken", said: `the runs left ${left.join(", ")}` };
}
