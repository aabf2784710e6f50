/** `npm run build` when it cannot do what is asked: says so by name, ends with an error, leaves no file. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ROOT } from "#kit/source-tree.ts";
import { childEnvironment } from "#shared/config.ts";

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-build-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function build(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const program = [join(ROOT, "scripts/build.mjs"), ...words];
  return spawnSync("node", program, {
    encoding: "utf8",
    env: childEnvironment(env) as NodeJS.ProcessEnv,
  });
}

test("a target that nobody knows: exit 2 with those that there are", () => {
  const { status, stderr } = build(["--target", "linux-riscv"]);
  expect(status).toBe(2);
  expect(stderr).toContain("there is no target linux-riscv: there are linux-x64, linux-arm64");
});

test("an unknown flag: exit 2", () => {
  expect(build(["--targets", "all"]).status).toBe(2);
});

test("a target whose parts cannot be fetched: named, exit 1, and an older file of that name is gone", () => {
  const out = folder();
  writeFileSync(join(out, "panoptic-windows-x64.exe"), "of an earlier build");
  const words = ["--target", "windows-x64", "--out", out, "--cache", folder()];
  const { status, stderr, stdout } = build(words, {
    npm_config_registry: "http://127.0.0.1:9",
    npm_config_fetch_retries: "0",
    npm_config_cache: folder(),
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^NOT BUILT windows-x64: Cannot fetch @libsql\/win32-x64-msvc@[\d.]+ by npm/m,
  );
  expect(stdout).toBe("");
  expect(readdirSync(out)).toEqual([]);
});
