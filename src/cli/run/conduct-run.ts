/** One run on one gateway, from submit to report: hop 1, the second half. */
import type { CreatedRun } from "#proto/api.ts";
import type { Report } from "#proto/report.ts";
import { MeshError, messageOf } from "#shared/errors.ts";
import { systemIds } from "#shared/ids.ts";
import { type ApiClient, SubmitRefused } from "../api-client.ts";
import { junitForm } from "../ci/gitlab-places.ts";
import { tellCi } from "../ci/tell-ci.ts";
import type { Context } from "../context.ts";
import { EXIT_INCOMPLETE, EXIT_REFUSED } from "../exit-code.ts";
import { forPeople } from "../paths.ts";
import { rememberReport } from "../report/last-report.ts";
import { fetchReport, writeReport } from "../report/write-report.ts";
import type { Stream } from "../terminal.ts";
import { type FollowEnd, followRun, UNREACHABLE_MS_MAX } from "./follow.ts";
import { detailLines, type Verbosity } from "./notice-lines.ts";
import { createProgress, type Progress } from "./progress.ts";
import { endedOf, totalsLine } from "./progress-text.ts";
import { summaryOf } from "./run-summary.ts";
import { submitRun } from "./submit.ts";

export type ConductOptions = {
  readonly client: ApiClient;
  /** Asks for the run: the key makes it one, however often. */
  readonly submit: (idempotencyKey: string) => Promise<CreatedRun>;
  /** When the run has ended, before its report is written. Must not throw. Default: nothing. */
  readonly onEnded?: (runId: string) => Promise<void>;
  /** Told the report, before it is written. Default: nobody. */
  readonly onReport?: ((report: Report) => void) | undefined;
  /** The report's folder, absolute. */
  readonly out: string;
  /** Where people watch. */
  readonly stream: Stream;
  readonly verbosity: Verbosity;
  readonly isJson: boolean;
  /** Warnings that the person has read already: the gateway reads the same suites. */
  readonly told: ReadonlySet<string>;
  readonly context: Context;
  /** Aborted: cancel the run. */
  readonly interrupt: AbortSignal;
};

/** A cancelled run closes within the protocol's bound (R2); a gateway that does not is not waited for. */
const CANCELLED_MS_MAX = 20_000;

/** Runs to the report; returns the exit code. */
export async function conductRun(options: ConductOptions): Promise<number> {
  const { client, context, interrupt } = options;
  const { terminal } = context;
  const created = await submit(options);
  if (created === undefined) return EXIT_REFUSED;
  for (const warning of created.warnings) if (!options.told.has(warning)) terminal.warn(warning);
  const progress = createProgress({
    stream: options.stream,
    clock: context.clock,
    planned: created.totals.planned,
    verbosity: options.verbosity,
  });
  try {
    const end = await follow(options, created, progress);
    if (end.kind === "unreachable") {
      terminal.warn(
        `panoptic: Cannot follow run ${created.id} any more: ${end.reason}; it may still go on`,
      );
      return EXIT_INCOMPLETE;
    }
    await options.onEnded?.(created.id);
    const pendingMsMax = interrupt.aborted ? 0 : context.config.limits.artifactsAfterMs;
    return await finish(options, { runId: created.id, progress, client, pendingMsMax });
  } finally {
    progress.close();
  }
}

async function submit(options: ConductOptions): Promise<CreatedRun | undefined> {
  const { context, interrupt } = options;
  if (interrupt.aborted)
    throw new MeshError("usage", "Cannot start the run: interrupted before it was created");
  try {
    return await submitRun({
      submit: options.submit,
      idempotencyKey: systemIds.next("submit"),
      clock: context.clock,
      signal: interrupt,
    });
  } catch (thrown) {
    if (!(thrown instanceof SubmitRefused)) throw thrown;
    for (const fault of thrown.faults) context.terminal.warn(fault);
    if (!thrown.faults.includes(thrown.message))
      context.terminal.warn(`panoptic: ${thrown.message}`);
    return undefined;
  }
}

async function follow(
  options: ConductOptions,
  created: CreatedRun,
  progress: Progress,
): Promise<FollowEnd> {
  const { client, context, interrupt } = options;
  const patience = new AbortController();
  const onInterrupt = () => {
    progress.line(["cancelling the run; interrupt again to leave at once"]);
    context.clock.after(CANCELLED_MS_MAX, () => patience.abort());
    void cancel(client, created.id, context);
  };
  if (interrupt.aborted) onInterrupt();
  else interrupt.addEventListener("abort", onInterrupt, { once: true });
  const end = await followRun({
    client,
    runId: created.id,
    clock: context.clock,
    signal: patience.signal,
    onNotice: progress.notice,
    onContact: progress.contact,
  });
  interrupt.removeEventListener("abort", onInterrupt);
  return end;
}

async function cancel(client: ApiClient, runId: string, context: Context): Promise<void> {
  try {
    await client.cancel(runId, "cancelled by Ctrl-C");
  } catch (thrown) {
    context.terminal.warn(`panoptic: Cannot cancel the run: ${messageOf(thrown)}`);
  }
}

type Finish = {
  readonly runId: string;
  readonly progress: Progress;
  readonly client: ApiClient;
  readonly pendingMsMax: number;
};

async function finish(options: ConductOptions, of: Finish): Promise<number> {
  const { context, out, stream } = options;
  of.progress.phase("collecting artifacts");
  const fetched = await fetchOrFail(of, context);
  options.onReport?.(fetched);
  for (const ended of endedOf(fetched, of.progress.heard())) of.progress.notice(ended);
  of.progress.phase("writing the report");
  const report = await writeOrTell(fetched, of.progress, options);
  of.progress.close();
  if (options.verbosity === "verbose") stream.print(detailLines(report));
  tellRun(report, { ...options, isWritten: true });
  const place = forPeople(context.config.callerDir, out);
  stream.print([[...totalsLine(report.run, report.totals), `; report: ${place}`]]);
  if (options.isJson) context.terminal.say(JSON.stringify(summaryOf(report, out)));
  return report.run.exitCode;
}

/** A report that cannot be written is no reason to keep from people and the CI system how the run ended. */
async function writeOrTell(
  fetched: Report,
  progress: Progress,
  options: ConductOptions,
): Promise<Report> {
  const { client, context, out, stream } = options;
  try {
    const forJunit = junitForm(context.config, out);
    const report = await writeReport(fetched, out, { client, forJunit });
    rememberReport(out, context);
    return report;
  } catch (thrown) {
    progress.close();
    tellRun(fetched, { ...options, isWritten: false });
    stream.print([totalsLine(fetched.run, fetched.totals)]);
    throw thrown;
  }
}

function tellRun(report: Report, options: ConductOptions & { readonly isWritten: boolean }): void {
  const { context, stream, isWritten } = options;
  const command = (line: string) => stream.write(`${line}\n`);
  tellCi({ report, out: isWritten ? options.out : undefined, command, context });
}

async function fetchOrFail(of: Finish, context: Context): Promise<Report> {
  try {
    return await fetchReport({ ...of, clock: context.clock, awayMsMax: UNREACHABLE_MS_MAX });
  } catch (cause) {
    throw new MeshError(
      "report_failed",
      `Cannot get the report of run ${of.runId}: ${messageOf(cause)}`,
      { cause },
    );
  }
}
