/**
 * S4, no starvation. Of tests: none waits for longer than `STARVED_MS` beside a node that it could run on, that is well and
 * has room all that time and is given nothing, while the gateway is well, too. Of runs: one that
 * has had a test to run and no lease for `AGE_MS` gets the next lease that a node has for it, whatever its priority.
 * Looked at every `LOOK_MS`.
 */
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { isAble } from "./able.ts";
import { type Books, type RunBook, steadyForMs } from "./books.ts";
import type { SimContext } from "./context.ts";
import type { SimNode } from "./node-shape.ts";
import { isOpen, referenceVerdict, strikesOf, type TestBook } from "./reference-verdict.ts";
import { bodyOf, groupKey, precursorsOf } from "./schedule-words.ts";
import type { SimGateway } from "./sim-gateway.ts";

export type IdleOptions = {
  readonly context: SimContext;
  readonly books: Books;
  readonly gateway: SimGateway;
  readonly nodes: readonly SimNode[];
};

const LOOK_MS = 1_000;
const STARVED_MS = 12_000;
/** What the scheduler promises (`starveMs`), and what a look may miss. */
const AGE_MS = DEFAULT_LIMITS.starveMs + 4_000;
/** Large worlds are looked at this many times less often. */
const LARGE_PAUSE = 4;

export function watchIdle(options: IdleOptions): void {
  const { context, nodes } = options;
  const idleSinceMs = new Map<string, number>();
  const waitingSinceMs = new Map<TestBook, number>();
  const pauseMs = LOOK_MS * (nodes.length > 100 ? LARGE_PAUSE : 1);
  const look = () => {
    context.clock.after(pauseMs, look);
    const nowMs = context.clock.monotonicMs();
    const isGatewayWell = options.gateway.wellForMs() >= STARVED_MS;
    for (const node of nodes)
      keep(idleSinceMs, node.name, { nowMs, holds: isGatewayWell && isIdle(options, node) });
    for (const run of options.books.runs.values())
      for (const test of run.tests)
        keep(waitingSinceMs, test, {
          nowMs,
          holds: isGatewayWell && isWaiting(options, run, test),
        });
    judge(options, { idleSinceMs, waitingSinceMs });
    for (const run of options.books.runs.values()) {
      const holds = run.tests.some((test) => waitingSinceMs.has(test));
      if (!holds) run.readySinceMs = undefined;
      else run.readySinceMs ??= nowMs;
    }
  };
  look();
}

type Holding = { readonly nowMs: number; readonly holds: boolean };

/** Since when something has held at each look. */
function keep<T>(since: Map<T, number>, key: T, { nowMs, holds }: Holding): void {
  if (!holds) since.delete(key);
  else if (!since.has(key)) since.set(key, nowMs);
}

type Since = {
  readonly idleSinceMs: ReadonlyMap<string, number>;
  readonly waitingSinceMs: ReadonlyMap<TestBook, number>;
};

function judge(options: IdleOptions, { idleSinceMs, waitingSinceMs }: Since): void {
  const { context, books } = options;
  const beforeMs = context.clock.monotonicMs() - STARVED_MS;
  const idle = options.nodes.filter(({ name }) => (idleSinceMs.get(name) ?? beforeMs) < beforeMs);
  if (idle.length === 0) return;
  for (const run of books.runs.values()) {
    for (const test of run.tests) {
      if ((waitingSinceMs.get(test) ?? beforeMs) >= beforeMs) continue;
      const node = idle.find((one) => mayGo(run, test, one));
      if (node === undefined) continue;
      context.fail(
        "S4",
        `${test.definition.name} of ${run.id} has waited for ${STARVED_MS} ms beside ${node.name}, which is idle`,
      );
    }
  }
}

/** Well for long, nobody holds it back, and it has nothing to do at all. */
function isIdle({ books }: IdleOptions, node: SimNode): boolean {
  if (steadyForMs(books, node) < STARVED_MS) return false;
  return (books.openByNode.get(node.nodeId)?.size ?? 0) === 0 && node.runningCount() === 0;
}

/** Waits for nothing but a node. */
function isWaiting(
  { books, context }: Pick<IdleOptions, "books" | "context">,
  run: RunBook,
  test: TestBook,
): boolean {
  if (run.ended !== undefined || run.isCancelling || test.leases.some(isOpen)) return false;
  if (referenceVerdict(test) !== undefined || strikesOf(test) >= 2) return false;
  if (isBounded({ context }, run)) return false;
  const before = [...precursorsOf(run, test), ...bodyOf(run, test)];
  if (before.some((one) => !isDone(one))) return false;
  const group = run.groups.get(test) ?? [];
  if (group.slice(0, group.indexOf(test)).some((one) => !isDone(one))) return false;
  return (test.definition.schedule?.locks ?? []).every(
    ({ name }) => !isHeld(books, name) && !mayBeReserved(books, name, test),
  );
}

/** Kept free for a test that needs another lock beside it, and would else never find both free. */
function mayBeReserved(books: Books, name: string, asking: TestBook): boolean {
  for (const run of books.runs.values())
    for (const other of run.lockers) {
      const locks = other.definition.schedule?.locks ?? [];
      if (other === asking || locks.length < 2 || isDone(other)) continue;
      if (locks.some((lock) => lock.name === name) && !other.leases.some(isOpen)) return true;
    }
  return false;
}

/** By more than nodes and locks: nobody here says since when it could have had one more, so its age is not known either. */
function isBounded({ context }: Pick<Books, "context">, { options }: RunBook): boolean {
  if (options.minNodes !== undefined || options.maxInFlight !== undefined) return true;
  return context.plan.quotas[options.project ?? "default"] !== undefined;
}

const isDone = (test: TestBook): boolean => referenceVerdict(test) !== undefined;

/** By anybody that may still run, as far as the store knows. */
function isHeld(books: Books, name: string): boolean {
  for (const run of books.runs.values())
    for (const { definition, leases } of run.lockers)
      if (
        definition.schedule?.locks?.some((lock) => lock.name === name) === true &&
        leases.some(({ end, settlement }) => end === undefined && settlement?.kind !== "recalled")
      )
        return true;
  return false;
}

function mayGo(run: RunBook, test: TestBook, node: SimNode): boolean {
  if (!isAble(node.capabilities, test.definition)) return false;
  const last = run.groups.has(test) ? run.groupNodes.get(groupKey(test))?.nodeId : undefined;
  return last === undefined || last === node.nodeId;
}

/** Called when a lease of `served` goes to a node: nobody who could have had it may be that old. */
export function judgeAge(books: Books, served: RunBook, node: SimNode): void {
  const nowMs = books.context.clock.monotonicMs();
  const isSteady = books.gatewayWellForMs() >= AGE_MS && steadyForMs(books, node) >= AGE_MS;
  if (isSteady && !isBounded(books, served) && ageOf(served, nowMs) < DEFAULT_LIMITS.starveMs / 2)
    for (const run of books.runs.values()) {
      if (run === served || ageOf(run, nowMs) < AGE_MS) continue;
      const starved = run.tests.find(
        (test) => isWaiting({ books, context: books.context }, run, test) && mayGo(run, test, node),
      );
      if (starved !== undefined)
        books.context.fail(
          "S4",
          `${node.name} was given a lease of ${served.id} while ${run.id} has had none for ${ageOf(run, nowMs)} ms`,
        );
    }
  served.servedMs = nowMs;
}

const ageOf = ({ readySinceMs, servedMs }: RunBook, nowMs: number): number =>
  readySinceMs === undefined ? 0 : nowMs - Math.max(readySinceMs, servedMs);
