/** A process of gateway-store.test.ts that writes turns for ever, and says the number of each when it is committed. */
import { writeSync } from "node:fs";
import type { Change } from "#gateway/mesh/change.ts";
import { openGatewayStore } from "#gateway/store/libsql-store.ts";
import { NodeId, RunId, StoreId } from "#proto/ids.ts";
import { leaseIdOf } from "#shared/ids.ts";
import { runCreated } from "./gateway-store.contract.ts";

const runId = RunId.parse("run-0001");
const storeId = StoreId.parse("store-1");
const nodeId = NodeId.parse("node-1");

const path = process.argv[2];
if (path === undefined) throw new Error("Which file?");
const store = openGatewayStore(path);
if (store.loadRun(runId) === undefined) store.commit([runCreated()]);
for (let number = (store.load().stores[0]?.confirmed ?? 0) + 1; ; number += 1) {
  store.commit(turnOf(number));
  writeSync(1, `${number}\n`);
}

function turnOf(number: number): Change[] {
  const leaseId = leaseIdOf({ runId, testIndex: number, number: 1 });
  const event = { kind: "attempt_started", leaseId, attemptNumber: 1, slotIndex: 0, wallMs: 0 };
  return [
    { kind: "event_taken", storeId, number, event: event as never, offsetMs: 0 },
    {
      kind: "notice_said",
      runId,
      notice: { number, notice: { kind: "waiting", reason: "Why" } },
    },
    { kind: "store_advanced", storeId, nodeId, confirmed: number },
  ];
}
