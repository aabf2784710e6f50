/** The gateway's NATS: an outside one, or an embedded nats-server that it supervises; and what a join token says of it. */
import type { JoinToken } from "#proto/api.ts";
import type { NodeId } from "#proto/ids.ts";
import { gatewayInboxPrefix, gatewayProbeSubject, isOwnInbox } from "#proto/subjects.ts";
import type { Bus } from "#shared/bus.ts";
import type { Clock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";
import type { GatewayFolder } from "#shared/data-folder.ts";
import { messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";
import { type NatsCredential, openNatsAuthority } from "#shared/nats/credentials.ts";
import { startNatsServer } from "#shared/nats/server.ts";
import type { GatewayOptions } from "./gateway.ts";

const TRY_MS_MAX = 3_000;

export type NatsOpening = {
  readonly options: GatewayOptions;
  readonly folder: GatewayFolder;
  readonly clock: Clock;
  readonly log: Log;
};

export type OpenNats = {
  readonly bus: Bus;
  readonly url: string;
  readonly publicUrl: string;
  readonly port: number | undefined;
  /** Signs the credential of one node; undefined with an outside NATS, whose users are not ours to make. */
  readonly issue: ((nodeId: NodeId, publicKey: string) => string) | undefined;
};

/** Connects to the NATS that the options name, or starts an own one and connects to that. @throws {MeshError} As `startGateway`. */
export function openNats(parts: AsyncDisposableStack, opening: NatsOpening): Promise<OpenNats> {
  const { natsUrl } = opening.options;
  return natsUrl === undefined
    ? openOwnNats(parts, opening)
    : openOutsideNats(parts, opening, natsUrl);
}

async function openOutsideNats(
  parts: AsyncDisposableStack,
  { log }: NatsOpening,
  natsUrl: string,
): Promise<OpenNats> {
  const { url, credential } = readNatsUrl(natsUrl);
  log.warn(
    "This NATS is not the gateway's own: what each node may say and hear there is decided by its users, not per node; anyone with a join token has the same user as every node",
    { url },
  );
  const bus = await openBus(parts, { url, credential, log });
  return { bus, url, publicUrl: natsUrl, port: undefined, issue: undefined };
}

async function openOwnNats(
  parts: AsyncDisposableStack,
  { options, folder, clock, log }: NatsOpening,
): Promise<OpenNats> {
  const kept = folder.ports().nats;
  const authority = openNatsAuthority(folder.natsKeysPath, clock);
  const server = await startNatsServer({
    searchPath: options.searchPath ?? readConfig().searchPath,
    confPath: folder.natsConfPath,
    pidPath: folder.natsPidPath,
    trust: authority.trust,
    serverName: `panoptic-${folder.meshId}`,
    tryCredential: (url) => tryCredential({ url, credential: authority.gateway, log }, clock),
    clock,
    log: (message) => log.warn(message),
    ...(options.natsLife === undefined ? {} : { life: options.natsLife }),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.natsPort === undefined ? {} : { port: options.natsPort }),
    ...(kept === undefined ? {} : { portKept: kept }),
  });
  parts.adopt(server, (started) => started.stop());
  const { url, port } = server;
  const bus = await openBus(parts, { url, credential: authority.gateway, log });
  return { bus, url, publicUrl: publicNatsUrl(options, port), port, issue: authority.issue };
}

type BusOpening = {
  readonly url: string;
  readonly credential: NatsCredential | undefined;
  readonly log: Log;
};

async function openBus(parts: AsyncDisposableStack, opening: BusOpening): Promise<Bus> {
  return parts.adopt(await connect(opening), (opened) => opened.close());
}

const connect = (opening: BusOpening & { readonly firstConnectMs?: number }): Promise<Bus> =>
  connectNatsBus({
    ...opening,
    name: "panoptic gateway",
    inboxPrefix: gatewayInboxPrefix(),
    mayReply: isOwnInbox,
  });

/** Whether a server that was left behind takes our credential and carries what we say to ourselves; returns why not. */
async function tryCredential(opening: BusOpening, clock: Clock): Promise<string | undefined> {
  try {
    await using parts = new AsyncDisposableStack();
    const bus = parts.adopt(await connect({ ...opening, firstConnectMs: TRY_MS_MAX }), (opened) =>
      opened.close(),
    );
    const came = Promise.withResolvers<string | undefined>();
    const subject = gatewayProbeSubject("adoption");
    bus.subscribe(subject, () => came.resolve(undefined));
    const late = clock.after(TRY_MS_MAX, () => came.resolve("it does not answer"));
    bus.publish(subject, new Uint8Array([1]));
    return await came.promise.finally(() => late.cancel());
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** A NATS address without its credential, and the credential. */
function readNatsUrl(text: string) {
  const { protocol, host, username, password } = new URL(text);
  const credential: NatsCredential | undefined =
    username === ""
      ? undefined
      : {
          kind: "password",
          user: decodeURIComponent(username),
          password: decodeURIComponent(password),
        };
  return { url: `${protocol}//${host}`, credential };
}

/** Nodes elsewhere reach the embedded server by the name under which they reach the gateway. */
function publicNatsUrl(options: GatewayOptions, port: number): string {
  const host =
    options.publicUrl === undefined
      ? (options.host ?? "127.0.0.1")
      : new URL(options.publicUrl).hostname;
  return `nats://${host}:${port}`;
}

/** How nodes reach the gateway and its NATS. */
type Addresses = { readonly publicUrl: string; readonly natsUrl: string };

/** What a new node is told (I3): where the mesh is and the key to join it; an outside NATS also its user. */
export function tokenOf(folder: GatewayFolder, { publicUrl, natsUrl }: Addresses): JoinToken {
  const { url, credential } = readNatsUrl(natsUrl);
  return {
    version: 2,
    meshId: folder.meshId,
    gatewayUrl: publicUrl,
    natsUrl: url,
    joinKey: folder.joinKey,
    ...(credential?.kind === "password"
      ? { natsUser: credential.user, natsPassword: credential.password }
      : {}),
  };
}
