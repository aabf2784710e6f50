/**
 * `npm test`: installs what is missing and runs the whole gate; `--quick` runs what takes less than a minute. Ends with
 * `N passed, N failed, N skipped`, where a gate counts as one and vitest's tests one each, and fails when a process or a
 * temporary file of ours is left behind.
 */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AUDIT_WORDS, judgeAudit } from "./audit.mjs";
import { bunPath, ensurePackages, ensureTools, InstallError, ROOT, say } from "./install.mjs";
import { leftFiles, leftProcesses } from "./leftovers.mjs";

const QUICK_EXCLUDES = [
  "tests/fuzz/**",
  "tests/hostile/**",
  "tests/faults/**",
  "tests/storage/{damaged,full-disks,locked,node-disks,older-folder}.test.ts",
  "tests/processes/**",
  "tests/chaos-run/{chaos,sabotage-*}.test.ts",
  "tests/secrets/**",
  "tests/security/{tls,joins,nats-credentials,api-keys}.test.ts",
  "tests/e2e/**",
  "tests/contract/**",
  "tests/drivers/**",
];
const SIM_SEEDS = "200";
const LEFT_MS_MAX = 4_000;

const isQuick = process.argv.includes("--quick");
const mark = randomUUID();
const temporary = mkdtempSync(join(tmpdir(), "panoptic-test-"));
const env = { ...process.env, TMPDIR: temporary, PANOPTIC_TEST_MARK: mark };
delete env.npm_lifecycle_event; // Tests start the command themselves, not by npm.
const total = { passed: 0, failed: 0, skipped: 0 };
const running = new Set();

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => leave(130));
process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));

try {
  await ensurePackages();
  ensureTools(["nats-server", "chromium-headless-shell", "ffmpeg"]);
  if (!isQuick) ensureShells();
  await runGates();
} catch (fault) {
  say(fault instanceof InstallError ? fault.message : `The gate failed: ${fault.stack}`);
  leave(fault instanceof InstallError ? 2 : 70);
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);

/** Their completions are tried in them; a machine without them is told so, and vitest counts what it skips. */
function ensureShells() {
  try {
    ensureTools(["zsh", "fish"]);
  } catch (fault) {
    if (!(fault instanceof InstallError)) throw fault;
    say(`${fault.message}; completions are not tried in them`);
  }
}

async function runGates() {
  const tool = (name) => join(ROOT, "node_modules", ".bin", name);
  await Promise.all([
    gate("biome", [tool("biome"), "ci", "--error-on-warnings"]),
    gate("tsc", [tool("tsc")]),
    gate("knip", [tool("knip"), "--no-progress"]),
  ]);
  if (!isQuick) await audit();
  await runVitest();
  if (!isQuick) await gate("sim", [bunPath(), "tests/sim/main.ts", "--seeds", SIM_SEEDS]);
  await checkLeftovers();
}

/** Runs one tool; it passed when it exits 0. Its words are shown when it did not. */
async function gate(name, words) {
  const { code, output, seconds } = await execute(words, { isQuiet: true });
  if (code !== 0) console.log(output.trimEnd());
  count(name, code === 0, `${seconds} s`);
}

/** Known faults of what the product runs with; an audit service that cannot be reached is told and counted as skipped. */
async function audit() {
  const { output, seconds } = await execute(["npm", ...AUDIT_WORDS], { isQuiet: true });
  const { outcome, detail } = judgeAudit(output);
  if (outcome !== "skipped") return count("audit", outcome === "clean", `${detail}  ${seconds} s`);
  total.skipped += 1;
  console.log(`audit  SKIPPED  ${detail}`);
}

async function runVitest() {
  const results = join(temporary, "vitest.json");
  const vitest = join(ROOT, "node_modules", ".bin", "vitest");
  const excludes = isQuick ? QUICK_EXCLUDES.flatMap((pattern) => ["--exclude", pattern]) : [];
  const words = [
    bunPath(),
    "--bun",
    vitest,
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${results}`,
    ...excludes,
  ];
  const { code, seconds } = await execute(words, { isQuiet: false });
  if (!existsSync(results)) return count("vitest", false, "it wrote no results");
  const { testResults } = JSON.parse(readFileSync(results, "utf8"));
  rmSync(results);
  const before = total.failed;
  for (const file of testResults) countFile(file);
  // A fault outside of any test, an unhandled rejection for one, has no row of its own.
  if (code !== 0 && total.failed === before) count("vitest", false, `exit code ${code}`);
  console.log(`vitest  ${testResults.length} files  ${seconds} s`);
}

function countFile({ assertionResults, status }) {
  if (assertionResults.length === 0 && status === "failed") total.failed += 1;
  for (const { status: outcome } of assertionResults) {
    if (outcome === "passed") total.passed += 1;
    else if (outcome === "failed") total.failed += 1;
    else total.skipped += 1;
  }
}

async function checkLeftovers() {
  const untilMs = performance.now() + LEFT_MS_MAX;
  let left = [];
  do {
    left = [...leftProcesses(mark), ...leftFiles(temporary)];
    if (left.length > 0) await new Promise((done) => setTimeout(done, 100));
  } while (left.length > 0 && performance.now() < untilMs);
  for (const what of left) console.log(`left behind: ${what}`);
  count("leftovers", left.length === 0, "");
}

function count(name, isPassed, detail) {
  total[isPassed ? "passed" : "failed"] += 1;
  console.log(`${name}  ${isPassed ? "ok" : "FAILED"}  ${detail}`);
}

/** Runs a program in a process group of its own, so that all of it can be ended. */
function execute([program, ...words], { isQuiet }) {
  const startedMs = performance.now();
  return new Promise((done) => {
    const child = spawn(program, words, {
      cwd: ROOT,
      env,
      detached: true,
      stdio: ["ignore", isQuiet ? "pipe" : 1, isQuiet ? "pipe" : 2],
    });
    running.add(child);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (chunk) => (output += chunk));
    child.on("error", (fault) => (output += fault.message));
    child.on("close", (code) => {
      running.delete(child);
      done({ code, output, seconds: ((performance.now() - startedMs) / 1000).toFixed(1) });
    });
  });
}

function leave(code) {
  for (const { pid } of running) {
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  }
  process.exit(code);
}
