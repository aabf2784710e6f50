/** The browser process around the attempts: found, ended with its node, its leftovers swept. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { waitUntil } from "#kit/wait-until.ts";
import { findBrowser } from "../../src/node/drivers/web/find-browser.ts";
import { sweepBrowserDirs } from "../../src/node/drivers/web/sweep.ts";

describe("findBrowser()", () => {
  test("a given path stands alone, also when nothing is there", () => {
    expect(findBrowser({ browserPath: "/nowhere/chrome" })).toBe("/nowhere/chrome");
  });

  test("what it finds exists", () => {
    const found = findBrowser({ searchPath: "/nowhere" });
    expect(found === undefined || existsSync(found)).toBe(true);
  });
});

test.runIf(process.platform === "linux")(
  "a browser ends with its killed node, and the next sweep removes what it left",
  async () => {
    const node = spawn(process.execPath, [join(import.meta.dirname, "hold-browser.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await said(node, "open");
    const browser = childrenOf(node.pid ?? 0)[0] ?? 0;
    expect(browser).toBeGreaterThan(0);
    const own = () =>
      readdirSync(tmpdir()).filter((name) => name.startsWith(`panoptic-browser-${node.pid}-`));
    expect(own()).toHaveLength(1);
    // Too young for the sweep: the test removes it itself.
    const command = readFileSync(`/proc/${browser}/cmdline`, "utf8");
    const profile = /--user-data-dir=([^\0]+)/.exec(command)?.[1] ?? "";
    expect(profile).toContain("playwright_chromiumdev_profile-");
    onTestFinished(() => rmSync(profile, { recursive: true, force: true }));
    node.kill("SIGKILL");
    await waitUntil(() => !existsSync(`/proc/${browser}`), {
      what: "the browser to end",
      deadlineMs: 10_000,
    });
    await sweepBrowserDirs(Date.now());
    expect(own()).toEqual([]);
  },
);

test("sweepBrowserDirs() leaves the folders of live processes and young profiles", async () => {
  const live = mkdtempSync(join(tmpdir(), `panoptic-browser-${process.pid}-`));
  const young = mkdtempSync(join(tmpdir(), "playwright_chromiumdev_profile-"));
  const old = join(tmpdir(), `playwright_chromiumdev_profile-old${process.pid}`);
  mkdirSync(old, { recursive: true });
  writeFileSync(join(old, "file"), "");
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(old, hourAgo, hourAgo);
  await sweepBrowserDirs(Date.now());
  expect([existsSync(live), existsSync(young)]).toEqual([true, true]);
  if (process.platform === "linux") expect(existsSync(old)).toBe(false);
  for (const folder of [live, young, old]) await rm(folder, { recursive: true, force: true });
});

async function said(child: ChildProcess, word: string): Promise<void> {
  let text = "";
  child.stdout?.on("data", (part: Buffer) => {
    text += part.toString();
  });
  await waitUntil(() => text.includes(word), { what: word, deadlineMs: 20_000 });
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}
