/**
 * `bun bare-loop.ts URL TESTS`: the small tests by playwright-core alone, two at a time, in one browser that is warm: no
 * runner, no mesh, no report. Nothing that drives Chromium by Playwright in a fresh context a test can be quicker. Prints
 * what the tests took, as JSON; the start of program and browser is not in it.
 */
import { chromium } from "playwright-core";
import { findBrowser } from "#node/drivers/web/find-browser.ts";
import { systemClock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";
import { machineBusy, machineTicks, treeCpuMs } from "../tree-cost.ts";

const LANES = 2;
const WARMING = 10;

const [url = "", tests = "0"] = process.argv.slice(2);
const executablePath = findBrowser({ searchPath: readConfig().searchPath });
const browser = await chromium.launch(executablePath === undefined ? {} : { executablePath });

async function greet(number: number): Promise<void> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${url}/page/${number}`);
  if ((await page.title()) !== `Greeting ${number}`) throw new Error("another title");
  await page.getByLabel("Name").fill(`Ada ${number}`);
  await page.getByRole("button", { name: "Greet" }).click();
  // biome-ignore lint/performance/useDomNodeTextContent: rendered text, as the others read it
  const text = await page.getByRole("status").innerText();
  if (text !== `Hello Ada ${number}`) throw new Error(`another answer: ${text}`);
  await context.close();
}

async function greetAll(count: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const number = next;
      next += 1;
      await greet(number);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

await greetAll(WARMING);
const [ticks, cpuMs, startedMs] = [
  machineTicks(),
  treeCpuMs(process.pid),
  systemClock.monotonicMs(),
];
await greetAll(Number(tests));
const wallMs = systemClock.monotonicMs() - startedMs;
const busy = machineBusy(ticks);
console.log(JSON.stringify({ wallMs, runMs: wallMs, cpuMs: treeCpuMs(process.pid) - cpuMs, busy }));
await browser.close();
