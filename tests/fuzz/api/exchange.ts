/** Sends bytes over one connection and reads what comes back, within a bound. */
import { connect } from "node:net";
import { systemClock } from "#shared/clock.ts";
import type { ApiInput } from "./api-input.ts";

export type Exchanged = {
  readonly bytes: Uint8Array;
  /** The other side ended the connection. */
  readonly isEnded: boolean;
  readonly tookMs: number;
};

const ANSWER_MS_MAX = 30_000;
/** What was cut is waited for so long, then this side ends the connection. */
const CUT_MS = 60;
const KEPT_BYTES_MAX = 1024 * 1024;

/** @param isWhole Whether what came so far is all that is waited for. */
export function exchangeBytes(
  port: number,
  { chunks, isCut }: ApiInput,
  isWhole: (bytes: Uint8Array) => boolean,
): Promise<Exchanged> {
  const begunMs = systemClock.monotonicMs();
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const parts: Uint8Array[] = [];
    let size = 0;
    const end = (isEnded: boolean) => {
      timer.cancel();
      socket.destroy();
      resolve({
        bytes: Buffer.concat(parts),
        isEnded,
        tookMs: systemClock.monotonicMs() - begunMs,
      });
    };
    const timer = systemClock.after(ANSWER_MS_MAX, () => end(false));
    socket.on("data", (part: Buffer) => {
      if (size < KEPT_BYTES_MAX) parts.push(part);
      size += part.length;
      if (isWhole(Buffer.concat(parts))) end(true);
    });
    socket.on("error", () => end(true)); // Reset: it has ended.
    socket.on("close", () => end(true));
    socket.on("connect", () => {
      sendChunks(chunks, (chunk) => socket.write(chunk));
      if (isCut) systemClock.after(CUT_MS, () => socket.end());
    });
  });
}

/** Each in a turn of its own, so that they arrive apart. */
function sendChunks(chunks: readonly Uint8Array[], send: (chunk: Uint8Array) => void): void {
  const [first, ...others] = chunks;
  if (first === undefined) return;
  send(first);
  if (others.length > 0) systemClock.after(2, () => sendChunks(others, send));
}
