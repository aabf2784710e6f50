/**
 * K1, whatever a suite does with secrets and passwords: a page and an API that tell, log, store and send them, in attempts that
 * pass and that fail, with all evidence on, in both formats. Nothing of it in any byte that the mesh stored, wrote or answered.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type ProcessMesh, startMesh } from "#kit/mesh.ts";
import { askApi } from "#kit/proxied-mesh.ts";
import { startEchoSite } from "./echo-site.ts";
import { filesIn, leaksIn, machinePlaces, type Place } from "./leaks.ts";

const SECRET = `Gehe1m "für/alle" & <x>'s\\n+%41`;
/** Written out in the suite, and typed into a password field. */
const PASSWORD = 'öffne"dich&/42';
/** Under `settings.cloud` of an original suite. */
const CLOUD_KEY = "cl0ud-k3y/of+the=suite";
const VALUES = [SECRET, PASSWORD, CLOUD_KEY];

const EVIDENCE = {
  ...{ trace: "on", video: "on", screenshots: "on", dom: "on", console: "on", metrics: true },
};

const pageSteps = (url: string) => [
  { goto: `${url}/redirect?key=${encodeURIComponent("start")}` },
  { goto: { url: `${url}/page?key=\${secrets.QUERY}` } },
  { eval: { js: "document.title", save: "name" } },
  { fill: { css: "#key", value: "${secrets.KEY}" } },
  { fill: { css: "#word", value: PASSWORD } },
  { name: "see ${secrets.KEY} there", screenshot: "${secrets.KEY}" },
  { click: "#show" },
  { screenshot: "shown" },
  { click: "#send" },
  { expect: { text: "#done", equals: "done" } },
  { save: { title: { title: true }, key: { value: "#key" } } },
  { screenshot: "${saved.key}" },
];

const requests = (url: string) => [
  {
    request: {
      post: `${url}/api?key=\${secrets.KEY}`,
      query: { key: "${secrets.KEY}" },
      headers: { "x-key": "${secrets.KEY}" },
      auth: { basic: { user: "user", password: "${secrets.KEY}" } },
      json: { "${secrets.KEY}": ["${secrets.KEY}"] },
    },
  },
  { request: { post: `${url}/api`, form: { key: "${secrets.KEY}" } } },
  { request: { post: `${url}/api`, multipart: { key: "${secrets.KEY}" } } },
  { save: { body: { text: true } } },
];

function suiteOf(url: string) {
  const fails = { expect: { that: "${saved.body}", equals: "${secrets.KEY}" } };
  return {
    name: "everywhere",
    secrets: ["KEY", "QUERY"],
    defaults: { timeout: "120s", stepTimeout: "30s" },
    tests: [
      { ...EVIDENCE, name: "a page, passed", steps: pageSteps(url) },
      {
        ...EVIDENCE,
        name: "a page, failed",
        data: [{ who: "${secrets.KEY}" }],
        steps: [
          ...pageSteps(url),
          { expect: { value: "#word", equals: "no" }, timeout: "300ms", optional: true },
          { expect: { text: "h1", equals: "${secrets.KEY}" }, timeout: "300ms" },
        ],
      },
      { name: "an API, passed", platform: "http", steps: requests(url) },
      { name: "an API, failed", platform: "http", steps: [...requests(url), fails] },
    ],
  };
}

const originalOf = (url: string) => ({
  name: "original",
  apps: [{ name: "form", type: "web", url, timeout: 8 }],
  actions: [
    { name: "open", type: "navigate", url: `${url}/page?key=x` },
    { name: "word", type: "fill", selector: "#word", value: PASSWORD, screenshot: true },
    { name: "show", type: "click", selector: "#show" },
    { name: "gone", type: "click", selector: "#nothing" },
  ],
  settings: { cloud: { provider: "s3", secret_key: CLOUD_KEY, access_key: CLOUD_KEY } },
});

async function answersOf(mesh: ProcessMesh, runId: string): Promise<Place[]> {
  const paths = ["json", "xml", "html"].map((kind) => `/v1/runs/${runId}/report.${kind}`);
  const more = [
    "/v1/runs",
    "/v1/nodes",
    "/metrics",
    `/v1/runs/${runId}`,
    `/v1/runs/${runId}/tests`,
  ];
  return Promise.all(
    [...paths, ...more, `/v1/runs/${runId}/events`].map(async (path): Promise<Place> => {
      return [path, Buffer.from(await (await askApi(mesh, path)).text())];
    }),
  );
}

test.skipIf(process.platform !== "linux")(
  "K1: no byte that the mesh stored, wrote or answered holds a secret or a password, whatever page, API and suite do with them",
  { timeout: 240_000 },
  async () => {
    await using site = await startEchoSite();
    const own = mkdtempSync(join(tmpdir(), "panoptic-summary-"));
    onTestFinished(() => rmSync(own, { recursive: true }));
    const summary = join(own, "summary.md");
    writeFileSync(summary, "");
    const query = encodeURIComponent(SECRET);
    const env = { KEY: SECRET, QUERY: query, GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
    await using mesh = await startMesh({ nodes: 1, slots: 2, env });
    const suites = {
      "native.json": JSON.stringify(suiteOf(site.url)),
      "original.json": JSON.stringify(originalOf(site.url)),
    };
    const { exitCode, report, stdout, stderr } = await mesh.run(suites, [
      "--verbose",
      "--trace",
      "on",
    ]);
    expect(exitCode, `${stdout}\n${stderr}`).toBe(1);
    const said = [stdout, stderr, mesh.said(), readFileSync(summary, "utf8")];

    const places = [
      ...said.map((text, index): Place => [`said ${index}`, Buffer.from(text)]),
      ...(await answersOf(mesh, report?.run.id ?? "")),
      ...filesIn(mesh.dir),
    ];
    expect(leaksIn(places, VALUES)).toEqual([]);
    expect(leaksIn(machinePlaces(), VALUES)).toEqual([]);

    const verdicts = report?.tests.map(({ name, verdict }) => [name, verdict]);
    expect(verdicts).toEqual([
      ["a page, passed", "passed"],
      ["a page, failed", "failed"],
      ["an API, passed", "passed"],
      ["an API, failed", "failed"],
      ["form", "failed"],
    ]);
    const artifacts = report?.tests.flatMap(({ attempts }) =>
      attempts.flatMap((one) => one.artifacts),
    );
    const kept = artifacts?.filter(({ state }) => state === "stored").map(({ kind }) => kind);
    for (const kind of ["trace", "video", "screenshot", "dom", "console", "network", "response"])
      expect(kept).toContain(kind);
    const heard = site.heard.join("\n");
    for (const value of [SECRET, PASSWORD]) expect(heard).toContain(encodeURIComponent(value));

    // The same search finds what is there: in a file, a name, a packed trace.
    const planted = join(mesh.gatewayDir, `${encodeURIComponent(PASSWORD)}.txt`);
    writeFileSync(planted, Buffer.from(`u:${SECRET}`).toString("base64"));
    expect(leaksIn(filesIn(mesh.dir), [SECRET])).toHaveLength(1);
    expect(leaksIn(filesIn(mesh.dir), [PASSWORD])).toHaveLength(1);
    const masked = [...filesIn(mesh.dir)].filter(([, bytes]) => bytes.includes("***"));
    expect(masked.map(([name]) => name).join()).toContain("!trace.trace");
  },
);
