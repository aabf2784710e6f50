/** Pictures as baselines with the real program: made on one node, used on another, kept in a folder, taken off. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readReport, startMesh } from "#kit/mesh.ts";
import { runProgram } from "#kit/program.ts";
import { Baseline } from "#proto/baseline.ts";

/** 400 × 300 pixels, of which a box of 40 × 30 may change: 1 %. */
async function startApp() {
  const looks = { box: "white" };
  const server = createServer(({ url }, response) => {
    response.setHeader("content-type", "text/html");
    const colour = url === "/sale" ? looks.box : "white";
    const style = `position:absolute;left:100px;top:100px;width:40px;height:30px;background:${colour}`;
    response.end(`<!doctype html><title>a</title><h1>Shop</h1><i style="${style}"></i>`);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, looks };
}

const suiteFor = (url: string, needs = "{}") => `name: looks
defaults: { baseUrl: "${url}", viewport: { width: 400, height: 300 }, needs: ${needs} }
tests:
  - name: shop
    steps:
      - goto: /
      - expect: { screenshot: home }
  - name: sale
    steps:
      - goto: /sale
      - expect: { screenshot: home }
`;

test("a baseline made on one node is used on another, fails for a change of 1 %, and lives in a folder", async () => {
  const app = await startApp();
  await using mesh = await startMesh({ nodes: 2 });
  const on = (node: string, ...words: string[]) =>
    mesh.run({ "looks.yaml": suiteFor(app.url, `{ node: ${node} }`) }, words);

  const made = await on("node-1", "--update-baselines");
  expect(made.exitCode, made.stderr).toBe(0);
  const attempt = made.report?.tests[0]?.attempts[0];
  expect(attempt?.artifacts.map(({ name, kind }) => [name, kind])).toEqual([
    ["home.baseline.png", "baseline"],
  ]);
  expect(attempt?.steps.at(-1)?.warnings).toEqual(['Made the baseline "home"']);

  app.looks.box = "#ddd";
  const changed = await on("node-2");
  expect(changed.exitCode).toBe(1);
  const [same, failed] = changed.report?.tests.map(({ attempts }) => attempts[0]) ?? [];
  expect(same?.status).toBe("passed");
  expect(same?.node).not.toBe(attempt?.node);
  expect(failed?.error?.message).toContain(
    "1200 pixels differ (1 %, at most 0.2 %): see home-diff.png",
  );
  expect(
    failed?.artifacts.filter(({ state }) => state === "stored").map(({ name }) => name),
  ).toEqual(expect.arrayContaining(["home-expected.png", "home-actual.png", "home-diff.png"]));

  const listed = await mesh.ask("baselines", "--json");
  const all = Baseline.array().parse(JSON.parse(listed.stdout));
  expect(all).toMatchObject([
    { key: "looks › sale", browser: "chromium", os: "linux", name: "home" },
    { key: "looks › shop", browser: "chromium", os: "linux", name: "home" },
  ]);
  const folder = join(mesh.dir, "pictures");
  const exported = await mesh.ask("baselines", "export", folder);
  expect(exported.stdout).toContain("2 baseline(s) were written");
  expect((await mesh.ask("baselines", "remove", "looks › shop")).exitCode).toBe(0);
  expect((await mesh.ask("baselines", "remove", "looks › shop")).exitCode).toBe(2);
  expect((await mesh.ask("baselines", "import", folder)).exitCode).toBe(0);
  expect((await mesh.ask("baselines", "--json")).stdout).toContain(all[0]?.sha256);

  writeFileSync(join(mesh.dir, "looks.yaml"), suiteFor(app.url));
  const own = ["run", "looks.yaml", "--baselines", "pictures", "--update-baselines"];
  const changing = await runProgram([...own, "--nodes", "1"], { callerDir: mesh.dir });
  expect(changing.exitCode, changing.stderr).toBe(0);
  expect(changing.stderr).toContain("1 baseline(s) were made or changed in pictures");
  const [shop, sale] = readReport(join(mesh.dir, "panoptic-report"))?.tests ?? [];
  expect(shop?.attempts[0]?.steps.at(-1)?.warnings).toBeUndefined();
  const step = sale?.attempts[0];
  expect(step?.steps.at(-1)?.warnings).toEqual(['Changed the baseline "home"']);
  const index = JSON.parse(readFileSync(join(folder, "baselines.json"), "utf8")) as {
    readonly baselines: readonly { readonly file: string }[];
  };
  const file = index.baselines[0]?.file ?? "none";
  expect(file).toMatch(/^chromium-linux\/looks-sale-[0-9a-f]{8}\/home\.png$/);
  const sha256 = createHash("sha256")
    .update(readFileSync(join(folder, file)))
    .digest("hex");
  expect(step?.artifacts.map((one) => one.sha256)).toEqual([sha256]);
});
