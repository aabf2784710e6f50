/**
 * How a node gets into its mesh: it joins by HTTP, which gives it credentials of its own, and connects to NATS by them.
 * Waits for both as long as it takes, and says so. What it got at an earlier join serves while the gateway's HTTP is
 * away; when NATS refuses that, at the start or at a later reconnect, it joins anew.
 */
import type { JoinToken } from "#proto/api.ts";
import { MeshId, type NodeId } from "#proto/ids.ts";
import { nodeInboxPrefix } from "#proto/subjects.ts";
import type { Bus } from "#shared/bus.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";
import type { NatsCredential } from "#shared/nats/credentials.ts";
import { openCredential, type Pass } from "./credential.ts";
import { askToJoin } from "./join.ts";

export type EnterOptions = {
  readonly token: JoinToken;
  readonly nodeId: NodeId;
  readonly name: string;
  readonly credentialPath: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the waiting. */
  readonly signal: AbortSignal | undefined;
  /** Told once when a node that is connected is refused for good: its credential, and then a new join. */
  readonly onBarred: (error: MeshError) => void;
};

export type MeshAccess = { readonly bus: Bus; readonly blobKey: string };

const JOIN_RETRY_MS = 200;
const JOIN_RETRY_MS_MAX = 5_000;
/** Between two joins because NATS refuses: its client dials several times a second. */
const RENEW_MS = 5_000;

/**
 * Joins and connects.
 *
 * @throws {MeshError} `unauthorized` when the gateway refuses the join key or NATS a credential that is new; `refused`
 *   when the gateway refuses this node by name; `untrusted` when one's certificate is not trusted; `usage` when `signal` ended it.
 */
export async function enterMesh(options: EnterOptions): Promise<MeshAccess> {
  const entry = createEntry(options);
  const url = options.token.natsUrl;
  let isNew = await entry.join("or what was kept");
  for (;;) {
    const fault = await connectNatsBus({ ...options, ...entry.busOptions(), url }).catch(asFault);
    if (!(fault instanceof MeshError)) return { bus: fault, blobKey: entry.pass().blobKey };
    options.log.warn("NATS is not reached yet", { reason: fault.message });
    if (options.signal?.aborted) throw endedEarly();
    if (fault.code === "gateway_unreachable") continue;
    if (fault.code !== "unauthorized" || isNew) throw fault;
    isNew = await entry.join("anew");
  }
}

/** An expected failure as a value. @throws Everything else. */
function asFault(thrown: unknown): MeshError {
  if (thrown instanceof MeshError) return thrown;
  throw thrown;
}

function createEntry(options: EnterOptions) {
  const { token, nodeId, name, clock, log, signal } = options;
  const kept = openCredential(options.credentialPath, log);
  const meshId = MeshId.parse(token.meshId);
  const pass = (): Pass => {
    const known = kept.pass();
    if (known !== undefined) return known;
    throw new MeshError("internal", "Cannot connect: this node has not joined");
  };
  /** Whether what an earlier join gave fits this token. */
  const hasPass = () => kept.pass()?.meshId === meshId && kept.pass()?.nodeId === nodeId;
  /** True when the gateway answered; false when it is away and something was kept. */
  const join = async (how: "anew" | "or what was kept"): Promise<boolean> => {
    const request = { meshId, nodeId, publicKey: kept.publicKey };
    let pauseMs = JOIN_RETRY_MS;
    for (;;) {
      if (signal?.aborted) throw endedEarly();
      const answer = await askToJoin({ token, name, request, signal }).catch(asFault);
      if (!(answer instanceof MeshError)) {
        kept.keepPass({ meshId, ...answer });
        return true;
      }
      if (answer.code !== "gateway_unreachable") throw answer;
      log.warn("The gateway is not reached yet", { reason: answer.message });
      if (how === "or what was kept" && hasPass()) return false;
      await pause(clock, pauseMs, signal).catch(() => undefined); // an abort is seen above
      pauseMs = Math.min(JOIN_RETRY_MS_MAX, pauseMs * 2);
    }
  };
  let isRenewing = false;
  /** NATS refuses a node that was connected: its server has other keys now, or this credential was withdrawn. */
  const renew = async () => {
    if (isRenewing) return;
    isRenewing = true;
    try {
      await join("anew");
      await pause(clock, RENEW_MS, signal);
      isRenewing = false;
    } catch (thrown) {
      if (!signal?.aborted && thrown instanceof MeshError) options.onBarred(thrown);
    }
  };
  const busOptions = () => ({
    name: `node ${name}`,
    tls: token.natsUrl.startsWith("tls://") ? { ca: token.ca } : undefined,
    credential: credentialOf(token, kept.seed, pass),
    inboxPrefix: nodeInboxPrefix(nodeId),
    onRefused: () => void renew(),
  });
  return { pass, join, busOptions };
}

/** An own nats-server knows each node; an outside one the user of the token, or anybody. */
function credentialOf(
  token: JoinToken,
  seed: string,
  pass: () => Pass,
): NatsCredential | undefined {
  if (token.natsUser !== undefined)
    return { kind: "password", user: token.natsUser, password: token.natsPassword ?? "" };
  if (pass().natsJwt === undefined) return undefined;
  return { kind: "key", jwt: () => pass().natsJwt ?? "", seed };
}

/** A start that was ended while it waited. */
export const endedEarly = () => new MeshError("usage", "The node was stopped before it had joined");
