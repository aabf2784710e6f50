/**
 * The parts of the mesh under chaos as real processes: gateway, nodes behind proxies of their own, nats-server. Only by
 * what people have: the CLI, its data folders, signals. Owns who lives, who is frozen, who is cut off.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAlive } from "#kit/mesh.ts";
import { type Program, type ProgramEnd, runProgram, startProgram } from "#kit/program.ts";
import { startTcpProxy, type TcpProxy } from "#kit/tcp-proxy.ts";
import { waitUntil } from "#kit/wait-until.ts";
import type { JoinToken } from "#proto/api.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { messageOf } from "#shared/errors.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { decodeJoinToken, encodeJoinToken } from "#shared/join-token.ts";
import { endProcessesOf, processesOf, processInWords } from "./leftovers.ts";
import type { Profile } from "./profiles.ts";

export type Links = { readonly nats: TcpProxy; readonly http: TcpProxy };

export type Cast = AsyncDisposable & {
  readonly dir: string;
  readonly gatewayDir: string;
  readonly nodeNames: readonly string[];
  readonly nodeDir: (name: string) => string;
  readonly linksOf: (name: string) => Links;
  /** Pid of a node; undefined while it is not there. */
  readonly nodePid: (name: string) => number | undefined;
  /** Of all nodes that are there, by name. */
  readonly nodePids: () => ReadonlyMap<string, number>;
  readonly gatewayPid: () => number | undefined;
  readonly natsPid: () => number | undefined;
  readonly startNode: (name: string) => Promise<void>;
  readonly startGateway: () => Promise<void>;
  /** SIGKILL to this one process, as by `kill -9 PID`; resolves when it has ended. */
  readonly kill: (name: string) => Promise<void>;
  readonly ask: (...words: string[]) => Promise<ProgramEnd>;
  /** What ended by itself, with its last words; each was started again, as a supervisor would. */
  readonly died: () => readonly string[];
  /** Everything that the processes have said, by the last lines of each. */
  readonly saidTail: () => string;
  /** Asks all to stop, and names what lives on or lies about. */
  readonly stopAll: () => Promise<string[]>;
  /** Removes the folder. */
  readonly forget: () => void;
};

const SAID_TAIL_CHARS = 4_000;
/** What ends by itself again and again stays down. */
const DIED_MAX = 5;
const STOP_MS_MAX = 60_000;
const LEFT_MS_MAX = 10_000;
const GATEWAY = "gateway";

/** Starts gateway and nodes, and returns when every node has joined. */
export async function startCast(profile: Profile): Promise<Cast> {
  const cast = await createCast(profile);
  try {
    await cast.startGateway();
    await Promise.all(cast.nodeNames.map(cast.startNode));
    return cast;
  } catch (thrown) {
    await cast[Symbol.asyncDispose]();
    cast.forget();
    throw thrown;
  }
}

