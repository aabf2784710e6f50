/** Doctor: nats-server. Starts one as a gateway does, and sends a message through it. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { gatewayProbeSubject } from "#proto/subjects.ts";
import type { Clock } from "#shared/clock.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { silentLog } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";
import { createNatsAuthority } from "#shared/nats/credentials.ts";
import { startNatsServer } from "#shared/nats/server.ts";
import { findNatsServer } from "#shared/nats/server-process.ts";
import type { Finding } from "../finding.ts";
import { makeTempFolder } from "../mesh/temp-folder.ts";

export type NatsCheck = {
  readonly searchPath: string;
  readonly clock: Clock;
};

const NAME = "nats-server";
const VERSION_MS_MAX = 10_000;
const CONNECT_MS_MAX = 5_000;
const ANSWER_MS_MAX = 2_000;
const FIX =
  "sudo apt-get install -y nats-server (or a newer one from github.com/nats-io/nats-server)";

/** One finding: version, start, a message there and back. */
export async function checkNats({ searchPath, clock }: NatsCheck): Promise<Finding> {
  try {
    const path = findNatsServer(undefined, searchPath);
    const version = await readVersion(path);
    const tookMs = await sendThrough(path, searchPath, clock);
    const said = `${version} at ${path}, a message there and back took ${tookMs.toFixed(1)} ms`;
    return { name: NAME, state: "works", said };
  } catch (thrown) {
    return { name: NAME, state: "broken", said: messageOf(thrown), fix: FIX };
  }
}

/** @throws {MeshError} When it is too old for us, or says no version at all. */
async function readVersion(path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(path, ["--version"], { timeout: VERSION_MS_MAX });
  const said = stdout.trim().replace(/^nats-server: /, "");
  const version = /v?(\d+)\.(\d+)\.(\d+)/.exec(said);
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  const isNew = major > 2 || (major === 2 && minor >= 9);
  if (isNew) return said;
  throw new MeshError("tool_missing", `${path} is "${said}": 2.9 or newer is needed`);
}

async function sendThrough(path: string, searchPath: string, clock: Clock): Promise<number> {
  await using parts = new AsyncDisposableStack();
  const folder = parts.adopt(await makeTempFolder("doctor"), ({ remove }) => remove());
  const authority = createNatsAuthority(clock);
  const server = await startNatsServer({
    natsServerPath: path,
    searchPath,
    confPath: join(folder.path, "nats.conf"),
    pidPath: join(folder.path, "nats.pid"),
    trust: authority.trust,
    clock,
  });
  parts.defer(() => server.stop());
  const bus = await connectNatsBus({
    url: server.url,
    credential: authority.gateway,
    name: "panoptic-doctor",
    log: silentLog,
    firstConnectMs: CONNECT_MS_MAX,
    clock,
  });
  parts.defer(() => bus.close());
  const came = Promise.withResolvers<void>();
  const subject = gatewayProbeSubject("doctor");
  bus.subscribe(subject, () => came.resolve());
  const late = clock.after(ANSWER_MS_MAX, () =>
    came.reject(new MeshError("bus_timeout", `no message came back in ${ANSWER_MS_MAX} ms`)),
  );
  const startedMs = clock.monotonicMs();
  bus.publish(subject, new Uint8Array([1]));
  await came.promise.finally(() => late.cancel());
  return clock.monotonicMs() - startedMs;
}
