/**
 * The bus over a real nats-server. Owns the connection for the life of the process: it reconnects for ever.
 *
 * While the connection is away nothing is kept: a publish is dropped and a request runs into its timeout. The client
 * would buffer both without bound and replay an outage's heartbeats at once; who needs an answer asks again anyway.
 * A server that is frozen is noticed by unanswered pings (about 15 s) and dialled until it answers.
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
import type { Bus } from "../bus.ts";
import { type Clock, pause, systemClock } from "../clock.ts";
import { MeshError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { distrustOf } from "../tls.ts";
import type { NatsCredential } from "./credentials.ts";

export type NatsBusOptions = {
  /** `nats://127.0.0.1:4222`, or several with commas. */
  readonly url: string;
  /** Absent: of a server that takes anybody. */
  readonly credential?: NatsCredential | undefined;
  /** TLS or nothing; default: by the URL, `tls://…`, with what this machine trusts. */
  readonly tls?: NatsTls | undefined;
  /** Where requests of this bus are answered; default: where anybody's are. */
  readonly inboxPrefix?: string;
  /** Whether a message of that subject may be answered at that address; default: always. */
  readonly mayReply?: (subject: string, replyTo: string) => boolean;
  /** Told each time that the server refuses the credential at a reconnect; the client goes on dialling. */
  readonly onRefused?: () => void;
  /** Shown by the server for this connection. */
  readonly name: string;
  readonly log: Log;
  /** How long the first connection is tried; default 10 s. */
  readonly firstConnectMs?: number;
  /** Between two pings; the third unanswered one ends the connection. Default 5 s. */
  readonly pingMs?: number;
  readonly clock?: Clock;
};

export type NatsTls = {
  /** PEM of the CA that must have signed the server's certificate; default: one that this machine trusts. */
  readonly ca?: string | undefined;
  /** The name that the certificate must hold; default: that of the URL. */
  readonly name?: string | undefined;
};

const RECONNECT_MS = 100;
const DIAL_MS = 5_000;
const PING_MS = 5_000;
const PAYLOAD_BYTES_DEFAULT = 1024 * 1024;
/** What is on its way out when the bus is closed, such as the answer to `stop`. */
const CLOSE_FLUSH_MS = 500;

/**
 * Connects to NATS.
 *
 * @throws {MeshError} `unauthorized` when the server refuses the credentials, `untrusted` when its certificate is not
 *   trusted or it speaks no TLS where that is wanted, `gateway_unreachable` when it cannot be reached within `firstConnectMs`.
 */
export async function connectNatsBus(options: NatsBusOptions): Promise<Bus> {
  const clock = options.clock ?? systemClock;
  const untilMs = clock.monotonicMs() + (options.firstConnectMs ?? 10_000);
  for (;;) {
    try {
      return createBus(await dial(options), { ...options, clock });
    } catch (cause) {
      const fault = faultOf(cause, options.url);
      if (fault.code !== "gateway_unreachable" || clock.monotonicMs() >= untilMs) throw fault;
      options.log.debug("NATS not reached yet", { url: options.url, reason: messageOf(cause) });
    }
    await pause(clock, RECONNECT_MS);
  }
}

