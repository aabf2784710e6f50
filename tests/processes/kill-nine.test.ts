/** kill -9 of `panoptic run`: nothing of it lives on (`npm run kill-nine` measures the 3 s), no temporary file stays, the report is the old one or the new one. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Kill, type KillStage, openKillStage } from "./kill-nine.ts";

let stage: KillStage;
beforeAll(async () => {
  stage = await openKillStage(15_000);
});
afterAll(() => stage[Symbol.asyncDispose]());

const atProcesses = (count: number) => ({ kind: "processes", count }) as const;
const TRIES_MAX = 8;
const KILLS: readonly (readonly [what: string, kill: Kill])[] = [
  ["the program", { victim: "bun", frozen: "node", moment: atProcesses(15) }],
  ["the program", { victim: "bun", frozen: "nothing", moment: { kind: "report" } }],
  ["the node that started it", { victim: "wrapper", frozen: "browser", moment: atProcesses(15) }],
  ["npm", { victim: "npm", frozen: "nats-server", moment: atProcesses(7) }],
];

test.skipIf(process.platform !== "linux").each(KILLS)("kill -9 of %s (%o)", async (_, kill) => {
  let end = await stage.kill(kill);
  // A moment of some milliseconds may pass unseen: then nothing was killed, and it is tried again.
  for (let tries = 1; end.processCount === 0 && tries < TRIES_MAX; tries += 1)
    end = await stage.kill(kill);
  expect(end.left).toEqual([]);
  expect(["old", "new"]).toContain(end.report);
  // Else it had ended before, or nothing stood still: nothing was tried.
  expect(end.processCount).toBeGreaterThan(0);
  expect(end.hasFrozen).toBe(kill.frozen !== "nothing");
});
