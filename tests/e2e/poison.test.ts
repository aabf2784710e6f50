/** C4 on real processes: a test that kills every node process it runs on is capped, and the rest of the run is not harmed. */
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readReport } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";

/** The process at the other end of a connection on loopback, as the kernel's tables have it. */
function ownerOf(port: number): number | undefined {
  const place = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const inode = rows
    .map((row) => row.trim().split(/\s+/))
    .find((row) => row[1]?.endsWith(place))?.[9];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => socketsOf(pid).includes(`socket:[${inode}]`));
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  } catch {
    return []; // ended meanwhile, or closed a file
  }
}

/** An app whose `/kill` ends the process that asks for it. */
async function startDeadlyApp() {
  const killed: number[] = [];
  const app = createServer((request, response) => {
    const pid = request.url === "/kill" ? ownerOf(request.socket.remotePort ?? 0) : undefined;
    if (pid === undefined) {
      response.end("ok");
      return;
    }
    killed.push(pid);
    process.kill(pid, "SIGKILL");
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void app.close());
  return { killed, url: `http://127.0.0.1:${(app.address() as AddressInfo).port}` };
}

test.skipIf(process.platform !== "linux")(
  "a test that kills its nodes is lost as poison after the third death, all others pass, exit 3",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "panoptic-poison-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const { killed, url } = await startDeadlyApp();
    const tests = [
      { name: "deadly", steps: [{ request: { get: `${url}/kill` } }] },
      { name: "fine", data: [{ i: 1 }, { i: 2 }, { i: 3 }], steps: [{ request: { get: url } }] },
    ];
    const suite = { name: "poison", defaults: { platform: "http" }, tests };
    writeFileSync(join(dir, "suite.json"), JSON.stringify(suite));
    const ended = await runProgram(["run", "suite.json"], { callerDir: dir });
    const report = readReport(join(dir, "panoptic-report"));
    expect([ended.exitCode, report?.totals]).toMatchObject([3, { planned: 4, passed: 3, lost: 1 }]);
    const deadly = report?.tests.find((one) => one.name === "deadly");
    expect(deadly?.reason).toContain("Poison: 3 node processes died");
    expect(deadly?.attempts.map(({ status }) => status)).toEqual(["lost", "lost", "lost"]);
    expect(new Set(killed).size).toBe(3);
  },
);
