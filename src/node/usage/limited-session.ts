/** A session that is held to limits: over its own, the step that runs fails with the figure. */
import type { Session, SessionOptions } from "../drivers/driver.ts";
import { StepError } from "../drivers/driver.ts";
import { isLimiting } from "./allowance.ts";
import { canMeasure } from "./process-tree.ts";
import type { UsageGuard } from "./usage-guard.ts";

export type LimitedParts = {
  readonly guard: UsageGuard;
  readonly options: SessionOptions;
  /** The node's limit was reached, and this attempt used most of it. */
  readonly onNodeExcess: (text: string) => void;
};

/** Puts a session under the guard until it is closed. */
export function limitSession(session: Session, parts: LimitedParts): Session {
  const { guard, options, onNodeExcess } = parts;
  const { limits } = options.web;
  if (!isLimiting(limits) && !guard.isOfAll) return session;
  warnUnmeasured(session, options);
  const excess = Promise.withResolvers<never>();
  // Heard by the step that runs, and by the next one.
  excess.promise.catch(() => undefined);
  const leave = guard.watch({
    limits,
    rootPid: session.rootPid,
    folders: [options.workspaceDir],
    onOwnExcess: (text) => excess.reject(new StepError("failed", "limit", text)),
    onNodeExcess,
  });
  let isTold = false;
  const { perform, close } = session;
  return Object.assign(session, {
    perform: async (...asked: Parameters<Session["perform"]>) => {
      // What comes after the failure cleans up, and is not stopped by it again.
      if (isTold) return perform(...asked);
      try {
        await Promise.race([excess.promise, perform(...asked)]);
      } catch (thrown) {
        isTold ||= thrown instanceof StepError && thrown.code === "limit";
        throw thrown;
      }
    },
    close: async () => {
      leave();
      await close();
    },
  });
}

function warnUnmeasured({ rootPid }: Session, { web: { limits }, warn }: SessionOptions): void {
  if (!isLimiting(limits)) return;
  if (!canMeasure()) {
    warn(`Its limits are not measured: ${process.platform} does not tell what processes use`);
    return;
  }
  const isBlind = limits.memoryBytes !== undefined || limits.cpuShare !== undefined;
  if (rootPid === undefined && isBlind)
    warn("Its limits of memory and CPU are not measured: its browser runs elsewhere");
}
