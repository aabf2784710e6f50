/** `doctor` on a real machine: all well, and each thing broken that a person can break. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { startMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";

function folder(): string {
  const dir = temporaryPlace("panoptic-e2e-");
  return dir;
}

test("doctor: all is well, with a gateway that serves", async () => {
  await using mesh = await startMesh({ nodes: 0 });
  const data = basename(mesh.gatewayDir);
  const well = await runProgram(["doctor", "--data", data], { callerDir: mesh.dir });
  expect(well.exitCode, well.stdout).toBe(0);
  for (const line of [
    /^ok {3}nats-server: v?\d+\.\d+.*there and back/m,
    /^ok {3}platform web: chromium .* opened a page/m,
    /^-- {3}browser firefox: not supported yet/m,
    /^ok {3}ffmpeg, webm: .* made a film/m,
    /^ok {3}ffmpeg, mp4: .* made a film/m,
    /^ok {3}data folder: .*gateway is writable/m,
    /^ok {3}clock: it shows 20/m,
    /^ok {3}gateway: serves at http:.*its clock agrees with ours/m,
    /^ok {3}memory: \d+ MB available/m,
  ])
    expect(well.stdout).toMatch(line);
  const ports = JSON.parse(readFileSync(join(mesh.gatewayDir, "ports.json"), "utf8")) as {
    readonly http: number;
    readonly nats: number;
  };
  const words = ["doctor", "--port", String(ports.http), "--nats-port", String(ports.nats)];
  const busy = await runProgram(words, { callerDir: mesh.dir });
  expect(busy.exitCode).toBe(2);
  expect(busy.stdout).toMatch(/^BAD {2}HTTP port: .*used by another program\n {5}fix: /m);
  expect(busy.stdout).toMatch(/^BAD {2}NATS port: .*used by another program\n {5}fix: /m);
});

test("doctor: everything broken at once is said, each with its fix, also as JSON", async () => {
  const dir = folder();
  const bin = join(dir, "bin");
  mkdirSync(bin);
  for (const name of ["nats-server", "ffmpeg"]) {
    writeFileSync(join(bin, name), "#!/bin/sh\necho broken >&2\nexit 1\n");
    chmodSync(join(bin, name), 0o755);
  }
  writeFileSync(join(dir, "file"), "");
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    PANOPTIC_LIMITS: JSON.stringify({ freeDiskBytesMin: Number.MAX_SAFE_INTEGER }),
  };
  const words = ["--data", "file/below", "--slots", "1000", "--json"];
  const { exitCode, stdout } = await runProgram(["doctor", ...words], { callerDir: dir, env });
  expect(exitCode).toBe(2);
  const { isWell, findings } = JSON.parse(stdout) as {
    readonly isWell: boolean;
    readonly findings: readonly { name: string; isWell: boolean; state: string; fix?: string }[];
  };
  expect(isWell).toBe(false);
  const bad = findings.filter((finding) => !finding.isWell);
  expect(bad.map(({ name }) => name)).toEqual([
    "nats-server",
    "ffmpeg, webm",
    "ffmpeg, mp4",
    "folder of temporary files",
    "data folder",
    "memory",
  ]);
  for (const { fix } of bad) expect(fix).toMatch(/\w{4}/);
  expect(findings.find(({ name }) => name === "gateway")?.state).toBe("absent");
});

test("doctor: a gateway that is named and does not serve", async () => {
  const words = ["doctor", "--gateway", "http://127.0.0.1:1"];
  const { exitCode, stdout } = await runProgram(words, { callerDir: folder() });
  expect(exitCode).toBe(2);
  expect(stdout).toMatch(/^BAD {2}gateway: cannot reach http:\/\/127\.0\.0\.1:1/m);
});
