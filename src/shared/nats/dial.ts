/**
 * One connection to NATS: by which credential, by which certificate, and what a refusal means. Once it is there its
 * client dials again for ever; the first time, and again and again, is bus.ts's.
 */
import { isIP } from "node:net";
import {
  type Authenticator,
  connect,
  errors,
  jwtAuthenticator,
  type NatsConnection,
  usernamePasswordAuthenticator,
} from "@nats-io/transport-node";
import { MeshError, messageOf } from "../errors.ts";
import { distrustOf } from "../tls.ts";
import type { NatsCredential } from "./credentials.ts";

export type NatsDialling = {
  /** `nats://127.0.0.1:4222`, or several with commas. */
  readonly url: string;
  /** Absent: of a server that takes anybody. */
  readonly credential?: NatsCredential | undefined;
  /** TLS or nothing; default: by the URL, `tls://…`, with what this machine trusts. */
  readonly tls?: NatsTls | undefined;
  /** Where requests of this connection are answered; default: where anybody's are. */
  readonly inboxPrefix?: string;
  /** Shown by the server for this connection. */
  readonly name: string;
  /** Between two pings; the third unanswered one ends the connection. Default 5 s. */
  readonly pingMs?: number;
};

export type NatsTls = {
  /** PEM of the CA that must have signed the server's certificate; default: one that this machine trusts. */
  readonly ca?: string | undefined;
  /** The name that the certificate must hold; default: that of the URL. */
  readonly name?: string | undefined;
};

/** Between two dials of the same server, milliseconds. */
export const RECONNECT_MS = 100;
const DIAL_MS = 5_000;
const PING_MS = 5_000;

/**
 * Dials once.
 *
 * @throws {MeshError} `unauthorized` when the server refuses the credential, `untrusted` when its certificate is not
 *   trusted or it speaks no TLS where that is wanted, `gateway_unreachable` for every other failure.
 */
export async function dialNats(options: NatsDialling): Promise<NatsConnection> {
  try {
    return await dial(options);
  } catch (cause) {
    throw faultOf(cause, options.url);
  }
}

function dial(options: NatsDialling): Promise<NatsConnection> {
  return connect({
    servers: options.url.split(","),
    name: options.name,
    ...(options.credential !== undefined && {
      authenticator: authenticatorOf(options.credential),
    }),
    ...tlsOf(options),
    ...(options.inboxPrefix !== undefined && { inboxPrefix: options.inboxPrefix }),
    timeout: DIAL_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    reconnectJitter: RECONNECT_MS,
    pingInterval: options.pingMs ?? PING_MS,
    // Credentials that are refused for a while (a server that is being set up anew) end no running node.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  });
}

function authenticatorOf(credential: NatsCredential): Authenticator {
  if (credential.kind === "password")
    return usernamePasswordAuthenticator(credential.user, credential.password);
  return jwtAuthenticator(credential.jwt, new TextEncoder().encode(credential.seed));
}

/** With `tls` set the client refuses a server that offers none: nothing is said in the clear to whoever answers. */
function tlsOf({ url, tls }: NatsDialling) {
  if (tls === undefined && !url.startsWith("tls://")) return {};
  const { ca, name } = tls ?? {};
  return {
    tls: {
      ...(ca !== undefined && { ca }),
      ...(name !== undefined && (isIP(name) === 0 ? { servername: name } : { host: name })),
    },
  };
}

/**
 * A server that did not hear the credential in time has not refused it: a thousand nodes that come at once, or a busy
 * machine. The client has one class for both (nats-core 3.4.0), and only the server's words tell them apart.
 */
const isTimeout = (cause: Error): boolean => /authentication timeout/i.test(cause.message);

function faultOf(cause: unknown, url: string): MeshError {
  const distrust = distrustOf(cause, `NATS at ${url}`);
  if (distrust !== undefined) return distrust;
  // The client has no code for it (nats-core 3.4.0); tests/security/tls.test.ts holds it to its words.
  if (cause instanceof errors.ConnectionError && cause.message.includes("not support 'tls'")) {
    const text = `Cannot trust NATS at ${url}: it speaks no TLS on this port; nothing is said to it in the clear`;
    return new MeshError("untrusted", text, { cause });
  }
  if (cause instanceof errors.AuthorizationError && !isTimeout(cause)) {
    return new MeshError(
      "unauthorized",
      `Cannot connect to NATS at ${url}: it refuses the credentials`,
      { cause },
    );
  }
  const text = `Cannot connect to NATS at ${url}: ${messageOf(cause)}`;
  return new MeshError("gateway_unreachable", text, { cause });
}
