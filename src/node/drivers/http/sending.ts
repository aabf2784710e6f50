/** What is sent and what is answered on one hop, whichever way it goes. */
import type { TimingPhase } from "#proto/steps/response.ts";
import type { SecureSettings } from "./sockets/secure-settings.ts";

/** A body that can be sent again after a redirect or for another try. */
export type SentBody =
  | { readonly kind: "whole"; readonly content: string | URLSearchParams }
  | {
      readonly kind: "pieces";
      readonly bytes: number;
      /** Opens it anew. */
      readonly open: () => AsyncIterable<Uint8Array>;
    };

export type Timings = Readonly<Record<TimingPhase, number>>;

export type Sending = {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: SentBody | undefined;
  readonly signal: AbortSignal;
  /** Absent: the usual trust, nobody's certificate. */
  readonly secure: SecureSettings | undefined;
  readonly decompress: boolean;
  readonly timings: boolean;
};

export type Answer = {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array> | undefined;
  /** Leaves the body unread. */
  readonly discard: () => Promise<void>;
  /** Absent: nobody asked. */
  readonly timings?: Timings;
};

/** This machine's own names. */
export function isLoopback(url: URL): boolean {
  const host = url.hostname;
  return (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host === "[::1]" ||
    host.startsWith("127.")
  );
}
