/**
 * `npm run faults -- --times 10 [--at-once 2] [--test WORDS]`: the tests of the fault table again and again, several
 * passes at once so that each also runs on a busy machine. Prints how often each test failed, and how; exit 1 when one did.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bunPath, ensurePackages, ensureTools, ROOT, say } from "./install.mjs";

const TIMES_MAX = 1_000;
const times = numberOf("--times", 10);
const atOnce = numberOf("--at-once", 2);
const words = wordAfter("--test");
const temporary = mkdtempSync(join(tmpdir(), "panoptic-faults-"));
const tally = new Map();
let done = 0;

process.on("exit", () => rmSync(temporary, { recursive: true, force: true }));
await ensurePackages();
ensureTools(["nats-server", "chromium-headless-shell"]);
const startedMs = performance.now();
const queue = Array.from({ length: times }, (_, index) => index + 1);
await Promise.all(Array.from({ length: Math.min(atOnce, times) }, pass));
process.exit(tell());

/** Takes passes from the queue until it is empty. */
async function pass() {
  for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
    const begunMs = performance.now();
    const failed = count(await runOnce(number));
    done += 1;
    const seconds = ((performance.now() - begunMs) / 1_000).toFixed(0);
    console.log(`pass ${number}: ${failed === 0 ? "ok" : `${failed} FAILED`}, ${seconds} s`);
  }
}

function runOnce(number) {
  const results = join(temporary, `pass-${number}.json`);
  const vitest = join(ROOT, "node_modules", ".bin", "vitest");
  const options = ["--reporter=json", `--outputFile.json=${results}`, "--maxWorkers=1"];
  const filter = words === undefined ? [] : ["--testNamePattern", words];
  const child = spawn(bunPath(), ["--bun", vitest, "run", "tests/faults", ...options, ...filter], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  return new Promise((resolve) => child.once("close", () => resolve(results)));
}

/** @returns How many tests failed in this pass. */
function count(results) {
  if (!existsSync(results)) return note("(vitest wrote no results)", ["failed"]);
  const { testResults } = JSON.parse(readFileSync(results, "utf8"));
  let failed = 0;
  for (const { assertionResults } of testResults)
    for (const { title, status, failureMessages } of assertionResults)
      failed += note(title.split(":")[0], [status, ...failureMessages]);
  return failed;
}

function note(title, [status, ...messages]) {
  const known = tally.get(title) ?? { passed: 0, failed: 0, skipped: 0, messages: [] };
  tally.set(title, known);
  if (status === "passed") known.passed += 1;
  else if (status === "failed") known.failed += 1;
  else known.skipped += 1;
  known.messages.push(...messages);
  return status === "failed" ? 1 : 0;
}

function tell() {
  let failed = 0;
  for (const [title, known] of tally) {
    if (known.passed + known.failed === 0 && words !== undefined) continue;
    console.log(
      `${known.passed} passed, ${known.failed} failed, ${known.skipped} skipped  ${title}`,
    );
    for (const message of known.messages) console.log(message.split("\n").slice(0, 12).join("\n"));
    failed += known.failed;
  }
  const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1);
  console.log(`${done} passes, ${atOnce} at once, ${minutes} min: ${failed} failures`);
  return failed === 0 ? 0 : 1;
}

function wordAfter(flag) {
  const at = process.argv.indexOf(flag);
  return at < 0 ? undefined : process.argv[at + 1];
}

function numberOf(flag, otherwise) {
  const word = wordAfter(flag);
  if (word === undefined) return otherwise;
  const value = Number(word);
  if (Number.isInteger(value) && value >= 1 && value <= TIMES_MAX) return value;
  say(`Cannot read ${flag}: a whole number from 1 to ${TIMES_MAX} is expected, got ${word}`);
  process.exit(2);
}
