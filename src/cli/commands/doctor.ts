/** `panoptic doctor`: does what the product will need to do, and says how to mend what does not work. */
import { execFile } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { createDrivers } from "#node/drivers/load.ts";
import { readGatewayAddress } from "#shared/data-folder.ts";
import { messageOf } from "#shared/errors.ts";
import { findNatsServer } from "#shared/nats/server-process.ts";
import { isPortFree } from "#shared/runtime/free-port.ts";
import type { Context } from "../context.ts";
import { EXIT_REFUSED } from "../exit-code.ts";
import { fromCaller } from "../paths.ts";

export type DoctorOptions = {
  readonly data?: string;
  readonly port?: number;
  readonly natsPort?: number;
  readonly json?: boolean;
};

type Finding = {
  readonly name: string;
  readonly isWell: boolean;
  readonly said: string;
  /** What a person types or does; only when it is not well. */
  readonly fix?: string;
};

const LOOPBACK = "127.0.0.1";
const PROBE_MS_MAX = 30_000;
const COMMAND_MS_MAX = 10_000;

/** Prints one line a check; 0 when all is well, else 2. */
export async function examine(options: DoctorOptions, context: Context): Promise<number> {
  const findings = (
    await Promise.all([
      checkNats(context),
      checkDrivers(context),
      checkFolders(options, context),
      checkPorts(options, context),
    ])
  ).flat();
  const isWell = findings.every((finding) => finding.isWell);
  if (options.json) context.terminal.say(JSON.stringify({ isWell, findings }));
  else for (const line of findings.flatMap(linesOf)) context.terminal.say(line);
  return isWell ? 0 : EXIT_REFUSED;
}

function linesOf({ name, isWell, said, fix }: Finding): string[] {
  const line = `${isWell ? "ok  " : "BAD "} ${name}: ${said}`;
  return fix === undefined ? [line] : [line, `     fix: ${fix}`];
}

async function checkNats({ config }: Context): Promise<Finding[]> {
  const name = "nats-server";
  try {
    const path = findNatsServer(undefined, config.searchPath);
    const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: COMMAND_MS_MAX });
    const version = /v?(\d+)\.(\d+)\.(\d+)/.exec(stdout);
    const isNew = version !== null && (Number(version[1]) > 2 || Number(version[2]) >= 9);
    const said = `${stdout.trim().replace(/^nats-server: /, "")} at ${path}`;
    return [
      isNew
        ? { name, isWell: true, said }
        : { name, isWell: false, said, fix: "install nats-server 2.9 or newer" },
    ];
  } catch (thrown) {
    return [
      { name, isWell: false, said: messageOf(thrown), fix: "sudo apt-get install -y nats-server" },
    ];
  }
}

/** Launches a browser, as a node does at its start. */
async function checkDrivers({ config }: Context): Promise<Finding[]> {
  const drivers = createDrivers({ searchPath: config.searchPath });
  const probes = await Promise.all(drivers.map((driver) => driver.probe(PROBE_MS_MAX)));
  return probes.map((probe) => {
    if (probe.kind === "unable") {
      const fix = "sudo apt-get install -y chromium-headless-shell";
      return { name: `platform ${probe.platform}`, isWell: false, said: probe.reason, fix };
    }
    const { platform, browser, version } = probe.capability;
    const said = browser === undefined ? "works" : `${browser} ${version ?? ""} opened a page`;
    return { name: `platform ${platform}`, isWell: true, said };
  });
}

async function checkFolders(options: DoctorOptions, { config }: Context): Promise<Finding[]> {
  const data = options.data === undefined ? undefined : fromCaller(config.callerDir, options.data);
  const folders = [
    { name: "folder of temporary files", path: tmpdir() },
    { name: "data folder", path: data ?? join(config.homeDir, ".panoptic") },
  ];
  return folders.map(({ name, path }) => checkFolder(name, path, config.limits.freeDiskBytesMin));
}

function checkFolder(name: string, path: string, bytesMin: number): Finding {
  const existing = nearestFolder(path);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    const probe = mkdtempSync(join(existing, ".panoptic-doctor-"));
    mkdirSync(join(probe, "made"));
    rmSync(probe, { recursive: true });
  } catch (thrown) {
    const fix = "make it writable for this user, or name another (--data DIR, TMPDIR)";
    return { name, isWell: false, said: `cannot write to ${existing}: ${messageOf(thrown)}`, fix };
  }
  const { bavail, bsize } = statfsSync(existing);
  const megabytes = Math.floor((bavail * bsize) / 1_048_576);
  const said = `${path} is writable, ${megabytes} MB free`;
  if (bavail * bsize >= bytesMin) return { name, isWell: true, said };
  return {
    name,
    isWell: false,
    said,
    fix: `free at least ${Math.ceil(bytesMin / 1_048_576)} MB: a node refuses tests below`,
  };
}

function nearestFolder(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

async function checkPorts(options: DoctorOptions, { config }: Context): Promise<Finding[]> {
  const asked = [
    { name: "HTTP port", port: options.port },
    { name: "NATS port", port: options.natsPort },
  ];
  const findings = await Promise.all(asked.map(({ name, port }) => checkPort(name, port)));
  if (options.data === undefined) return findings;
  return [...findings, ...checkGateway(fromCaller(config.callerDir, options.data))];
}

async function checkPort(name: string, port: number | undefined): Promise<Finding> {
  const isFree = await isPortFree(LOOPBACK, port ?? 0);
  const which = port === undefined ? "a free port of loopback" : `port ${port} of loopback`;
  if (isFree) return { name, isWell: true, said: `${which} can be listened on` };
  return {
    name,
    isWell: false,
    said: `${which} is used by another program`,
    fix: "stop that program, or name another port",
  };
}

/** What is known of a gateway that served from the data folder: information, since it need not run now. */
function checkGateway(data: string): Finding[] {
  try {
    return [
      { name: "gateway", isWell: true, said: `served last at ${readGatewayAddress(data).url}` },
    ];
  } catch {
    // A new folder: the gateway makes all that it needs.
    return [];
  }
}
