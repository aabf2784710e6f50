/**
 * What is left of a program and of everything that it started: processes that carry its mark in their environment, and
 * those of the sessions that they led, since the children of a browser hide their environment. Linux.
 */
import { readdirSync, readFileSync } from "node:fs";

export type Remains = {
  /** A name and value that the program is started with, and that its children inherit. */
  readonly env: Readonly<Record<string, string>>;
  /** Every process of it that lives now. Remembers the sessions that it sees. */
  readonly look: () => readonly LiveProcess[];
};

export type LiveProcess = {
  readonly pid: number;
  /** The leader of its session. */
  readonly session: number;
  readonly command: string;
};

/** Makes a mark; `look` finds what carries it. */
export function markProcesses(value: string): Remains {
  const name = "KILL_NINE_MARK";
  const own = liveProcess(String(process.pid))?.session;
  const sessions = new Set<number>();
  const look = () => {
    const all = readdirSync("/proc")
      .filter((pid) => /^\d+$/.test(pid))
      .flatMap((pid) => liveProcess(pid) ?? []);
    const marked = all.filter(({ pid }) => environmentOf(pid).includes(`${name}=${value}`));
    for (const { session } of marked) if (session !== own) sessions.add(session);
    const pids = new Set(marked.map(({ pid }) => pid));
    return all.filter(({ pid, session }) => pids.has(pid) || sessions.has(session));
  };
  return { env: { [name]: value }, look };
}

function liveProcess(pid: string): LiveProcess | undefined {
  try {
    const [state, , , session] = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    if (state === "Z" || state === "X") return undefined;
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    return { pid: Number(pid), session: Number(session), command };
  } catch {
    return undefined; // ended meanwhile
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return ""; // ended meanwhile, or another user's
  }
}