function dial(options: NatsBusOptions): Promise<NatsConnection> {
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
function tlsOf({ url, tls }: NatsBusOptions) {
  if (tls === undefined && !url.startsWith("tls://")) return {};
  const { ca, name } = tls ?? {};
  return {
    tls: {
      ...(ca !== undefined && { ca }),
      ...(name !== undefined && (isIP(name) === 0 ? { servername: name } : { host: name })),
    },
  };
}

function faultOf(cause: unknown, url: string): MeshError {
  const distrust = distrustOf(cause, `NATS at ${url}`);
  if (distrust !== undefined) return distrust;
  // The client has no code for it (nats-core 3.4.0); tests/security/tls.test.ts holds it to its words.
  if (cause instanceof errors.ConnectionError && cause.message.includes("not support 'tls'")) {
    const text = `Cannot trust NATS at ${url}: it speaks no TLS on this port; nothing is said to it in the clear`;
    return new MeshError("untrusted", text, { cause });
  }
  if (cause instanceof errors.AuthorizationError) {
    return new MeshError(
      "unauthorized",
      `Cannot connect to NATS at ${url}: it refuses the credentials`,
      { cause },
    );
  }
  const text = `Cannot connect to NATS at ${url}: ${messageOf(cause)}`;
  return new MeshError("gateway_unreachable", text, { cause });
}

type Surroundings = Pick<NatsBusOptions, "log" | "mayReply" | "onRefused"> & {
  readonly clock: Clock;
};

function createBus(connection: NatsConnection, surroundings: Surroundings): Bus {
  const { log, clock } = surroundings;
  const watchers = new Set<(isConnected: boolean) => void>();
  let isConnected = true;
  let isClosing = false;
  const tell = (value: boolean) => {
    if (isConnected === value) return;
    isConnected = value;
    if (!isClosing) log.info(value ? "NATS is back" : "NATS is away");
    for (const watcher of [...watchers]) watcher(value);
  };
  void follow(connection, { tell, log, onRefused: surroundings.onRefused });

  const payloadBytesMax = () => connection.info?.max_payload ?? PAYLOAD_BYTES_DEFAULT;
  const check = (subject: string, data: Uint8Array) => {
    if (connection.isClosed())
      throw new MeshError("bus_closed", `Cannot send on ${subject}: the bus is closed`);
    if (data.length <= payloadBytesMax()) return;
    const text = `Cannot send ${data.length} bytes on ${subject}: the bus carries at most ${payloadBytesMax()}`;
    throw new MeshError("too_large", text);
  };
  return {
    publish: (subject, data) => {
      check(subject, data);
      if (isConnected) connection.publish(subject, data);
    },
    request: async (subject, data, timeoutMs) => {
      check(subject, data);
      if (!isConnected) return timeOut(clock, subject, timeoutMs);
      try {
        return (await connection.request(subject, data, { timeout: timeoutMs })).data;
      } catch (cause) {
        throw requestFault(cause, { subject, timeoutMs, isClosed: connection.isClosed() });
      }
    },
    subscribe: (subject, onMessage) => {
      const subscription = connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null)
            return log.error("Subscription ended", { subject, reason: error.message });
          const mayReply = surroundings.mayReply?.(message.subject, message.reply ?? "") ?? true;
          const reply = (answer: Uint8Array) => {
            if (mayReply && isConnected && !connection.isClosed()) message.respond(answer);
          };
          deliver(() => onMessage({ subject: message.subject, data: message.data, reply }));
        },
      });
      return () => {
        if (!subscription.isClosed()) subscription.unsubscribe();
      };
    },
    watch: (onChange) => {
      watchers.add(onChange);
      return () => void watchers.delete(onChange);
    },
    isConnected: () => isConnected && !connection.isClosed(),
    payloadBytesMax,
    close: async () => {
      isClosing = true;
      watchers.clear();
      if (connection.isClosed()) return;
      const flushed = connection.flush().catch(() => undefined);
      if (isConnected) await Promise.race([flushed, pause(clock, CLOSE_FLUSH_MS)]);
      await connection.close();
    },
  };
}

/**
 * What a listener throws is a fault of ours and ends the process, as anything uncaught. It must not go back into the
 * client: that would end its reader without a word, and the connection would stay open and deaf (nats-core 3.4.0).
 */
function deliver(act: () => void): void {
  try {
    act();
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
}

type Follower = {
  readonly tell: (isConnected: boolean) => void;
  readonly log: Log;
  readonly onRefused: (() => void) | undefined;
};

/** Reads the connection's own news until it is closed. */
async function follow(
  connection: NatsConnection,
  { tell, log, onRefused }: Follower,
): Promise<void> {
  for await (const status of connection.status()) {
    switch (status.type) {
      case "disconnect":
      case "close":
        tell(false);
        break;
      case "reconnect":
        tell(true);
        break;
      case "error":
        log.warn("NATS reports an error", { reason: status.error.message });
        if (status.error instanceof errors.AuthorizationError) onRefused?.();
        break;
      default:
        break;
    }
  }
}

async function timeOut(clock: Clock, subject: string, timeoutMs: number): Promise<never> {
  await pause(clock, timeoutMs);
  throw new MeshError(
    "bus_timeout",
    `Cannot get a reply on ${subject}: the bus was away for ${timeoutMs} ms`,
  );
}

type Asked = { readonly subject: string; readonly timeoutMs: number; readonly isClosed: boolean };

function requestFault(cause: unknown, { subject, timeoutMs, isClosed }: Asked): MeshError {
  if (cause instanceof errors.TimeoutError) {
    return new MeshError(
      "bus_timeout",
      `Cannot get a reply on ${subject}: none in ${timeoutMs} ms`,
      { cause },
    );
  }
  if (
    cause instanceof errors.NoRespondersError ||
    (cause instanceof errors.RequestError && cause.isNoResponders())
  ) {
    return new MeshError("bus_no_responders", `Cannot request ${subject}: nobody listens`, {
      cause,
    });
  }
  if (isClosed || cause instanceof errors.ClosedConnectionError) {
    return new MeshError("bus_closed", `Cannot request ${subject}: the bus is closed`, { cause });
  }
  if (cause instanceof errors.PermissionViolationError) {
    return new MeshError("unauthorized", `Cannot request ${subject}: not allowed`, { cause });
  }
  return new MeshError("bus_timeout", `Cannot request ${subject}: ${messageOf(cause)}`, { cause });
}