async function createCast(profile: Profile): Promise<Cast> {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-chaos-"));
  // Whatever a killed process leaves behind lies where it is looked for at the end.
  const temporary = join(dir, "tmp");
  mkdirSync(temporary);
  const env = { PANOPTIC_LIMITS: JSON.stringify(profile.limits), TMPDIR: temporary };
  // Ctrl-C, or a fault of chaos: nothing of it stays.
  const endNow = () => {
    endProcessesOf(dir);
    rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  process.on("exit", endNow);
  const gatewayDir = join(dir, GATEWAY);
  const nodeNames = Array.from({ length: profile.nodeCount }, (_, index) => `node-${index + 1}`);
  const nodeDir = (name: string) => join(dir, "nodes", name);
  const died: string[] = [];
  let isStopping = false;
  const programs = new Map<string, Program>();
  const said: { readonly name: string; readonly program: Program }[] = [];
  const links = new Map<string, Links & { token?: JoinToken }>();
  for (const name of nodeNames) links.set(name, await openLinks(name));

  async function openLinks(name: string): Promise<Links> {
    const to = (key: "natsUrl" | "gatewayUrl") => () => {
      const { hostname: host, port } = new URL(
        links.get(name)?.token?.[key] ?? "http://127.0.0.1:1",
      );
      return { host, port: Number(port) };
    };
    return {
      nats: await startTcpProxy(to("natsUrl")),
      http: await startTcpProxy(to("gatewayUrl")),
    };
  }
  const linksOf = (name: string) => {
    const found = links.get(name);
    if (found === undefined) throw new Error(`There is no ${name}`);
    return found;
  };
  const launch = async (name: string, words: readonly string[], more = {}): Promise<void> => {
    const program = startProgram([...words, "--json"], {
      callerDir: dir,
      env: { ...env, ...more },
    });
    programs.set(name, program);
    said.push({ name, program });
    void program.ended.then(() => {
      if (isStopping || programs.get(name) !== program) return;
      programs.delete(name);
      died.push(`${name} (pid ${program.pid}): ${program.stderr().slice(-SAID_TAIL_CHARS)}`);
      const isBack = died.length > DIED_MAX ? undefined : launch(name, words, more);
      isBack?.catch((thrown: unknown) => died.push(`${name} again: ${messageOf(thrown)}`));
    });
    // On a busy machine once more: its deadline is a test's.
    await program.ready().catch(program.ready);
  };
  const ask = (...words: string[]) => runProgram(words, { callerDir: dir, env });
  const newToken = async () => {
    const { stdout, stderr } = await ask("token", "--data", gatewayDir);
    if (!stdout.startsWith("pnp1_")) throw new Error(`No join token: ${stderr}`);
    return stdout;
  };
  /** The token that a person would be given, with the node's own proxies in it; kept, as the person would. */
  const tokenOf = async (name: string): Promise<string> => {
    const own = linksOf(name) as Links & { token?: JoinToken };
    own.token ??= decodeJoinToken(await newToken());
    const { nats, http } = own;
    return encodeJoinToken({
      ...own.token,
      natsUrl: `nats://127.0.0.1:${nats.port}`,
      gatewayUrl: `http://127.0.0.1:${http.port}`,
    });
  };
  const stopAll = async (): Promise<string[]> => {
    isStopping = true;
    for (const names of [nodeNames, [GATEWAY]]) {
      const ending = names.flatMap((name) => programs.get(name) ?? []);
      for (const program of ending) program.signal("SIGTERM");
      const all = Promise.all(ending.map(({ ended }) => ended));
      await Promise.race([all, pause(systemClock, STOP_MS_MAX)]);
    }
    const what = "nothing of it is left";
    const isClean = () => processesOf(dir).length === 0 && readdirSync(temporary).length === 0;
    await waitUntil(isClean, { what, deadlineMs: LEFT_MS_MAX }).catch(() => undefined); // named below
    const files = readdirSync(temporary).map((name) => `temporary file ${name}`);
    return [...processesOf(dir).map(processInWords), ...files];
  };
  return {
    dir,
    gatewayDir,
    nodeNames,
    nodeDir,
    linksOf,
    nodePid: (name) => programs.get(name)?.pid,
    nodePids: () =>
      new Map([...programs].flatMap(([name, { pid }]) => (name === GATEWAY ? [] : [[name, pid]]))),
    gatewayPid: () => programs.get(GATEWAY)?.pid,
    natsPid: () => {
      const pid = readPidFile(join(gatewayDir, "nats.pid"));
      return pid !== undefined && isAlive(pid) ? pid : undefined;
    },
    startNode: async (name) =>
      launch(
        name,
        ["node", "--name", name, "--data", nodeDir(name), "--slots", String(profile.slots)],
        { PANOPTIC_JOIN: await tokenOf(name) },
      ),
    startGateway: () => launch(GATEWAY, ["gateway", "--data", gatewayDir]),
    kill: async (name) => {
      const program = programs.get(name);
      programs.delete(name);
      program?.signal("SIGKILL");
      await program?.ended;
    },
    ask,
    died: () => died,
    saidTail: () =>
      said
        .map(({ name, program }) => {
          const text = (program.stdout() + program.stderr()).slice(-SAID_TAIL_CHARS);
          return `== ${name} (pid ${program.pid})\n${text}`;
        })
        .join("\n"),
    stopAll,
    forget: () => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }),
    [Symbol.asyncDispose]: async () => {
      isStopping = true;
      process.off("exit", endNow);
      for (const program of programs.values()) {
        program.signal("SIGCONT");
        program.signal("SIGKILL");
      }
      await Promise.all([...programs.values()].map(({ ended }) => ended));
      endProcessesOf(dir);
      for (const { nats, http } of links.values()) {
        await nats[Symbol.asyncDispose]();
        await http[Symbol.asyncDispose]();
      }
    },
  };
}
