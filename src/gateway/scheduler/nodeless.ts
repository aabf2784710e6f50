/** Tests that no node could run: refused at submit with what is missing, ended after the wait once accepted. */

import { orderOf } from "#gateway/fleet/open-slots.ts";
import { type Mesh, type NodeState, sayNotice } from "#gateway/mesh/mesh.ts";
import type { TestState } from "#gateway/mesh/run-state.ts";
import type { RunId } from "#proto/ids.ts";
import type { TestDefinition } from "#proto/test.ts";
import { missingNeeds, needsInWords, needsSignature, unfitInWords } from "./needs.ts";
import { closeTest } from "./settle.ts";

/** A node that closed itself (its disk is short of room) is there again soon, or is not: who submits may wait for it. */
type Presence = "open" | "open_or_closed";

function isPresent(node: NodeState, presence: Presence): boolean {
  if (node.life.kind === "gone" || orderOf(node) !== undefined) return false;
  if (presence === "open_or_closed" && node.closed !== undefined) return true;
  return !node.isDraining || node.isResuming;
}

/** What is missing for a test among the nodes that are not gone; undefined when one could run it. */
export function explainNodeless(
  nodes: readonly NodeState[],
  definition: TestDefinition,
  presence: Presence = "open",
): string | undefined {
  return explainAmong(audienceOf(nodes, presence), definition);
}

/** The names of the nodes that are there now and could run the test. */
export function fittingNodes(nodes: readonly NodeState[], definition: TestDefinition): string[] {
  return nodes
    .filter((node) => isPresent(node, "open"))
    .filter((node) => missingNeeds(definition, node.record.hello).length === 0)
    .map((node) => node.record.name);
}

/** Whom to ask: once for many tests. */
type Audience = {
  readonly present: readonly NodeState[];
  readonly byName: ReadonlyMap<string, readonly NodeState[]>;
  /** What nodes say that take none, for the end of a sentence. */
  readonly closed: string;
};

function audienceOf(nodes: readonly NodeState[], presence: Presence): Audience {
  const present = nodes.filter((node) => isPresent(node, presence));
  const closed = nodes.flatMap((node) => {
    if (node.life.kind === "gone") return [];
    const order = orderOf(node)?.text;
    const own = node.closed === undefined ? undefined : `takes none: ${node.closed}`;
    const why = own ?? order;
    return why === undefined ? [] : [`; ${node.record.name} ${why}`];
  });
  const byName = Map.groupBy(present, (node) => node.record.name);
  return { present, byName, closed: closed.join("") };
}

function explainAmong(audience: Audience, definition: TestDefinition): string | undefined {
  const { present, byName, closed } = audience;
  if (present.length === 0)
    return `No node is there: it needs ${needsInWords(definition)}${closed}`;
  const { node: name } = definition.needs;
  // A fan-out asks for each node by its name: nobody else need be looked at.
  const asked = name === undefined ? present : (byName.get(name) ?? present);
  let nearest: { readonly node: NodeState; readonly missing: readonly string[] } | undefined;
  for (const node of asked) {
    const missing = missingNeeds(definition, node.record.hello);
    if (missing.length === 0) return undefined;
    if (nearest === undefined || missing.length < nearest.missing.length)
      nearest = { node, missing };
  }
  if (nearest === undefined) return undefined;
  const { node, missing } = nearest;
  const why = node.record.hello.capabilities.unable
    .filter((one) => one.platform === definition.platform)
    .map((one) => ` (${one.platform} there: ${one.reason})`)
    .join("");
  return `No node has what it needs (${needsInWords(definition)}): the nearest, ${node.record.name}, ${unfitInWords(missing)}${why}${closed}`;
}

/** Ends tests that have waited longer than their run allows for a node that could run them. */
export function closeNodeless(mesh: Mesh): void {
  const audience = audienceOf([...mesh.nodes.values()], "open");
  const nowMs = mesh.clock.monotonicMs();
  for (const bucket of [...mesh.queue.buckets.values()]) {
    const first = bucket.waiting[0];
    if (first === undefined) continue;
    const reason = explainAmong(audience, first.test.definition);
    if (reason === undefined && !bucket.hasNodeless) continue;
    bucket.hasNodeless = reason !== undefined;
    for (const { test, runId } of [...bucket.waiting]) {
      if (reason !== undefined) waitOrClose(mesh, { test, runId, reason, nowMs });
      // All of them: a newcomer that goes first has not waited, and says nothing of those behind it.
      else if (test.nodelessSinceMs !== undefined) delete test.nodelessSinceMs;
    }
  }
}

type Waiting = {
  readonly test: TestState;
  readonly runId: RunId;
  readonly reason: string;
  readonly nowMs: number;
};

function waitOrClose(mesh: Mesh, { test, runId, reason, nowMs }: Waiting): void {
  const run = mesh.runs.get(runId);
  if (run === undefined) return;
  if (test.nodelessSinceMs === undefined) {
    test.nodelessSinceMs = nowMs;
    if (!run.isWaiting) {
      run.isWaiting = true;
      sayNotice(mesh, run, { kind: "waiting", reason });
    }
    return;
  }
  const waitMs = run.options.waitForNodesMs ?? mesh.limits.waitForNodesMs;
  if (nowMs - test.nodelessSinceMs < waitMs) return;
  closeTest(mesh, run, {
    test,
    code: "no_node",
    reason: `${reason}; waited ${Math.round((nowMs - test.nodelessSinceMs) / 1000)} s`,
  });
}

/** Distinct needs that nobody could meet, one text each with the place of the first test that has them. */
export function refuseNodeless(
  nodes: readonly NodeState[],
  definitions: readonly TestDefinition[],
): readonly string[] {
  const seen = new Set<string>();
  const faults: string[] = [];
  const audience = audienceOf(nodes, "open_or_closed");
  for (const definition of definitions) {
    const signature = needsSignature(definition);
    if (definition.skip !== undefined || seen.has(signature)) continue;
    seen.add(signature);
    const reason = explainAmong(audience, definition);
    if (reason !== undefined)
      faults.push(`${definition.file}:${definition.line}:1 ${reason} (test ${definition.key})`);
  }
  return faults;
}
