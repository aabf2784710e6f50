/** `panoptic gateway`: serves a mesh until it is stopped. */
import { startGateway } from "#gateway/gateway.ts";
import { MeshError } from "#shared/errors.ts";
import { configureLog } from "#shared/log.ts";
import { whyNoHost } from "#shared/runtime/free-port.ts";
import type { Context } from "../context.ts";
import { fromCaller } from "../paths.ts";
import { readyLine } from "../ready-line.ts";
import { leaveByFault, serveUntilStopped } from "../serving.ts";

export type GatewayOptions = {
  readonly data: string;
  readonly port?: number;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly nats?: string;
  readonly natsPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly json?: boolean;
};

/** Serves until SIGTERM. */
export async function serveGateway(options: GatewayOptions, context: Context): Promise<number> {
  configureLog();
  const gateway = await openGateway(options, context);
  const { url, natsUrl } = gateway;
  context.terminal.say(
    readyLine({ ready: "gateway", url, nats: natsUrl, pid: process.pid }, options.json === true),
  );
  return serveUntilStopped({ stop: gateway.stop }, context);
}

/**
 * Starts the gateway that the options describe, with the warning that an open address needs.
 *
 * @throws {MeshError} `usage` when the host is not of this machine; what `startGateway` throws.
 */
export async function openGateway(
  options: GatewayOptions,
  context: Context,
): ReturnType<typeof startGateway> {
  const { host } = options;
  const reason = host === undefined ? undefined : await whyNoHost(host);
  if (reason !== undefined)
    throw new MeshError(
      "usage",
      `Cannot serve on ${host}: ${reason}; --host takes an address of this machine, 0.0.0.0 all of them`,
    );
  const tls = tlsFiles(options, context);
  if (tls === undefined) warnOfOpenHost(options, context);
  return startGateway({
    dataDir: fromCaller(context.config.callerDir, options.data),
    limits: context.config.limits,
    searchPath: context.config.searchPath,
    natsLife: "left_behind",
    onFault: (thrown) => leaveByFault(thrown, context),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.publicUrl === undefined ? {} : { publicUrl: options.publicUrl }),
    ...(options.nats === undefined ? {} : { natsUrl: options.nats }),
    ...(options.natsPort === undefined ? {} : { natsPort: options.natsPort }),
    ...(tls === undefined ? {} : { tls }),
  });
}

/** @throws {MeshError} `usage` when one is given without the other. */
function tlsFiles({ tlsCert, tlsKey, tlsCa }: GatewayOptions, { config }: Context) {
  const at = (file: string) => fromCaller(config.callerDir, file);
  if (tlsCert !== undefined && tlsKey !== undefined)
    return {
      certPath: at(tlsCert),
      keyPath: at(tlsKey),
      caPath: tlsCa === undefined ? undefined : at(tlsCa),
    };
  if (tlsCert === undefined && tlsKey === undefined && tlsCa === undefined) return undefined;
  throw new MeshError(
    "usage",
    "Cannot serve TLS: --tls-cert and --tls-key are both needed, --tls-ca goes with them",
  );
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

function warnOfOpenHost(options: GatewayOptions, context: Context): void {
  if (options.host === undefined || LOOPBACK.test(options.host)) return;
  const isEverywhere = options.host === "0.0.0.0" || options.host === "::";
  const unnamed =
    isEverywhere && options.publicUrl === undefined
      ? [
          "!! Its join tokens lead to this machine only: name it by --public-url for nodes elsewhere.",
        ]
      : [];
  const line = "!".repeat(78);
  context.terminal.warn(
    [
      line,
      `!! WARNING: listening on ${options.host} WITHOUT TLS.`,
      "!! Keys, secrets and results cross the network readable by anyone on the way.",
      "!! Use it on a network that you trust, or give it a certificate by --tls-cert and --tls-key.",
      ...unnamed,
      line,
    ].join("\n"),
  );
}
