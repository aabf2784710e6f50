/** Submits a run, again when the answer was lost: the idempotency key makes that safe. */
import type { CreatedRun } from "#proto/api.ts";
import { type Clock, pause } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";

export type SubmitOptions = {
  /** Asks the gateway; with the same key it is one run however often. */
  readonly submit: (idempotencyKey: string) => Promise<CreatedRun>;
  readonly idempotencyKey: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

const TRIES_MAX = 4;
const RETRY_MS = 500;

/** @throws {MeshError} `gateway_unreachable` when every try failed; as `ApiClient.submit` otherwise. */
export async function submitRun(options: SubmitOptions): Promise<CreatedRun> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await options.submit(options.idempotencyKey);
    } catch (thrown) {
      const mayTryAgain = thrown instanceof MeshError && thrown.code === "gateway_unreachable";
      if (!mayTryAgain || tries === TRIES_MAX || options.signal.aborted) throw thrown;
      await pause(options.clock, RETRY_MS);
    }
  }
}
