/** Which nodes can run the tests of a bucket: looked at once for each pair of what a node says and what tests need. */
import type { NodeState } from "#gateway/mesh/mesh.ts";
import type { Hello } from "#proto/hello.ts";
import { missingNeeds } from "./needs.ts";
import type { Bucket } from "./queue.ts";

/** By what the node said of itself; a new hello is a new object, so nothing here grows old. */
const answers = new WeakMap<Hello, Map<string, boolean>>();
/** Different needs that are remembered of one node. */
const ANSWERS_MAX = 10_000;

/** Whether the node has what the tests of this bucket need. */
export function canRun(node: NodeState, bucket: Pick<Bucket, "needs" | "waiting">): boolean {
  const { hello } = node.record;
  const known = answers.get(hello) ?? new Map<string, boolean>();
  answers.set(hello, known);
  const answer = known.get(bucket.needs);
  if (answer !== undefined) return answer;
  const definition = bucket.waiting[0]?.test.definition;
  if (definition === undefined) return false;
  if (known.size >= ANSWERS_MAX) known.clear();
  const isAble = missingNeeds(definition, hello).length === 0;
  known.set(bucket.needs, isAble);
  return isAble;
}

/** Whether the node may run the bucket's tests: it has what they need, and they are not another node's. */
export function mayRun(node: NodeState, bucket: Bucket): boolean {
  return (bucket.pin === undefined || bucket.pin === node.record.nodeId) && canRun(node, bucket);
}
