/**
 * The bus between gateway and nodes as a seam: src/shared/nats has the real one, tests/kit one that is driven by hand.
 * It carries bytes and keeps nothing; what a message says is checked by the schemas of proto on receipt (`decodeMessage`).
 */
import type { z } from "zod";
import { MeshError } from "./errors.ts";

export type BusMessage = {
  readonly subject: string;
  readonly data: Uint8Array;
  /** Answers a request; a no-op for a message that wants no answer. */
  readonly reply: (data: Uint8Array) => void;
};

export type Bus = {
  /** Queues a message; dropped when nobody listens or the bus is away. */
  readonly publish: (subject: string, data: Uint8Array) => void;
  /**
   * @throws {MeshError} `bus_no_responders` at once when nobody listens, `bus_timeout` after `timeoutMs`, `bus_closed`.
   */
  readonly request: (subject: string, data: Uint8Array, timeoutMs: number) => Promise<Uint8Array>;
  /** Calls `onMessage` for each message, in order; returns how to stop it. */
  readonly subscribe: (subject: string, onMessage: (message: BusMessage) => void) => () => void;
  /** Calls `onChange` after each loss (false) and each return (true) of the connection. */
  readonly watch: (onChange: (isConnected: boolean) => void) => () => void;
  readonly isConnected: () => boolean;
  /** The largest message that the bus carries, bytes. */
  readonly payloadBytesMax: () => number;
  readonly close: () => Promise<void>;
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const encodeMessage = (message: unknown): Uint8Array =>
  encoder.encode(JSON.stringify(message));

/**
 * Reads a message as its schema says; unknown keys are dropped.
 *
 * @throws {MeshError} `bus_unreadable` when it is not JSON or the schema refuses it.
 */
export function decodeMessage<T>(schema: z.ZodType<T>, data: Uint8Array): T {
  let json: unknown;
  try {
    json = JSON.parse(decoder.decode(data));
  } catch (cause) {
    throw new MeshError(
      "bus_unreadable",
      `Cannot read a message of ${data.length} bytes: not JSON`,
      { cause },
    );
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new MeshError(
    "bus_unreadable",
    `Cannot read a message of ${data.length} bytes: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
  );
}
