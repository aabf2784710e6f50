/** What the scheduler does at the end of each turn, and what it does because time has passed. */
import { endOverdueDrains } from "#gateway/fleet/drain.ts";
import { judgeBreakers } from "#gateway/fleet/health.ts";
import { watchMinNodes } from "#gateway/fleet/min-nodes.ts";
import type { Mesh } from "#gateway/mesh/mesh.ts";
import { closeCancelled, stopOverFailed, timeOutRuns } from "./cancel.ts";
import { expireLocks } from "./locks.ts";
import { lookAtAll, takeTurn } from "./loop.ts";
import { closeNodeless } from "./nodeless.ts";
import { movePinned } from "./pins.ts";
import { recallForDue, recallForIdle } from "./recall.ts";

/** What follows from everything that was decided in a turn; its last decisions. */
export function endTurn(mesh: Mesh): void {
  stopOverFailed(mesh);
  const looked = takeTurn(mesh);
  recallForIdle(mesh, looked);
}

/** Called a few times a second. @param nowMs The gateway's monotonic clock. */
export function tickSchedule(mesh: Mesh, nowMs: number): void {
  judgeBreakers(mesh);
  watchMinNodes(mesh);
  endOverdueDrains(mesh);
  timeOutRuns(mesh);
  closeCancelled(mesh);
  closeNodeless(mesh);
  expireLocks(mesh.locks, nowMs);
  movePinned(mesh);
  recallForDue(mesh);
  lookAtAll(mesh);
}
