/** `panoptic replica`: what a node did and has not delivered, from its own libSQL file, everything else switched off. */
import { type ReplicaAttempt, type ReplicaView, readReplica } from "#node/store/replica-view.ts";
import type { Context } from "../context.ts";
import { nodeDataDir } from "../node-data-dir.ts";
import { durationText } from "../run/progress-text.ts";

export type ReplicaOptions = { readonly data?: string; readonly json?: boolean };

/** Prints what waits for the gateway first, then what it has. */
export async function showReplica(options: ReplicaOptions, context: Context): Promise<number> {
  const view = readReplica(nodeDataDir(options.data, context.config));
  if (options.json) context.terminal.say(JSON.stringify(view));
  else for (const line of linesOf(view)) context.terminal.say(line);
  return 0;
}

function linesOf(view: ReplicaView): string[] {
  const { undelivered, waiting, delivered, pendingUploads } = view;
  return [
    `node ${view.nodeId ?? "unknown"}, store ${view.storeId}: ${view.lastEvent} events, ${view.confirmed} confirmed, ${view.undeliveredEventCount} not delivered`,
    ...undelivered.flatMap(attemptLines),
    ...waiting.map(({ testKey }) => `waiting  ${testKey}`),
    ...pendingUploads.map(
      (upload) => `upload   ${upload.sha256.slice(0, 12)} not with the gateway yet`,
    ),
    ...delivered.map((attempt) => `given    ${headOf(attempt)}`),
  ];
}

function attemptLines(attempt: ReplicaAttempt): string[] {
  const steps = attempt.steps.map((step) => {
    const why = step.error === undefined ? "" : `: ${step.error.message.split("\n")[0]}`;
    return `           ${step.status.padEnd(8)} ${step.name}${why}`;
  });
  return [`kept     ${headOf(attempt)}`, ...steps];
}

function headOf({ testKey, attemptNumber, status, durationMs }: ReplicaAttempt): string {
  const time = durationMs === undefined ? "" : `  ${durationText(durationMs)}`;
  return `${testKey}  attempt ${attemptNumber} ${status}${time}`;
}
