/**
 * Whether the nats-server that a killed gateway left behind may be taken over. Judges only; server.ts ends and starts.
 *
 * It is fit when all of this holds: its command line names our configuration, its configuration is the one that would
 * be written now, it greets by our server name on our port, and it takes our credential and answers.
 * The configuration file says what the server runs with, since it is only ever written while no server of it lives.
 */
import { readFileSync } from "node:fs";
import { type Clock, pause } from "../clock.ts";
import { readPidFile } from "../folder-lock.ts";
import { findOurs, isFrozen, isOurs, readGreeting } from "./server-process.ts";

export type LeftServer =
  | { readonly kind: "none" }
  | { readonly kind: "fit"; readonly pid: number; readonly port: number }
  | { readonly kind: "unfit"; readonly pid: number; readonly reason: string };

export type AdoptionAsk = {
  readonly confPath: string;
  readonly pidPath: string;
  readonly serverName: string;
  /** The address of this machine at which it must answer. */
  readonly host: string;
  readonly port: number;
  /** The configuration as it would be written now. */
  readonly wanted: string;
  /** Connects with our credential and waits for an answer; returns what kept it from it. */
  readonly tryCredential: (port: number) => Promise<string | undefined>;
  readonly clock: Clock;
  /** Told of a pid file that names no server of ours. */
  readonly log?: ((message: string) => void) | undefined;
};

/** A machine under load lets a healthy server wait; a frozen one is known at once. */
const ANSWER_MS_MAX = 5_000;
const GREETING_MS_MAX = 1_000;
const POLL_MS = 20;

/** Looks at what the pid file and the process list say, and asks the server itself. */
export async function judgeLeftServer(ask: AdoptionAsk): Promise<LeftServer> {
  const { confPath, pidPath, port } = ask;
  const told = readPidFile(pidPath);
  if (told !== undefined && !isOurs(told, confPath))
    ask.log?.(`${pidPath} is stale: the process ${told} is not the nats-server of this folder`);
  const pid = findOurs(confPath, pidPath);
  if (pid === undefined) return { kind: "none" };
  const reason =
    configurationFault(ask) ?? (await greetingFault(ask, pid)) ?? (await ask.tryCredential(port));
  return reason === undefined ? { kind: "fit", pid, port } : { kind: "unfit", pid, reason };
}

/** The port of the configuration that was written last; undefined when there is none. */
export function configuredPort(confPath: string): number | undefined {
  const port = Number(/^port: (\d+)$/m.exec(readOrEmpty(confPath))?.[1]);
  return Number.isSafeInteger(port) && port > 0 ? port : undefined;
}

function configurationFault({ confPath, wanted }: AdoptionAsk): string | undefined {
  return readOrEmpty(confPath) === wanted ? undefined : "its configuration is another by now";
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // None: what runs was started with something else.
    return "";
  }
}

async function greetingFault(ask: AdoptionAsk, pid: number): Promise<string | undefined> {
  const { clock, host, port, serverName } = ask;
  const untilMs = clock.monotonicMs() + ANSWER_MS_MAX;
  for (;;) {
    if (isFrozen(pid)) return "it is frozen";
    const name = await readGreeting({ host, port, timeoutMs: GREETING_MS_MAX });
    if (name === serverName) return undefined;
    if (name !== undefined) return `another server (${name}) answers on its port ${port}`;
    if (clock.monotonicMs() > untilMs) return `it does not answer on its port ${port}`;
    await pause(clock, POLL_MS);
  }
}
