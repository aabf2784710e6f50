/** Fault "node disk full", on a real file system of 24 MB that only root can mount: skipped, visibly, for others. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startGateway } from "#gateway/gateway.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { createHttpDriver } from "#node/drivers/http/driver.ts";
import { startNode } from "#node/node.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import { DEFAULT_LIMITS } from "#shared/limits.ts";
import { silentLog } from "#shared/log.ts";

function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    // Not root, or a container that may not mount.
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

/** Leaves no byte free. */
function fillDisk(folder: string): void {
  for (let file = 0; ; file += 1) {
    try {
      writeFileSync(join(folder, `fill-${file}`), Buffer.alloc(8_192));
    } catch {
      // No space left: what was wanted.
      return;
    }
  }
}

test("a full disk: the reserve saves the outcome, the attempt is lost: disk_full, the node cordons itself", async ({
  skip,
}) => {
  const folder = mountSmallDisk();
  if (folder === undefined) return skip("only root can mount a small disk");
  const gatewayDir = mkdtempSync(join(tmpdir(), "panoptic-gateway-"));
  const gateway = await startGateway({ dataDir: gatewayDir });
  const faults: unknown[] = [];
  const node = await startNode({
    token: decodeJoinToken(gateway.joinToken()),
    dataDir: folder,
    slots: 1,
    drivers: [createHttpDriver()],
    limits: { ...DEFAULT_LIMITS, freeDiskBytesMin: 1 },
    log: silentLog,
    onStopped: (error) => void faults.push(error),
  });
  try {
    const steps = Array.from({ length: 500 }, () => ({ wait: "10ms" }));
    const suite = { name: "s", defaults: { platform: "http" }, tests: [{ name: "t", steps }] };
    const outcome = await gateway.service.submit(
      {
        suites: [{ file: "s.json", text: JSON.stringify(suite), files: [] }],
        env: {},
        secrets: {},
        options: { tags: [], allowEmpty: false, skipUnsupported: false },
      },
      undefined,
    );
    if (outcome.kind === "refused") throw new Error(outcome.reason);
    const { id } = outcome.run;
    await waitUntil(() => (gateway.service.run(id)?.running ?? 0) > 0, {
      what: "the attempt runs",
    });
    fillDisk(folder);
    const attempt = () => gateway.service.report(id)?.tests[0]?.attempts[0];
    await waitUntil(() => attempt()?.error?.code === "disk_full", { what: "the loss is told" });
    expect(attempt()).toMatchObject({ status: "lost", counted: false });
    await waitUntil(() => gateway.service.nodes()[0]?.isDraining === true, {
      what: "the cordon is seen",
    });
    expect(statfsSync(folder).bavail).toBeGreaterThan(0);
    expect(faults).toEqual([]);
    expect(existsSync(join(folder, "reserve"))).toBe(false);
    for (const name of readdirSync(folder).filter((one) => one.startsWith("fill-")))
      rmSync(join(folder, name));
    await gateway.service.setDrained(node.name, false);
    await waitUntil(() => existsSync(join(folder, "reserve")), {
      what: "resumed, the node has a reserve again",
    });
    await gateway.service.cancel(id, "the test is over");
  } finally {
    await node.stop();
    await gateway.stop();
    // Lazily: libSQL closes a file only with the last of its statements.
    execFileSync("umount", ["-l", folder]);
    rmSync(folder, { recursive: true });
    rmSync(gatewayDir, { recursive: true });
  }
});
