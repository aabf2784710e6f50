/** What the single file is tried on: a site, a suite of which three tests pass and one fails, and what must stay of it. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { readReport } from "#kit/mesh.ts";
import type { ProgramEnd } from "#kit/program.ts";
import type { BareFolder } from "#kit/single-file.ts";
import { waitUntil } from "#kit/wait-until.ts";
import { hostTarget } from "../../scripts/build/targets.ts";
import { EVERY_VERB_PAGE } from "./every-verb.ts";

/** Whether the file for this machine can be tried here: processes are looked for in /proc. */
export const isTried = hostTarget() !== undefined && process.platform === "linux";

/** What Bun keeps of the native part: one file for a user and version, the same at each start. */
const UNPACKED = /^\.bun-\d+-[0-9a-f]+\.node$/;
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Pages and an answer in JSON, on loopback; their address. */
export async function startSite(): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === "/api") {
      const answer = { name: "tea", cookie: request.headers.cookie };
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    } else {
      const page = request.url === "/all" ? EVERY_VERB_PAGE : "<title>Shop</title><h1>Tea</h1>";
      response.setHeader("content-type", "text/html").end(page);
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Writes suite.yaml: three tests pass, one fails. */
export function writeSuite(dir: string, url: string): void {
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
      - expect: { title: Another }
  - name: the API answers
    platform: http
    steps:
      - request: { get: /api }
      - expect: { status: 200, json: { "$.name": tea } }
`;
  writeFileSync(join(dir, "suite.yaml"), suite);
}

/** Exit 1, and the report says exactly that: three passed, one failed, with its pictures. */
export function expectReport(dir: string, { exitCode, stdout, stderr }: ProgramEnd): void {
  expect(exitCode, `${stdout}\n${stderr}`).toBe(1);
  const report = readReport(join(dir, "panoptic-report"));
  expect(report?.run).toMatchObject({ status: "failed", exitCode: 1 });
  expect(report?.totals).toMatchObject({ planned: 4, passed: 3, failed: 1, lost: 0 });
  const verdicts = report?.tests.map(({ name, verdict }) => [name, verdict]) ?? [];
  expect(Object.fromEntries(verdicts)).toEqual({
    "the page has a title": "passed",
    "the page has a heading": "passed",
    "the page has another title": "failed",
    "the API answers": "passed",
  });
  for (const name of ["junit.xml", "report.html"]) {
    expect(readFileSync(join(dir, "panoptic-report", name), "utf8")).toContain("another title");
  }
  const pictures = (report?.tests ?? [])
    .flatMap((one) => one.attempts.flatMap(({ artifacts }) => artifacts))
    .filter(({ kind }) => kind === "screenshot");
  expect(pictures.length).toBeGreaterThanOrEqual(2);
  for (const { path } of pictures) {
    const bytes = readFileSync(join(dir, "panoptic-report", path ?? "missing"));
    expect(bytes.subarray(0, 4)).toEqual(PNG);
  }
}

/** Nothing of it runs, and nothing of it lies in its folder for temporary files. */
export async function expectNothingLeft({ binary, temporary }: BareFolder): Promise<void> {
  await waitUntil(() => running(binary).length === 0, { what: "all its processes have ended" });
  expectOnlyUnpacked(readdirSync(temporary));
}

/** The names of a folder for temporary files: nothing but the native part, and that once. */
export function expectOnlyUnpacked(names: readonly string[]): void {
  expect(names.filter((name) => !UNPACKED.test(name))).toEqual([]);
  expect(names.length).toBeLessThanOrEqual(1);
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
