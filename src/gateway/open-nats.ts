/** The gateway's NATS: an outside one, or an embedded nats-server that it supervises; and what a join token says of it. */
import type { JoinToken } from "#proto/api.ts";
import type { Bus } from "#shared/bus.ts";
import type { Clock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";
import type { GatewayFolder } from "#shared/data-folder.ts";
import type { Log } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";
import { startNatsServer } from "#shared/nats/server.ts";
import type { GatewayOptions } from "./gateway.ts";

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
};

/** Connects to the NATS that the options name, or starts an own one and connects to that. @throws {MeshError} As `startGateway`. */
export async function openNats(
  parts: AsyncDisposableStack,
  { options, folder, clock, log }: NatsOpening,
): Promise<OpenNats> {
  if (options.natsUrl !== undefined) {
    const url = new URL(options.natsUrl);
    const bus = await connectNatsBus({
      url: `${url.protocol}//${url.host}`,
      name: "panoptic gateway",
      log,
      ...(url.username === ""
        ? {}
        : { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }),
    });
    parts.adopt(bus, (opened) => opened.close());
    return {
      bus,
      url: `${url.protocol}//${url.host}`,
      publicUrl: options.natsUrl,
      port: undefined,
    };
  }
  const kept = folder.ports().nats;
  const server = await startNatsServer({
    searchPath: options.searchPath ?? readConfig().searchPath,
    confPath: folder.natsConfPath,
    pidPath: folder.natsPidPath,
    users: folder.natsUsers,
    clock,
    log: (message) => log.warn(message),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.natsPort === undefined ? {} : { port: options.natsPort }),
    ...(kept === undefined ? {} : { portKept: kept }),
  });
  parts.adopt(server, (started) => started.stop());
  const { gatewayUser: user, gatewayPassword: password } = folder.natsUsers;
  const bus = await connectNatsBus({
    url: server.url,
    user,
    password,
    name: "panoptic gateway",
    log,
  });
  parts.adopt(bus, (opened) => opened.close());
  return {
    bus,
    url: server.url,
    publicUrl: publicNatsUrl(options, server.port),
    port: server.port,
  };
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
type Addresses = {
  readonly publicUrl: string;
  readonly natsUrl: string;
  readonly isEmbedded: boolean;
};

/** What a new node is told (I3): where the mesh is and a credential for NATS and blobs, not the API key. */
export function tokenOf(
  folder: GatewayFolder,
  { publicUrl, natsUrl, isEmbedded }: Addresses,
): JoinToken {
  const url = new URL(natsUrl);
  const outside =
    url.username === ""
      ? {}
      : {
          natsUser: decodeURIComponent(url.username),
          natsPassword: decodeURIComponent(url.password),
        };
  const { nodeUser, nodePassword } = folder.natsUsers;
  return {
    version: 1,
    meshId: folder.meshId,
    gatewayUrl: publicUrl,
    natsUrl: `${url.protocol}//${url.host}`,
    blobKey: folder.blobKey,
    ...(isEmbedded ? { natsUser: nodeUser, natsPassword: nodePassword } : outside),
  };
}
