/** Are the committed events those that their nodes saved, in order, and what do they say of leases (E2, E5, L3, C1)? */
import type { ChangeOf } from "#gateway/store/gateway-store.ts";
import type { AttemptEnded } from "#proto/event.ts";
import { type Books, type Place, placeOf } from "./books.ts";
import { isSettled, type LeaseBook } from "./reference-verdict.ts";

/** An event was committed, or rejected by name. */
export function takeEvent(books: Books, change: ChangeOf<"event_taken" | "event_rejected">): void {
  const { fail, figures } = books.context;
  const { storeId, number } = change;
  const before = books.numbers.get(storeId) ?? 0;
  if (number !== before + 1)
    fail("E2", `Event ${number} of ${storeId} was committed after ${before}`);
  books.numbers.set(storeId, Math.max(before, number));
  if (change.kind === "event_rejected") {
    figures.rejected += 1;
    const owner = books.ownerOf(storeId);
    if (owner?.disk.isPristine() === true)
      fail("E5", `A good event was rejected: ${number} of ${storeId}: ${change.reason}`);
    return;
  }
  const node = books.ownerOf(storeId);
  if (node?.oracle.wasSaved(storeId, number, change.event) === false) {
    fail(
      "E2",
      `Event ${number} of ${storeId} is not what ${node.name} saved: ${JSON.stringify(change.event)}`,
    );
  }
  const place = placeOf(books, change.event.leaseId);
  if (place === undefined)
    return fail(
      "E2",
      `Event ${number} of ${storeId} is of an unknown lease ${change.event.leaseId}`,
    );
  foldBook(books, place, change.event);
}

function foldBook(
  books: Books,
  { run, test, lease }: Place,
  event: ChangeOf<"event_taken">["event"],
): void {
  if (event.kind === "attempt_started") {
    lease.hasStarted = true;
    const twin = test.leases.find(
      (one) => one !== lease && one.hasStarted && one.attemptNumber === lease.attemptNumber,
    );
    if (twin !== undefined)
      books.context.fail(
        "attempt_number",
        `${lease.id} and ${twin.id} are both ${lease.attemptNumber}`,
      );
    if (isSettled(lease) && lease.settlement?.kind === "recalled" && !lease.isTainted)
      books.context.fail(
        "L3",
        `Lease ${lease.id} started though it was settled ${lease.settlement.cause}`,
      );
  }
  if (event.kind === "step_ended") lease.stepStatuses.set(event.stepIndex, event.status);
  if (event.kind === "artifact_found") lease.artifactCount += 1;
  if (event.kind === "attempt_ended") takeEnd(books, { run, test, lease }, event);
}

/** C1: what counts is decided when the outcome is committed. */
function takeEnd(books: Books, { run, test, lease }: Place, event: AttemptEnded): void {
  const isOutcome = event.status === "passed" || event.status === "failed";
  const isFenced =
    isSettled(lease) &&
    (test.leases.at(-1) !== lease ||
      test.closed !== undefined ||
      lease.settlement?.cause === "event_rejected");
  lease.end = { status: event.status, loss: event.loss };
  if (event.status === "lost") noteLoss(books, lease);
  lease.isCounted = isOutcome && !isFenced && run.ended === undefined;
  if (isOutcome && !lease.isCounted) books.context.figures.late += 1;
}

/** The number up to which a store is confirmed was committed. */
export function takeAdvance(books: Books, change: ChangeOf<"store_advanced">): void {
  const last = books.numbers.get(change.storeId) ?? 0;
  if (change.confirmed === last) return;
  books.context.fail(
    "E2",
    `n of ${change.storeId} was set to ${change.confirmed} though events 1..${last} are committed`,
  );
  books.numbers.set(change.storeId, change.confirmed);
}

/** A started attempt that its node has lost. */
export const noteLoss = ({ losses }: Books, { nodeId }: LeaseBook): void =>
  void losses.set(nodeId, (losses.get(nodeId) ?? 0) + 1);
