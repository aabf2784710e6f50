/**
 * The trace of one attempt: what Playwright's own viewer opens, every step a group in it. Recorded from the first step on,
 * as nothing of it can be had afterwards, and written only when the policy keeps it.
 *
 * A trace holds all that was typed, sent and shown: what is secret of it is taken out before it is handed over (K1). Until then it
 * lies in the browser's and the attempt's own folders, which go with them, and after a crash with the next start.
 */
import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { messageOf } from "#shared/errors.ts";
import type { Ending, SessionOptions } from "../../driver.ts";
import { untilAborted } from "../../guard.ts";
import { firstLines } from "../playwright-error.ts";
import { redactTrace } from "./redact-trace.ts";

export type Trace = {
  /** Shows what `act` does under a name. */
  readonly group: <T>(name: string, act: () => Promise<T>) => Promise<T>;
  /** Ends it, and hands it over or says why it is missing. Never throws. */
  readonly conclude: (ending: Ending) => Promise<void>;
  /** Lets go of one that was not concluded; does nothing otherwise. */
  readonly drop: () => void;
};

const NAME = "trace.zip";
const REDACTED_BYTES_MAX = 256 * 1024 * 1024;

/** Starts tracing when the policy wants a trace; `learn` tells the redactor what it does not know yet. */
export async function beginTrace(
  context: BrowserContext,
  options: SessionOptions,
  learn: () => Promise<void>,
): Promise<Trace> {
  if (options.evidence.trace === "off") return NO_TRACE;
  // Pictures of it cannot be masked; the viewer draws the page from its snapshots.
  const screenshots = options.redactor.isEmpty;
  try {
    await context.tracing.start({ screenshots, snapshots: true, sources: false });
  } catch (thrown) {
    return missing(options, `Not taken: ${firstLines(messageOf(thrown), 2)}`);
  }
  return running(context, options, learn);
}

const NO_TRACE: Trace = {
  group: (_, act) => act(),
  conclude: async () => undefined,
  drop: () => undefined,
};

function missing(options: SessionOptions, reason: string): Trace {
  const conclude = async ({ status }: Ending) => {
    if (isKept(options, status)) options.miss({ name: NAME, kind: "trace", reason });
  };
  return { ...NO_TRACE, conclude };
}

function running(
  { tracing }: BrowserContext,
  options: SessionOptions,
  learn: () => Promise<void>,
): Trace {
  // A group that cannot be opened or closed leaves its step in the trace all the same.
  const quietly = (work: Promise<unknown>) => work.catch(() => undefined);
  let isOver = false;
  return {
    drop: () => {
      // Playwright would keep its stacks and their folder for good. It ends with its context at the latest.
      if (!isOver) void quietly(tracing.stop());
      isOver = true;
    },
    group: async (name, act) => {
      await quietly(tracing.group(name));
      try {
        return await act();
      } finally {
        await quietly(tracing.groupEnd());
      }
    },
    conclude: async ({ status, signal }) => {
      isOver = true;
      // Without a path it is thrown away.
      if (!isKept(options, status)) return void (await quietly(tracing.stop()));
      const path = join(options.workspaceDir, NAME);
      try {
        const late = () => new Error(messageOf(signal.reason));
        await untilAborted(tracing.stop({ path }), signal, late);
        await learn();
        options.attach({
          name: NAME,
          kind: "trace",
          bytes: await readRedacted(path, options, signal),
        });
      } catch (thrown) {
        const reason = `Not kept: ${firstLines(messageOf(thrown), 2)}`;
        options.miss({ name: NAME, kind: "trace", reason });
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}

async function readRedacted(
  path: string,
  { redactor }: SessionOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (redactor.isEmpty) return readFile(path);
  if (size > REDACTED_BYTES_MAX)
    throw new Error(`It has ${size} bytes, at most ${REDACTED_BYTES_MAX} can be redacted`);
  try {
    return await redactTrace(await readFile(path), { redactor, signal });
  } catch (thrown) {
    // Its own words could be of what it read.
    throw new Error(`It cannot be redacted: ${redactor.text(messageOf(thrown))}`);
  }
}

function isKept({ evidence }: SessionOptions, status: Ending["status"]): boolean {
  return evidence.trace === "on" || status === "failed";
}
