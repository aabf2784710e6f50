/**
 * The bus over a real nats-server. Owns the connection for the life of the process: it reconnects for ever.
 *
 * While the connection is away nothing is kept: a publish is dropped and a request runs into its timeout. The client
 * would buffer both without bound and replay an outage's heartbeats at once; who needs an answer asks again anyway.
 * A server that is frozen is noticed by unanswered pings (about 15 s) and dialled until it answers.
 */
import { errors, type NatsConnection } from "@nats-io/transport-node";
import type { Bus } from "../bus.ts";
import { type Clock, pause, systemClock } from "../clock.ts";
import { MeshError, messageOf } from "../errors.ts";
import type { Log } from "../log.ts";
import { createAbsenceWatch } from "./absence.ts";
import { dialNats, type NatsDialling, RECONNECT_MS } from "./dial.ts";

export type NatsBusOptions = NatsDialling & {
  /** Whether a message of that subject may be answered at that address; default: always. */
  readonly mayReply?: (subject: string, replyTo: string) => boolean;
  /** Told each time that a server refuses the credential, or is not trusted, after the bus was there; it goes on dialling. */
  readonly onRefused?: () => void;
  readonly log: Log;
  /** How long the first connection is tried; default 10 s. */
  readonly firstConnectMs?: number;
  readonly clock?: Clock;
};

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
      return createBus(await dialNats(options), { ...options, clock });
    } catch (fault) {
      const mayPass = fault instanceof MeshError && fault.code === "gateway_unreachable";
      if (!mayPass || clock.monotonicMs() >= untilMs) throw fault;
      options.log.debug("NATS not reached yet", { url: options.url, reason: fault.message });
    }
    await pause(clock, RECONNECT_MS);
  }
}

type Surroundings = NatsBusOptions & { readonly clock: Clock };

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
    if (!value) watchAbsence();
  };
  const closing = new AbortController();
  const watchAbsence = createAbsenceWatch({
    isAway: () => !isConnected,
    dialOnce: async () => (await dialNats(surroundings)).close(),
    onReason: (fault) => {
      log.warn("NATS is still away", { reason: fault.message });
      if (fault.code === "untrusted") surroundings.onRefused?.();
    },
    clock,
    signal: closing.signal,
  });
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
      closing.abort();
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
