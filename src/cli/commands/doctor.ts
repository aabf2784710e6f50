/** `panoptic doctor`: does what the product will need to do, and says how to mend what does not work. */
import { availableParallelism, tmpdir } from "node:os";
import { type GatewayAddress, readGatewayAddress } from "#shared/data-folder.ts";
import type { Context } from "../context.ts";
import { checkBrowsers } from "../doctor/check-browsers.ts";
import { askGateway, checkClock, judgeGateway } from "../doctor/check-clock.ts";
import { checkFilms } from "../doctor/check-films.ts";
import { checkFolder } from "../doctor/check-folders.ts";
import {
  availableBytes,
  judgeMemory,
  judgeOpenFiles,
  openFilesMax,
} from "../doctor/check-memory.ts";
import { checkNats } from "../doctor/check-nats.ts";
import { checkPort } from "../doctor/check-ports.ts";
import { findCa } from "../endpoint.ts";
import { EXIT_LEFT, EXIT_REFUSED } from "../exit-code.ts";
import { type Finding, findingLines } from "../finding.ts";
import { endAll } from "../mesh/doomed.ts";
import { fromCaller } from "../paths.ts";

export type DoctorOptions = {
  readonly data?: string;
  readonly gateway?: string;
  readonly ca?: string;
  readonly port?: number;
  readonly natsPort?: number;
  readonly slots?: number;
  readonly json?: boolean;
};

/** Prints one line a finding; 0 when nothing is broken, else 2. */
export async function examine(options: DoctorOptions, context: Context): Promise<number> {
  const { terminal, stops } = context;
  stops.onWish(() => {
    endAll();
    process.exit(EXIT_LEFT);
  });
  const findings: Finding[] = [];
  for (const check of checksOf(options, context)) {
    const found = await check();
    findings.push(...found);
    if (options.json !== true) for (const line of found.flatMap(findingLines)) terminal.say(line);
  }
  const isWell = findings.every(({ state }) => state !== "broken");
  if (options.json === true) terminal.say(JSON.stringify({ isWell, findings: findings.map(told) }));
  return isWell ? 0 : EXIT_REFUSED;
}

/** For scripts, which ask one thing first. */
function told(finding: Finding) {
  return { ...finding, isWell: finding.state !== "broken" };
}

type Check = () => Promise<readonly Finding[]> | readonly Finding[];

/** In order, one after the other: what is measured must not be disturbed by the check beside it. */
function checksOf(options: DoctorOptions, context: Context): readonly Check[] {
  const { config, clock } = context;
  const { searchPath, limits, callerDir, stateDir } = config;
  const data = options.data === undefined ? undefined : fromCaller(callerDir, options.data);
  const freeBytesMin = limits.freeDiskBytesMin;
  return [
    async () => [await checkNats({ searchPath, clock })],
    () => checkBrowsers({ searchPath }),
    () => checkFilms({ searchPath }),
    () => [
      checkFolder({ name: "folder of temporary files", path: tmpdir(), freeBytesMin }),
      checkFolder({ name: "data folder", path: data ?? stateDir, freeBytesMin }),
    ],
    async () => [
      await checkPort("HTTP port", options.port),
      await checkPort("NATS port", options.natsPort),
    ],
    async () => [await checkClock(clock), ...(await gatewayFindings(options, data, context))],
    () => [
      judgeMemory(availableBytes(), options.slots ?? availableParallelism()),
      ...openFilesFindings(),
    ],
  ];
}

function openFilesFindings(): Finding[] {
  const count = openFilesMax();
  return count === undefined ? [] : [judgeOpenFiles(count)];
}

/** The gateway that is named must be there; the one that used a data folder need not run now. */
async function gatewayFindings(
  options: DoctorOptions,
  data: string | undefined,
  { config, clock }: Context,
): Promise<Finding[]> {
  const url = options.gateway ?? config.gatewayUrl?.replace(/\/+$/, "");
  if (data === undefined) {
    if (url === undefined) return [];
    const ca = findCa(options, config);
    return [judgeGateway(url, await askGateway({ url, ca }, clock))];
  }
  const name = "gateway";
  const served = lastServed(data);
  if (served === undefined) return [{ name, state: "absent", said: `none has used ${data} yet` }];
  const answer = await askGateway({ ...served, ca: findCa(options, config, served.ca) }, clock);
  if (answer.kind === "serves") return [judgeGateway(served.url, answer)];
  return [{ name, state: "absent", said: `served last at ${served.url}, does not now` }];
}

function lastServed(data: string): GatewayAddress | undefined {
  try {
    return readGatewayAddress(data);
  } catch {
    // A new folder: the gateway makes all that it needs.
    return undefined;
  }
}
