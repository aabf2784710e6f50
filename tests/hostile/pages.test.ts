/**
 * Pages that nobody should be tested on, on one node of a real mesh: each test ends within its bound and says what was
 * wrong, the tests between them pass, and the node stays small.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startMesh } from "#kit/mesh.ts";
import { readPidFile } from "#shared/folder-lock.ts";
import { type Site, serve } from "../drivers/stage.ts";
import { PAGES } from "./pages.ts";

let site: Site;
beforeAll(async () => {
  site = await serve(PAGES);
});
afterAll(() => site.close());

const STEP_MS = 3_000;
/** Two of the largest pages side by side took 770 MiB (2026-11); which two meet is the scheduler's choice. */
const RSS_BYTES_MAX = 1024 ** 3;

type Case = readonly [
  name: string,
  steps: readonly string[],
  verdict: "passed" | "failed" | "either",
  said: RegExp,
];

/** What a machine that has no time for a page says of it. */
const BUSY = /was not done within 3000 ms|tried for 3000 ms/;
const SHORT = /Expected title to equal "short"|was not done within/;
const LONG = /longer than 10485760 characters|was not done within|tried for 3000 ms/;
const VALUE = /more than 1048576 characters|was not done within/;

/** `either`: it may pass, and where the machine is busy fail by its bound. */
const CASES: readonly Case[] = [
  ["never loads", ["goto: /never"], "failed", /goto .*\/never was not done within 3000 ms/],
  ["redirects", ["goto: /redirects"], "failed", /ERR_TOO_MANY_REDIRECTS/],
  ["scripted redirects", ["goto: /scripted-redirects", "expect: { title: other }"], "failed", /./],
  ["alerts", ["goto: /alerts"], "failed", /was not done within 3000 ms/],
  ["dialogs", ["goto: /dialogs", "expect: { title: asked }"], "either", BUSY],
  [
    "stay",
    ["goto: /stay", "click: 'text=go'", "goto: /well", "expect: { title: well }"],
    "either",
    BUSY,
  ],
  ["popups", ["goto: /popups", "expect: { title: opened }"], "either", BUSY],
  ["download", ["goto: /download"], "failed", /[Dd]ownload|ERR_ABORTED/],
  [
    "downloads",
    ["goto: /downloads", "click: 'text=load'", "expect: { title: loads }"],
    "either",
    BUSY,
  ],
  ["large", ["goto: /large"], "failed", /was not done within 3000 ms|crashed/],
  ["crash", ["goto: 'chrome://crash'"], "failed", /The page crashed/],
  ["loop", ["goto: /loop"], "failed", /was not done within 3000 ms/],
  [
    "late loop",
    ["goto: /late-loop", "wait: 1s", "click: 'text=go'"],
    "failed",
    /the page did not answer/,
  ],
  [
    "console",
    ["goto: { url: /console, waitUntil: commit }", "expect: { title: other }"],
    "failed",
    /./,
  ],
  [
    "tree",
    ["goto: /tree", "expect: { title: grown }", "expect: { count: b, equals: 200000 }"],
    "either",
    BUSY,
  ],
  ["text", ["goto: /text", "expect: { text: body, equals: short }"], "either", LONG],
  ["value", ["goto: /well", "eval: { js: \"'x'.repeat(5e7)\", save: x }"], "either", VALUE],
  [
    "requests",
    ["goto: { url: /requests, waitUntil: commit }", "expect: { title: asks }"],
    "either",
    BUSY,
  ],
  ["title", ["goto: /title", "expect: { title: short }"], "either", SHORT],
  ["address", ["goto: /address", "expect: { title: there }"], "either", BUSY],
  [
    "closes",
    ["goto: /closes", "click: '#never'"],
    "failed",
    /The page closed itself|element is not enabled/,
  ],
  [
    "wanders",
    ["goto: /wanders", "click: '#never'"],
    "failed",
    /click "#never" was not done within 3000 ms/,
  ],
  ["asks", ["goto: /asks", "expect: { title: asked }"], "either", BUSY],
  ["prints", ["goto: /prints", "expect: { title: printed }"], "either", BUSY],
  ["service", ["goto: /service", "expect: { title: served }", "goto: /well"], "either", BUSY],
];

function suiteOf(url: string): string {
  const tests = CASES.flatMap(([name, steps]) => [
    `  - name: ${name}`,
    "    steps:",
    ...steps.map((step) => `      - ${step}`),
    `  - name: after ${name}`,
    "    steps: [{ goto: /well }, { expect: { title: well } }]",
  ]);
  return [
    "name: pages",
    `defaults: { baseUrl: '${url}', timeout: 15s, stepTimeout: ${STEP_MS}ms, dom: off, screenshots: off }`,
    "tests:",
    ...tests,
    "",
  ].join("\n");
}

test("hostile pages fail or pass by their own doing, the tests after them pass, the node stays small", async () => {
  await using mesh = await startMesh({ nodes: 1, slots: 2 });
  const rss = watchRss(join(mesh.nodeDir("node-1"), "node.pid"));
  const { report, stderr } = await mesh.run({ "pages.yaml": suiteOf(site.url) }, [
    "--run-timeout",
    "5m",
  ]);
  const peak = rss.stop();
  const found = new Map(report?.tests.map((one) => [one.name, one]));
  const wrong = CASES.flatMap(([name, , verdict, said]) => {
    const one = found.get(name);
    const error = one?.attempts.at(-1)?.error?.message ?? "";
    const after = found.get(`after ${name}`)?.verdict;
    const isExpected =
      verdict === "either" ? error !== "" || one?.verdict === "passed" : one?.verdict === verdict;
    const isRight = isExpected && (one?.verdict === "passed" || said.test(error));
    return isRight && after === "passed"
      ? []
      : [`${name}: ${one?.verdict} ${error} (after it: ${after})`];
  });
  expect(wrong, stderr.slice(-500)).toEqual([]);
  expect(report?.totals.lost).toBe(0);
  expect(peak).toBeLessThan(RSS_BYTES_MAX);
}, 400_000);

/** The most memory that a process had. */
function watchRss(pidPath: string) {
  let peak = 0;
  const look = () => {
    const pid = readPidFile(pidPath);
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    peak = Number(kilobytes ?? 0) * 1024;
  };
  return {
    stop: () => {
      look();
      return peak;
    },
  };
}
