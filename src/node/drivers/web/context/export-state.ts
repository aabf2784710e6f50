/** Takes what makes a context be logged in, for other contexts of this node: cookies, localStorage, IndexedDB. */
import type { BrowserContext } from "playwright-core";
import { messageOf } from "#shared/errors.ts";
import { type SessionState, StepError } from "../../driver.ts";
import { untilAborted } from "../../guard.ts";
import { firstLines } from "../playwright-error.ts";
import { PageState } from "./page-state.ts";

/** More is no login; each attempt that is lent it puts all of it into its context. */
const STATE_BYTES_MAX = 10 * 1024 * 1024;

/**
 * Reads the state. Who is lent it learns its values, before anything is shown of them (context-options.ts).
 *
 * @throws {StepError} `lost` when the browser is gone, `failed`, `session_state` when it is too large or cannot be read.
 */
export async function exportState(
  context: BrowserContext,
  signal: AbortSignal,
): Promise<SessionState> {
  const late = () => new Error(messageOf(signal.reason));
  const taken = await untilAborted(context.storageState({ indexedDB: true }), signal, late).catch(
    (thrown: unknown) => {
      if (context.browser()?.isConnected() === false)
        throw new StepError("lost", "browser_crash", "The browser process died");
      throw refused(firstLines(messageOf(thrown), 1));
    },
  );
  const value = PageState.parse(taken);
  const bytes = Buffer.byteLength(JSON.stringify(value));
  if (bytes > STATE_BYTES_MAX)
    throw refused(`it has ${bytes} bytes, at most ${STATE_BYTES_MAX} are kept`);
  return { value, bytes };
}

function refused(reason: string): StepError {
  return new StepError("failed", "session_state", `Cannot keep the session's state: ${reason}`);
}
