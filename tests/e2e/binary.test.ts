/** The single file in an empty folder, with an empty environment: the whole product, without the checkout. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { isAlive, readReport } from "#kit/mesh.ts";
import { type ProgramEnd, watchProgram } from "#kit/program.ts";
import { type BareFolder, bareFolder, builtFile } from "#kit/single-file.ts";
import { ROOT } from "#kit/source-tree.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { hostTarget } from "../../scripts/build/targets.ts";

/** What Bun keeps of the native part: one file for a user and version, the same at each start. */
const UNPACKED = /^\.bun-\d+-[0-9a-f]+\.node$/;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

let file = "";
beforeAll(() => {
  file = builtFile();
}, 180_000);

/** A page and an answer in JSON, on loopback. */
async function startSite(): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === "/api") {
      response.setHeader("content-type", "application/json").end('{"name":"tea"}');
    } else {
      response.setHeader("content-type", "text/html").end("<title>Shop</title><h1>Tea</h1>");
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Three tests pass, one fails. */
function writeSuite(dir: string, url: string): void {
  const suite = `
name: shop
defaults: { baseUrl: "${url}", stepTimeout: 2s, timeout: 40s }
tests:
  - name: the page has a title
    steps:
      - goto: /
      - expect: { title: Shop }
      - screenshot: home
  - name: the page has a heading
    steps:
      - goto: /
      - expect: { text: h1, equals: Tea }
  - name: the page has another title
    steps:
      - goto: /
      - expect: { title: { equals: Another, not: { contains: Shop } } }
  - name: the API answers
    platform: http
    steps:
      - request: { get: /api }
      - expect: { status: 200, json: { "$.name": tea } }
`;
  writeFileSync(join(dir, "suite.yaml"), suite);
}

/** Exit 1, and the report says exactly that: three passed, one failed, with its pictures. */
function expectReport(dir: string, { exitCode, stdout, stderr }: ProgramEnd): void {
  expect(exitCode, `${stdout}\n${stderr}`).toBe(1);
  const report = readReport(join(dir, "panoptic-report"));
  expect(report?.run).toMatchObject({ status: "failed", exitCode: 1 });
  expect(report?.totals).toMatchObject({ planned: 4, passed: 3, failed: 1, lost: 0 });
  expect(
    Object.fromEntries(report?.tests.map(({ name, verdict }) => [name, verdict]) ?? []),
  ).toEqual({
    "the page has a title": "passed",
    "the page has a heading": "passed",
    "the page has another title": "failed",
    "the API answers": "passed",
  });
  const pictures = (report?.tests ?? [])
    .flatMap((one) => one.attempts.flatMap(({ artifacts }) => artifacts))
    .filter(({ kind }) => kind === "screenshot");
  expect(pictures.length).toBeGreaterThanOrEqual(2);
  for (const { path } of pictures) {
    const bytes = readFileSync(join(dir, "panoptic-report", path ?? "missing"));
    expect(bytes.subarray(0, 4)).toEqual(PNG);
  }
}

/** Processes that run this very file. */
function running(binary: string): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/exe`).startsWith(binary);
    } catch {
      return false; // ended meanwhile
    }
  });
}

/** Nothing of it runs, and nothing of it lies in its folder for temporary files. */
async function expectNothingLeft({ binary, temporary }: BareFolder): Promise<void> {
  await waitUntil(() => running(binary).length === 0, { what: "all its processes have ended" });
  expect(readdirSync(temporary).filter((name) => !UNPACKED.test(name))).toEqual([]);
  expect(readdirSync(temporary).length).toBeLessThanOrEqual(1);
}

describe.skipIf(hostTarget() === undefined || process.platform !== "linux")(
  "the single file",
  () => {
    test("version, help and a wrong word, with an empty environment", async () => {
      const bare = bareFolder(file);
      const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
      expect(await bare.run(["version"])).toEqual({
        exitCode: 0,
        stdout: `${version}\n`,
        stderr: "",
      });
      expect((await bare.run(["--help"])).stdout).toContain("Usage: panoptic");
      expect((await bare.run(["versoin"])).exitCode).toBe(2);
    });

    test("run: web and http tests, three pass and one fails, nothing stays", async () => {
      const bare = bareFolder(file);
      writeSuite(bare.dir, await startSite());
      const end = await bare.run(["run", "suite.yaml"], { TMPDIR: bare.temporary });
      expectReport(bare.dir, end);
      await expectNothingLeft(bare);
    });

    test("settings of the tests' folder are not read as its own", async () => {
      const bare = bareFolder(file);
      writeFileSync(join(bare.dir, ".env"), "PANOPTIC_LIMITS=nonsense\n");
      writeFileSync(join(bare.dir, "bunfig.toml"), 'preload = ["./gone.ts"]\n');
      writeSuite(bare.dir, "http://127.0.0.1:1");
      const { exitCode, stderr } = await bare.run(["validate", "suite.yaml"]);
      expect(exitCode, stderr).toBe(0);
    });

    test("a folder for temporary files that is not there is named: exit 2", async () => {
      const bare = bareFolder(file);
      const { exitCode, stderr } = await bare.run(["replica", "--data", "x"], { TMPDIR: "/gone" });
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(/^panoptic: Cannot load the database library: .*\/gone.*TMPDIR/);
      expect(stderr).not.toContain("fault of Panoptic");
    });

    test("gateway, two nodes, a run of theirs; all stop in order at SIGTERM", async () => {
      const bare = bareFolder(file);
      const env = { TMPDIR: bare.temporary };
      writeSuite(bare.dir, await startSite());
      const gateway = bare.start(["gateway", "--data", "mesh", "--json"], env);
      onTestFinished(() => gateway.signal("SIGKILL"));
      const { url } = await gateway.ready();
      const token = (await bare.run(["token", "--data", "mesh"], env)).stdout.trim();
      const nodes = ["lab-1", "lab-2"].map((name) => {
        const words = ["node", "--join", token, "--data", name, "--name", name, "--slots", "1"];
        const node = bare.start([...words, "--json"], env);
        onTestFinished(() => node.signal("SIGKILL"));
        return node;
      });
      await Promise.all(nodes.map((node) => node.ready()));
      const asked = ["--gateway", String(url), "--key-file", "mesh/api.key"];
      expectReport(bare.dir, await bare.run(["run", "suite.yaml", ...asked], env));
      const report = readReport(join(bare.dir, "panoptic-report"));
      expect(report?.nodes.map(({ name }) => name).sort()).toEqual(["lab-1", "lab-2"]);
      const natsPid = Number(readFileSync(join(bare.dir, "mesh/nats.pid"), "utf8"));
      for (const program of [...nodes, gateway]) {
        program.signal("SIGTERM");
        expect((await program.ended).exitCode).toBe(0);
      }
      await waitUntil(() => !isAlive(natsPid), { what: "its nats-server has ended" });
      await expectNothingLeft(bare);
    });

    /** Only root may: mounts an empty folder over the checkout and over /tmp, for the program alone. */
    const HIDE = `mount --bind "$1" /mnt && mount -t tmpfs none "$2" && mount -t tmpfs none /tmp && cd /mnt || exit 90
env -i ./panoptic run suite.yaml; code=$?; ls -A /tmp >left.txt; ls -A "$2" >checkout.txt; exit $code`;
    const mayHide =
      spawnSync("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

    test.skipIf(!mayHide)(
      "run with the checkout hidden, no environment at all and an empty /tmp (needs root: mounts)",
      async () => {
        const bare = bareFolder(file);
        writeSuite(bare.dir, await startSite());
        mkdirSync(join(bare.dir, "nothing"));
        const words = ["-m", "sh", "-c", HIDE, "hide", bare.dir, ROOT];
        const child = spawn("unshare", words, { stdio: ["ignore", "pipe", "pipe"] });
        expectReport(bare.dir, await watchProgram(child).ended);
        expect(readFileSync(join(bare.dir, "checkout.txt"), "utf8")).toBe("");
        const left = readFileSync(join(bare.dir, "left.txt"), "utf8").trim().split("\n");
        expect(left.filter((name) => !UNPACKED.test(name))).toEqual([]);
        expect(left).toHaveLength(1);
      },
    );
  },
);
