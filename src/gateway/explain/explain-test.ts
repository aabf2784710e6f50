/**
 * Pure: why a test waits, where it runs, or what it came to (peers.md, 20). Every rule is the scheduler's own: what it
 * would decide on is read by its own functions, and only put into words here.
 */

import { lossReason } from "#gateway/merge/verdict.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { nodeName } from "#gateway/mesh/mesh.ts";
import {
  activeLease,
  type LeaseState,
  type RunState,
  type TestState,
} from "#gateway/mesh/run-state.ts";
import { turnOf } from "#gateway/scheduler/precedence.ts";
import type { TestWhy, WhyReason } from "#proto/why.ts";
import { explainQueued } from "./explain-queued.ts";

export function explainTest(mesh: Mesh, run: RunState, test: TestState): TestWhy {
  const { key } = test.definition;
  if (test.decided !== undefined) {
    const { verdict } = test.decided;
    return { key, state: "decided", verdict, reasons: [decidedReason(test)] };
  }
  const lease = activeLease(test);
  if (lease?.attempt !== undefined)
    return { key, state: "running", reasons: [runningReason(mesh, run, lease)] };
  const reasons =
    lease === undefined ? waitingReasons(mesh, run, test) : leasedReasons(mesh, lease);
  return { key, state: "waiting", reasons: [...cancelledReasons(run), ...reasons] };
}

const VERDICT_WORDS = {
  passed: "It has passed",
  flaky: "It has passed after a failure",
  failed: "It has failed",
  skipped: "It was skipped",
  lost: "It is lost",
} as const;

function decidedReason({ decided, leases }: TestState): WhyReason {
  const verdict = decided?.verdict ?? "lost";
  const last = leases.findLast(({ attempt }) => attempt !== undefined);
  const told =
    decided?.reason ??
    last?.attempt?.end?.error?.message ??
    (verdict === "lost" ? lossReason(last) : undefined);
  const why = told === undefined ? "" : `: ${told}`;
  return { code: "decided", text: `${VERDICT_WORDS[verdict]}${why}` };
}

function runningReason(mesh: Mesh, run: RunState, lease: LeaseState): WhyReason {
  const startedMs = lease.attempt?.startedWallMs ?? 0;
  const seconds = Math.max(0, Math.round((mesh.clock.wallMs() - startedMs) / 1_000));
  const node = nodeName(mesh, lease.nodeId);
  const ending = run.cancel === undefined ? "" : `; it is being ended: ${run.cancel.reason}`;
  const text = `Attempt ${lease.attemptNumber} runs on ${node} for ${seconds} s${ending}`;
  return { code: "running", text };
}

/** It was given to a node and has not started there. */
function leasedReasons(mesh: Mesh, lease: LeaseState): readonly WhyReason[] {
  const name = nodeName(mesh, lease.nodeId);
  if (lease.isRecalling)
    return [{ code: "leased", text: `${name} is asked to give it back, so that another runs it` }];
  if (lease.offer !== "accepted")
    return [{ code: "leased", text: `It is offered to ${name}, which has not answered yet` }];
  const node = mesh.nodes.get(lease.nodeId);
  const before = [...(node?.active ?? [])].indexOf(lease);
  const ahead = before > 0 ? `: ${before} other(s) are before it there` : "";
  return [{ code: "leased", text: `${name} has it and starts it when a slot is free${ahead}` }];
}

function cancelledReasons({ cancel }: RunState): readonly WhyReason[] {
  return cancel === undefined
    ? []
    : [{ code: "cancelled", text: `Its run is being ended: ${cancel.reason}` }];
}

function waitingReasons(mesh: Mesh, run: RunState, test: TestState): readonly WhyReason[] {
  const bucket = mesh.queue.members.get(test);
  if (bucket !== undefined) return explainQueued(mesh, run, { test, bucket });
  const turn = run.precedence && turnOf(run.precedence, test);
  if (turn?.kind === "held") {
    const { key } = turn.behind.definition;
    const text =
      turn.why === "after"
        ? `It comes after ${key}, which has no verdict yet`
        : `Its group has one test at a time: ${key} is before it`;
    return [{ code: turn.why, text }];
  }
  return [{ code: "next", text: "It is about to be queued" }];
}
