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
import type { NatsTls } from "#shared/nats/dial.ts";
import { startNatsServer } from "#shared/nats/server.ts";
import { urlHost } from "#shared/runtime/serve.ts";
import type { GatewayOptions } from "./gateway.ts";
import type { GatewayTls } from "./tls.ts";

const TRY_MS_MAX = 3_000;

export type NatsOpening = {
  readonly options: GatewayOptions;
  readonly folder: GatewayFolder;
  /** Absent: without TLS. */
  readonly tls: GatewayTls | undefined;
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
  { log, tls }: NatsOpening,
  natsUrl: string,
): Promise<OpenNats> {
  const { url, credential } = readNatsUrl(natsUrl);
  log.warn(
    "This NATS is not the gateway's own: what each node may say and hear there is decided by its users, not per node; anyone with a join token has the same user as every node",
    { url },
  );
  const trust = url.startsWith("tls://") ? { ca: tls?.ca } : undefined;
  const bus = await openBus(parts, { url, credential, tls: trust, log });
  return { bus, url, publicUrl: natsUrl, port: undefined, issue: undefined };
}

async function openOwnNats(
  parts: AsyncDisposableStack,
  { options, folder, tls, clock, log }: NatsOpening,
): Promise<OpenNats> {
  const kept = folder.ports().nats;
  const authority = openNatsAuthority(folder.natsKeysPath, clock);
  const trust = tls === undefined ? undefined : { ca: tls.ca, name: tls.serve.name };
  const own = { credential: authority.gateway, tls: trust, log };
  const server = await startNatsServer({
    searchPath: options.searchPath ?? readConfig().searchPath,
    confPath: folder.natsConfPath,
    pidPath: folder.natsPidPath,
    trust: authority.trust,
    serverName: `panoptic-${folder.meshId}`,
    tls: tls?.nats,
    tryCredential: (url) => tryCredential({ ...own, url }, clock),
    clock,
    log: (message) => log.warn(message),
    ...(options.natsLife === undefined ? {} : { life: options.natsLife }),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.natsPort === undefined ? {} : { port: options.natsPort }),
    ...(kept === undefined ? {} : { portKept: kept }),
  });
  parts.adopt(server, (started) => started.stop());
  const { port } = server;
  const bus = await openBus(parts, { ...own, url: server.url });
  // By TLS it is reached by a name that its certificate holds.
  const url = tls === undefined ? server.url : `tls://${urlHost(tls.serve.name)}:${port}`;
  const publicUrl = publicNatsUrl(options, url);
  return { bus, url, publicUrl, port, issue: authority.issue };
}

type BusOpening = {
  readonly url: string;
  readonly credential: NatsCredential | undefined;
  readonly tls: NatsTls | undefined;
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
function publicNatsUrl({ publicUrl, host }: GatewayOptions, url: string): string {
  const { protocol, port, hostname } = new URL(url);
  const own = protocol === "tls:" ? hostname : urlHost(host ?? "127.0.0.1");
  return `${protocol}//${publicUrl === undefined ? own : new URL(publicUrl).hostname}:${port}`;
}

/** How nodes reach the gateway and its NATS. */
type Addresses = {
  readonly publicUrl: string;
  readonly natsUrl: string;
  readonly ca: string | undefined;
};

/** What a new node is told (I3): where the mesh is and the key to join it; an outside NATS also its user. */
export function tokenOf(folder: GatewayFolder, { publicUrl, natsUrl, ca }: Addresses): JoinToken {
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
    ...(ca === undefined ? {} : { ca }),
  };
}
