/** The single file in an empty folder, with next to no environment: the whole product, without the checkout. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { isAlive, readReport } from "#kit/mesh.ts";
import { bareFolder, builtFile } from "#kit/single-file.ts";
import { ROOT } from "#kit/source-tree.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { expectNothingLeft, expectReport, isTried, startSite, writeSuite } from "./binary-kit.ts";
import { everyVerbSuite } from "./every-verb.ts";

let file = "";
beforeAll(() => {
  if (isTried) file = builtFile();
}, 180_000);

describe.skipIf(!isTried)("the single file", () => {
  test("version, help and a wrong word, with an empty environment", async () => {
    const bare = bareFolder(file);
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    const said = { exitCode: 0, stdout: `${version}\n`, stderr: "" };
    expect(await bare.run(["version"])).toEqual(said);
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

  test("every step of the web platform: no function that goes into pages is broken by the bundler", async () => {
    const bare = bareFolder(file);
    writeFileSync(join(bare.dir, "a.txt"), "a file");
    writeFileSync(join(bare.dir, "suite.yaml"), everyVerbSuite(await startSite()));
    const recorded = ["--trace", "on", "--video", "on", "--update-baselines"];
    const words = ["run", "suite.yaml", "--nodes", "1", ...recorded];
    const { exitCode, stdout } = await bare.run(words, { TMPDIR: bare.temporary });
    expect(exitCode, stdout).toBe(0);
    const artifacts = readReport(join(bare.dir, "panoptic-report"))?.tests[0]?.attempts[0]
      ?.artifacts;
    const stored = artifacts?.filter(({ state }) => state === "stored").map(({ name }) => name);
    expect(stored).toEqual(
      expect.arrayContaining(["full.png", "element.png", "video.webm", "trace.zip"]),
    );
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

  test("self-test: everything works, and nothing of it stays", async () => {
    const bare = bareFolder(file);
    const end = await bare.run(["self-test", "--json"], { TMPDIR: bare.temporary });
    expect(end.exitCode, `${end.stdout}\n${end.stderr}`).toBe(0);
    const { isWell, findings } = JSON.parse(end.stdout);
    expect(isWell).toBe(true);
    expect(findings[0].said).toContain("one file");
    const states = findings.map(({ name, state }: Record<string, string>) => `${name} ${state}`);
    for (const name of ["mesh", "http tests", "failures", "web tests", "screenshots", "report"]) {
      expect(states).toContain(`${name} works`);
    }
    await expectNothingLeft(bare);
  });
});
