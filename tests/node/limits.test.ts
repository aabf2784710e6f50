/** Limits of attempts and of a node: measured on real processes and files, said with their figures. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { systemClock } from "#shared/clock.ts";
import { parseBytes, parseShare } from "#shared/quantities.ts";
import type { DriverSlot } from "../../src/node/drivers/driver.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";
import { excessOf } from "../../src/node/usage/allowance.ts";
import { limitSession } from "../../src/node/usage/limited-session.ts";
import { measureTrees } from "../../src/node/usage/process-tree.ts";
import { createUsageGuard, type Guarded } from "../../src/node/usage/usage-guard.ts";
import { openOn } from "../drivers/stage.ts";

const isLinux = process.platform === "linux";
const slot = createWebDriver({}).createSlot();
afterAll(() => slot.close());

describe("sizes and shares", () => {
  test.each([
    ["1GiB", 2 ** 30],
    ["500 MB", 5e8],
    ["1.5mib", 1.5 * 2 ** 20],
    ["0GiB", undefined],
    ["1", undefined],
    ["GiB", undefined],
  ])("%s is %s bytes", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  test.each([
    ["50%", 0.5],
    ["200 %", 2],
    ["0%", undefined],
    ["0.5", undefined],
  ])("%s is a share of %s", (text, share) => expect(parseShare(text)).toBe(share));
});

test("excessOf() says what was used and what was allowed", () => {
  const usage = { memoryBytes: 1.25 * 2 ** 30, diskBytes: 10, cpuShare: 0.75 };
  expect(excessOf(usage, { memoryBytes: 2 ** 30 })).toBe("memory: 1.25 GiB of at most 1.00 GiB");
  expect(excessOf(usage, { cpuShare: 0.5 })).toBe("CPU: 75 % of at most 50 % of a processor");
  expect(excessOf(usage, { memoryBytes: 2 ** 31, diskBytes: 10, cpuShare: 1 })).toBeUndefined();
  expect(excessOf({ ...usage, cpuShare: undefined }, { cpuShare: 0.01 })).toBeUndefined();
});

test.runIf(isLinux)("measureTrees() counts what is below a process, too", async () => {
  // What is below it still runs, so nothing of it is in the times of the children that it has waited for.
  const script = "sh -c 'while :; do :; done' & read line; kill $!";
  const child = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"] });
  onTestFinished(() => void child.stdin.end());
  const cpuMs = async () => (await measureTrees([child.pid ?? 0]))[0]?.cpuMs ?? 0;
  await waitUntil(async () => (await cpuMs()) >= 50, { what: "CPU time", deadlineMs: 20_000 });
  const [usage, gone] = await measureTrees([child.pid ?? 0, 2 ** 22 + 1]);
  expect(usage?.memoryBytes).toBeGreaterThan(0);
  expect(gone).toEqual({ memoryBytes: 0, cpuMs: 0 });
});

describe.runIf(isLinux)("an attempt over a limit", () => {
  test("of its own fails at the step that runs, with the figure, and cleans up after it", async () => {
    const guard = createUsageGuard(systemClock, undefined);
    const ended: string[] = [];
    const guarded: DriverSlot = {
      close: slot.close,
      open: async (options) =>
        limitSession(await slot.open(options), {
          ...{ guard, options, onNodeExcess: (text) => ended.push(text) },
        }),
    };
    const played = await openOn(guarded, { web: { limits: { memoryBytes: 20 * 2 ** 20 } } });
    expect(played.session.rootPid).toBeGreaterThan(0);
    const failed = await played.failed({ kind: "wait", for: { kind: "time", ms: 10_000 } }, 15_000);
    expect(failed).toMatchObject({ code: "limit", outcome: "failed" });
    expect(failed.message).toMatch(
      /^The attempt used more than its limit of memory: \d+(\.\d+)? MiB of at most 20\.00 MiB$/,
    );
    await played.play({ kind: "goto", url: "about:blank" });
    await played.close();
    expect([...played.warnings, ...ended]).toEqual([]);
  });

  test("of the node is lost where it uses most of it; the others go on", async () => {
    const guard = createUsageGuard(systemClock, { diskBytes: 1_000 });
    const said: string[] = [];
    const begin = async (name: string, bytes: number) => {
      const folder = await mkdtemp(join(tmpdir(), "panoptic-limits-"));
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      await writeFile(join(folder, "file"), Buffer.alloc(bytes));
      const guarded: Guarded = {
        ...{ limits: { diskBytes: 5_000 }, rootPid: undefined, folders: [folder] },
        onOwnExcess: (text) => said.push(`${name} own ${text}`),
        onNodeExcess: (text) => said.push(`${name} node ${text}`),
      };
      return guard.watch(guarded);
    };
    const ends = [await begin("small", 300), await begin("large", 900)];
    await waitUntil(() => said.length > 0, { what: "a word about disk", deadlineMs: 10_000 });
    for (const end of ends) end();
    expect(said[0]).toBe(
      "large node The node's attempts used more than its limit of disk: 1.17 KiB of at most 1000 B",
    );
  });
});
