/** A gateway's data folder whose nats-server was left behind by a kill -9, and a gateway of this process on it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { type Gateway, startGateway } from "#gateway/gateway.ts";
import { endLeftNats, isAlive } from "#kit/mesh.ts";
import { removeWhenUnused } from "#kit/remove-when-unused.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { configureLog } from "#shared/log.ts";

/** A new data folder; its nats-server is ended and it is removed when the test is over. */
export function gatewayFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-left-"));
  onTestFinished(async () => {
    await endLeftNats(folder);
    await removeWhenUnused(folder);
  });
  return folder;
}

/** Starts a gateway process on the folder and kills it: its nats-server stays. */
export async function leaveNats(folder: string): Promise<{ pid: number; port: number }> {
  const owner = spawn(process.execPath, [join(import.meta.dirname, "gateway-owner.ts"), folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void owner.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: owner.stdout }), "line")) as [string];
  const port = Number(new URL((JSON.parse(line) as { natsUrl: string }).natsUrl).port);
  owner.kill("SIGKILL");
  await once(owner, "close");
  const pid = natsPid(folder);
  if (pid === undefined || !isAlive(pid)) throw new Error("The nats-server went with its gateway");
  return { pid, port };
}

/** What nats.pid says. */
export const natsPid = (folder: string): number | undefined =>
  readPidFile(join(folder, "nats.pid"));

/** A gateway of this process, with what it logs. */
export async function startOn(
  folder: string,
  more: { readonly host?: string; readonly natsPort?: number } = {},
): Promise<{ gateway: Gateway; port: number; said: () => string }> {
  let text = "";
  configureLog({
    write: (line) => {
      text += line;
    },
  });
  const gateway = await startGateway({ dataDir: folder, natsLife: "left_behind", ...more });
  onTestFinished(() => gateway.stop());
  return { gateway, port: Number(new URL(gateway.natsUrl).port), said: () => text };
}

/** Kills a process that is not this one's child and waits until it is gone. */
export async function killAndWait(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await waitUntil(() => !isAlive(pid), { what: `the process ${pid} is gone` });
}
