/**
 * The trace of one attempt: what Playwright's own viewer opens, every step a group in it. Recorded from the first step on,
 * as nothing of it can be had afterwards, and written only when the policy keeps it.
 *
 * A trace holds all that was typed, sent and shown, in many encodings: of a test that uses secrets none is taken, and one in
 * which a secret of the suite is found all the same is not kept (K1).
 */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { messageOf } from "#shared/errors.ts";
import type { Ending, SessionOptions } from "../driver.ts";
import { untilAborted } from "../guard.ts";
import { firstLines } from "./playwright-error.ts";
import { whyUnfit } from "./trace-scan.ts";

export type Trace = {
  /** Shows what `act` does under a name. */
  readonly group: <T>(name: string, act: () => Promise<T>) => Promise<T>;
  /** Ends it, and hands it over or says why it is missing. Never throws. */
  readonly conclude: (ending: Ending) => Promise<void>;
};

const NAME = "trace.zip";
const SECRETS_USED = "Not taken: the test uses secrets, and a trace cannot be redacted yet";

/** Starts tracing when the policy wants a trace and it may be taken. */
export async function beginTrace(context: BrowserContext, options: SessionOptions): Promise<Trace> {
  if (options.evidence.trace === "off") return NO_TRACE;
  if (options.usesSecrets) return missing(options, SECRETS_USED);
  try {
    await context.tracing.start({ screenshots: true, snapshots: true, sources: false });
  } catch (thrown) {
    return missing(options, `Not taken: ${firstLines(messageOf(thrown), 2)}`);
  }
  return running(context, options);
}

const NO_TRACE: Trace = { group: (_, act) => act(), conclude: async () => undefined };

function missing(options: SessionOptions, reason: string): Trace {
  const conclude = async ({ status }: Ending) => {
    if (isKept(options, status)) options.miss({ name: NAME, kind: "trace", reason });
  };
  return { ...NO_TRACE, conclude };
}

function running({ tracing }: BrowserContext, options: SessionOptions): Trace {
  // A group that cannot be opened or closed leaves its step in the trace all the same.
  const quietly = (work: Promise<unknown>) => work.catch(() => undefined);
  return {
    group: async (name, act) => {
      await quietly(tracing.group(name));
      try {
        return await act();
      } finally {
        await quietly(tracing.groupEnd());
      }
    },
    conclude: async ({ status, signal }) => {
      // Without a path it is thrown away.
      if (!isKept(options, status)) return void (await quietly(tracing.stop()));
      const path = join(options.workspaceDir, NAME);
      try {
        const late = () => new Error(messageOf(signal.reason));
        await untilAborted(tracing.stop({ path }), signal, late);
        const bytes = await readFile(path);
        const unfit = options.redactor.isEmpty ? undefined : whyUnfit(bytes, options.redactor);
        if (unfit !== undefined) throw new Error(unfit);
        options.attach({ name: NAME, kind: "trace", bytes });
      } catch (thrown) {
        const reason = `Not kept: ${firstLines(messageOf(thrown), 2)}`;
        options.miss({ name: NAME, kind: "trace", reason });
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}

function isKept({ evidence }: SessionOptions, status: Ending["status"]): boolean {
  return evidence.trace === "on" || status === "failed";
}
