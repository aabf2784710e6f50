/**
 * A large artifact's way: from a node to the gateway and on into a report's folder, by real processes over loopback, beside
 * plain copies of the same file in the same minutes; and what the processes grow by meanwhile.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileSuite, measureMemory, peakOf, startFileMesh } from "#kit/file-mesh.ts";
import type { ProcessMesh } from "#kit/mesh.ts";
import { startProgram } from "#kit/program.ts";
import { reportNow } from "#kit/proxied-mesh.ts";
import type { ReportArtifact } from "#proto/report.ts";
import { pause, systemClock } from "#shared/clock.ts";
import { figure } from "./figures.ts";

const MIB = 1024 ** 2;
const FILE_BYTES = 2 * 1024 ** 3;
const FAR_MS = 600_000;

/** `npm run bench -- blob` */
export async function blob(): Promise<void> {
  await using files = await startFileMesh();
  const { mesh } = files;
  // What every process needs once (code, buffers, a first run) is there before the measurement.
  const small = await files.startNode({ name: "small", fileBytes: 1 });
  const first = await mesh.run(fileSuite("small"));
  await small.kill9();
  const node = await files.startNode({ name: "large", fileBytes: FILE_BYTES });
  const gatewayMemory = measureMemory(files.gatewayPid());
  const nodeMemory = measureMemory(node.pid);
  const run = mesh.start(fileSuite("large"));
  await untilArtifact(mesh, ({ bytes }) => bytes === FILE_BYTES);
  const keptMs = systemClock.monotonicMs();
  await untilArtifact(mesh, ({ bytes, state }) => bytes === FILE_BYTES && state === "stored");
  const uploadMs = systemClock.monotonicMs() - keptMs;
  console.log(`  ${figure(FILE_BYTES / MIB)} MiB up: ${rate(uploadMs)}`);
  const grew = [nodeMemory, gatewayMemory].map((memory) => mib(memory.growth()));
  console.log(`  grew at most: node ${grew[0]}, gateway ${grew[1]}`);
  const { report } = await run.ended;
  const smallDown = await download(mesh, first.report?.run.id ?? "");
  const downMemory = measureMemory(files.gatewayPid());
  const { ms, peak } = await download(mesh, report?.run.id ?? "");
  console.log(`  down into a report: ${rate(ms)}`);
  console.log(
    `  grew at most: gateway ${mib(downMemory.growth())}; CLI ${mib(peak - smallDown.peak)} more than for a report of a file of one byte`,
  );
  const sha256 = report?.tests[0]?.attempts[0]?.artifacts[0]?.sha256 ?? "";
  const baseMs = await baseline(join(mesh.gatewayDir, "blobs", sha256.slice(0, 2), sha256));
  console.log(
    `  copy, fsync and sha256 of the same file: ${rate(baseMs)}; up takes ${figure(uploadMs / baseMs)} times, down ${figure(ms / baseMs)} times as long`,
  );
  console.log("  Not measured: networks, several nodes at once, slow disks.");
}

/** Asks seldom: a gateway that is asked all the time grows by that. */
async function untilArtifact(
  mesh: ProcessMesh,
  isThere: (artifact: ReportArtifact) => boolean,
): Promise<void> {
  const untilMs = systemClock.monotonicMs() + FAR_MS;
  for (;;) {
    const artifact = (await reportNow(mesh))?.tests[0]?.attempts[0]?.artifacts[0];
    if (artifact !== undefined && isThere(artifact)) return;
    if (systemClock.monotonicMs() > untilMs) throw new Error("The file did not come");
    await pause(systemClock, 100);
  }
}

/** Writes a report by the CLI; `peak` is what that process had resident at most, bytes. */
async function download({ dir, gatewayDir }: ProcessMesh, runId: string) {
  const startedMs = systemClock.monotonicMs();
  const words = ["report", runId, "--data", gatewayDir, "--out", join(dir, "again")];
  const program = startProgram(words, { callerDir: dir });
  let peak = 0;
  let hasEnded = false;
  const ended = program.ended.finally(() => {
    hasEnded = true;
  });
  while (!hasEnded) {
    peak = Math.max(peak, peakOf(program.pid) ?? 0);
    await pause(systemClock, 5);
  }
  const { exitCode, stderr } = await ended;
  if (exitCode !== 0 && exitCode !== undefined) throw new Error(`No report: ${stderr}`);
  return { ms: systemClock.monotonicMs() - startedMs, peak };
}

async function baseline(path: string): Promise<number> {
  const startedMs = systemClock.monotonicMs();
  const copy = `${path}.copy`;
  await copyFile(path, copy);
  const file = await open(copy, "r+");
  await file.sync();
  await file.close();
  const hash = createHash("sha256");
  for await (const piece of createReadStream(copy)) hash.update(piece as Buffer);
  hash.digest();
  await rm(copy);
  return systemClock.monotonicMs() - startedMs;
}

const mib = (bytes: number) => `${figure(bytes / MIB)} MiB`;
const rate = (ms: number) =>
  `${figure(ms / 1_000)} s, ${figure(FILE_BYTES / MIB / (ms / 1_000))} MiB/s`;
