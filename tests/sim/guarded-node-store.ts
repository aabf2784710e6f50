/** A process's view of its disk: nothing is written after its death, and it may die on either side of a transaction. */
import type { NodeStore } from "#node/store/node-store.ts";
import type { NodeEvent } from "#proto/event.ts";
import { MeshError } from "#shared/errors.ts";
import type { SimContext } from "./context.ts";
import type { NodeKillPoint } from "./fault-plan.ts";
import type { NodeDisk } from "./node-disk.ts";
import type { NodeOracle } from "./node-oracle.ts";

export type GuardOptions = {
  readonly disk: NodeDisk;
  readonly oracle: NodeOracle;
  readonly isAlive: () => boolean;
  readonly killAt: (point: NodeKillPoint) => void;
  /** The disk has no room but that of the reserve. */
  readonly isFull: () => boolean;
  /** A write found no room: true when the reserve made some for it. */
  readonly makeRoom: () => boolean;
  /** Why nothing new may be accepted now; undefined when it may (V3). */
  readonly closed: () => string | undefined;
  readonly context: Pick<SimContext, "trace" | "figures" | "fail" | "plan">;
};

export function guardNodeStore(options: GuardOptions): NodeStore {
  const { disk, oracle, isAlive, killAt, context } = options;
  const { trace } = context;
  const transact = <T>(act: (store: NodeStore) => T, otherwise: T): T => {
    if (options.isFull() && isAlive() && !options.makeRoom())
      throw new MeshError("disk_full", "Cannot save: the disk is full");
    killAt("before_save");
    if (!isAlive()) return otherwise;
    return disk.write(act);
  };
  const noteSaved = (event: NodeEvent, number = disk.store().lastNumber()) => {
    const storeId = disk.store().storeId();
    trace.note(`SAVE ${storeId} ${number} ${event.kind} ${event.leaseId}`);
    oracle.onSaved(storeId, number, event);
    if (event.kind === "attempt_ended" && event.loss === "crashed")
      context.figures.crashedReports += 1;
    killAt("after_save");
  };
  return {
    storeId: () => disk.store().storeId(),
    lastNumber: () => disk.store().lastNumber(),
    confirmed: () => disk.store().confirmed(),
    leases: () => disk.store().leases(),
    lease: (leaseId) => disk.store().lease(leaseId),
    held: () => disk.store().held(),
    eventsAfter: (after, bound) => disk.store().eventsAfter(after, bound),
    saveAccepted: (rows) => {
      const text = JSON.stringify(rows);
      if (text.includes(context.plan.secret))
        context.fail("K1", `A node saved the value of a secret: ${text}`);
      const closed = rows.length === 0 ? undefined : options.closed();
      if (closed !== undefined && isAlive())
        context.fail("V3", `A node that is ${closed} accepted ${rows[0]?.leaseId}`);
      transact((store) => store.saveAccepted(rows), undefined);
    },
    giveBack: (leaseIds) => {
      const given = transact((store) => store.giveBack(leaseIds), []);
      if (given.length > 0) trace.note(`GIVE_BACK ${given.join(" ")}`);
      oracle.onGiveBack(given);
      return given;
    },
    start: (leaseId, event) => {
      const hasStarted = transact((store) => store.start(leaseId, event), false);
      if (!hasStarted) return false;
      oracle.onStart(leaseId);
      noteSaved(event);
      return isAlive();
    },
    append: (event) => {
      if (event.kind === "artifact_found" && event.artifact.sha256 !== undefined && isAlive()) {
        const { storeId, lastNumber } = disk.store();
        disk.blobs.set(event.artifact.sha256, { storeId: storeId(), number: lastNumber() + 1 });
      }
      const number = transact((store) => store.append(event), 0);
      if (number === 0) return 0; // it is dead
      noteSaved(event);
      return number;
    },
    endAndStart: (end, next) => {
      const hasStarted = transact((store) => store.endAndStart(end, next), undefined);
      if (hasStarted === undefined) return false; // it is dead
      const last = disk.store().lastNumber();
      if (hasStarted) oracle.onStart(next.leaseId);
      noteSaved(end, hasStarted ? last - 1 : last);
      if (hasStarted) noteSaved(next.event, last);
      return hasStarted && isAlive();
    },
    sync: () => disk.store().sync(),
    confirm: (number) => transact((store) => store.confirm(number), undefined),
    renew: (known) => {
      const before = disk.store().storeId();
      transact((store) => store.renew(known), undefined);
      if (disk.store().storeId() === before) return;
      context.figures.renewedStores += 1;
      trace.note(`RENEW ${before} to ${disk.store().storeId()}`);
      oracle.onRenew(disk.store());
    },
  };
}
