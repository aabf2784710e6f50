import { describe, expect, test } from "vitest";
import { imported, refusedFaults, scriptOf, stepsOf } from "./import-kit.ts";
import { LINES } from "./script-lines.ts";

/** Keys of saved values count through a file; which number one has is no matter here. */
const unnumbered = (steps: unknown): unknown =>
  JSON.parse(JSON.stringify(steps).replaceAll(/\b(title|count|evaluated|download)\d+\b/g, "$1"));

test("each call of a script comes to the step that does the same, and the reader takes it", () => {
  const tests = LINES.map(
    ([line], index) => `test('${index}', async ({ page, context, request }) => {\n${line}\n});`,
  );
  const head = "import { test, expect } from '@playwright/test';\n";
  const { suite, missing } = imported(head + tests.join("\n"));
  expect(missing).toEqual([]);
  for (const [index, [line, ...steps]] of LINES.entries())
    expect([line, unnumbered(suite.tests[index]?.steps)]).toEqual([line, unnumbered(steps)]);
});

describe("what has no counterpart is listed with its line, and the rest is there", () => {
  const LEFT: ReadonlyArray<readonly [line: string, why: string]> = [
    ["if (await page.title()) { await page.reload(); }", "a suite has no if statement of a script"],
    ["await page.route('**', (r) => r.abort());", "a suite has no step for page.route()"],
    [
      "await page.waitForLoadState('networkidle');",
      'a suite waits for what is to be seen, not for "networkidle"',
    ],
    [
      "await page.getByRole('button', { includeHidden: true }).click();",
      'a role has no "includeHidden" in a suite',
    ],
    ["await expect(async () => {}).toPass();", "what is expected is a function, not a text"],
    ["await page.locator('a').click({ trial: true });", "it is only tried: nothing is done"],
    ["await helper(page);", "nothing says what helper is"],
    [
      "await expect(page.locator('a')).toHaveText([/a/, 'b']);",
      "an expected text is a pattern, not a text",
    ],
    [
      "await page.locator('css:light=a').click();",
      'the selector engine "css:light" has no counterpart',
    ],
    [
      "await page.locator('#f').setInputFiles('../a.png');",
      "the file ../a.png cannot travel with a suite: it leaves the folder",
    ],
  ];
  test.each(LEFT)("%s", (line, why) => {
    const { missing, suite, text } = imported(scriptOf(line, "await page.goBack();"));
    expect(missing).toEqual([`3 ${line} (${why})`]);
    expect(suite.tests[0]?.steps).toEqual([{ back: true }]);
    expect(text).toContain(`# line 3: NOT TRANSLATED: ${line} (${why})`);
  });

  test("what stands beside it in one line is translated all the same", () => {
    const line = "await Promise.all([page.waitForResponse((r) => r.ok()), page.goForward()]);";
    const { missing, suite } = imported(scriptOf(line));
    expect(missing).toEqual([
      "3 page.waitForResponse((r) => r.ok()) (a request is chosen by a function)",
    ]);
    expect(suite.tests[0]?.steps).toEqual([{ forward: true }]);
  });

  test("an option without a word is listed, its step stays", () => {
    const { missing, suite } = imported(
      scriptOf("await page.locator('a').click({ force: true });"),
    );
    expect(suite.tests[0]?.steps).toEqual([{ click: { css: "a" } }]);
    expect(missing).toEqual([
      expect.stringContaining('the step has no option "force"; it is done without it'),
    ]);
  });
});

test("a literal for a field that takes a secret is in no text; one value has one name", () => {
  const { text, suite, advice } = imported(
    scriptOf(
      "await page.getByRole('textbox', { name: 'Your password' }).fill('hunter2!x');",
      "await page.getByLabel('Repeat').fill('hunter2!x');",
      "await page.locator('#api_key').fill('abc-123-def');",
      "await page.goto('http://a.test/?k=abc-123-def');",
      "await page.strange('hunter2!x');",
    ),
  );
  expect(text).not.toMatch(/hunter2|abc-123/);
  expect(suite.secrets).toEqual(["YOUR_PASSWORD", "API_KEY"]);
  expect(suite.tests[0]?.steps).toEqual([
    { fill: { role: "textbox", name: "Your password", value: "${secrets.YOUR_PASSWORD}" } },
    { fill: { label: "Repeat", value: "${secrets.YOUR_PASSWORD}" } },
    { fill: { css: "#api_key", value: "${secrets.API_KEY}" } },
    { goto: "http://a.test/?k=${secrets.API_KEY}" },
  ]);
  expect(advice).toHaveLength(2);
  expect(advice[0]).toContain("set YOUR_PASSWORD in the environment of the run");
});

test("tests, groups, hooks and options of a file become those of a suite", () => {
  const { suite, missing } = imported(`import { test, expect, devices } from '@playwright/test';
test.use({ ...devices['Pixel 7'], baseURL: 'http://a.test', colorScheme: 'dark', timezoneId: 'Europe/Berlin',
  httpCredentials: { username: 'u', password: 'p4ss' }, storageState: 'state.json' });
test.beforeEach(async ({ page }) => { await page.goto('/'); });
test.afterEach(async ({ page }) => { await page.goto('/out'); });
test.describe('group', () => {
  test.describe.configure({ mode: 'serial', retries: 2 });
  test.use({ locale: 'de-DE', testIdAttribute: 'data-qa' });
  test.beforeEach(async ({ page }) => { await page.goto('/in'); });
  test.afterEach(async ({ page }) => { await page.goto('/last'); });
  test('one', { tag: ['@a', '@b'] }, async ({ page }) => { test.setTimeout(90_000); await page.getByTestId('x').click(); });
  test.skip('two', async ({ page }) => { await page.reload(); });
});
test('three', async ({ page }) => { await page.reload(); });
test('three', async ({ page }) => { await page.goForward(); });
test.beforeAll(async () => {});
`);
  expect(suite).toEqual({
    name: "script",
    secrets: ["HTTP_PASSWORD"],
    defaults: {
      device: "Pixel 7",
      baseUrl: "http://a.test",
      colorScheme: "dark",
      timezone: "Europe/Berlin",
      httpAuth: { user: "u", password: "${secrets.HTTP_PASSWORD}" },
      storage: "state.json",
    },
    serial: true,
    beforeEach: [{ goto: "/" }],
    afterEach: [{ goto: "/out" }],
    tests: [
      {
        name: "group › one",
        retries: 2,
        locale: "de-DE",
        tags: ["a", "b"],
        timeout: "90s",
        steps: [
          {
            try: [{ goto: "/in" }, { click: { css: '[data-qa="x"]' } }],
            finally: [{ goto: "/last" }],
          },
        ],
      },
      expect.objectContaining({
        name: "group › two",
        skip: "skipped in the script it was imported from",
      }),
      { name: "three", steps: [{ reload: true }] },
      { name: "three (2)", steps: [{ forward: true }] },
    ],
  });
  expect(missing).toEqual([expect.stringContaining("16 test.beforeAll")]);
});

test("what parameters stand for where nothing is given", () => {
  const head = "const go = async (page, path = '/a', { times = 2, key = 'Tab' } = {}) => {";
  const { suite, missing } = imported(
    [
      head,
      "await page.goto(path); await page.keyboard.press(key);",
      "expect(times).toBe(2); };",
      scriptOf("await go(page);", "await go(page, '/b', { key: 'Enter' });"),
    ].join("\n"),
  );
  expect(missing).toEqual([]);
  const twice = { expect: { that: 2, equals: 2 } };
  expect(suite.tests[0]?.steps).toEqual([
    ...[{ goto: "/a" }, { press: "Tab" }, twice],
    ...[{ goto: "/b" }, { press: "Enter" }, twice],
  ]);
});

test("tests of a test that is extended, and of a list that is gone through", () => {
  const { suite, missing } = imported(`import { test as base } from '@playwright/test';
const test = base.extend({ who: 'Ann' });
['/a', '/b'].forEach((path, at) => {
  test(\`t\${at}\`, async ({ page }) => { await page.goto(path); });
});`);
  expect(missing).toEqual([
    "2 base.extend({ who: 'Ann' }) (tests have no fixtures of their own in a suite; they are read without)",
  ]);
  expect(suite.tests).toEqual([
    { name: "t0", steps: [{ goto: "/a" }] },
    { name: "t1", steps: [{ goto: "/b" }] },
  ]);
});

test("what a browser and a context are told becomes fields, or is listed", () => {
  const { suite, missing } = imported(`import { chromium } from 'playwright';
const browser = await chromium.launch({ headless: false, slowMo: 50, args: ['--a'], proxy: { server: 'http://p.test:1' } });
const page = await browser.newPage();
page.setDefaultTimeout(4000);
await page.reload({ waitUntil: 'networkidle' });
await page.reload({ waitUntil: 'load' });
`);
  expect(missing.map((line) => line.replace(/ of .*? \(/, " ("))).toEqual([
    "2 args (the node starts its browsers itself; it is started without it)",
    '5 waitUntil (the step has no option "waitUntil"; it is done without it)',
  ]);
  const [own] = suite.tests;
  expect(own).toMatchObject({ proxy: { server: "http://p.test:1" }, stepTimeout: "4s" });
  expect(own?.steps).toEqual([{ reload: true }, { reload: true }]);
  const used = imported(
    `import { test } from '@playwright/test';
test.use({ actionTimeout: 3000, trace: 'retain-on-failure', video: 'on-first-retry', browserName: 'firefox' });
test('t', async ({ page }) => { await page.goBack(); });`,
  );
  expect(used.suite.defaults).toEqual({ stepTimeout: "3s", trace: "on-failure" });
  expect(used.missing).toHaveLength(2);
});

test("a script that launches a browser itself is one test", () => {
  const { suite, missing } = imported(`const { chromium, devices } = require('playwright');
(async () => {
  const browser = await chromium.launch({ headless: false });
  const context = await browser.newContext({ ...devices['iPhone 13'], locale: 'fr-FR' });
  const page = await context.newPage();
  await page.goto('http://a.test/');
  await page.getByRole('link', { name: 'More' }).click();
  // ---------------------
  await context.close();
  await browser.close();
})();
`);
  expect(missing).toEqual([]);
  expect(suite.tests).toEqual([
    {
      name: "script",
      device: "iPhone 13",
      locale: "fr-FR",
      steps: [{ goto: "http://a.test/" }, { click: { role: "link", name: "More" } }],
    },
  ]);
});

test("paths without an origin ask for BASE_URL, and it is said", () => {
  const { suite, advice } = imported(scriptOf("await page.goto('/cart');"));
  expect(suite.defaults).toEqual({ baseUrl: "${env.BASE_URL}" });
  expect(advice).toEqual([expect.stringContaining("set BASE_URL in the environment")]);
});

test("files that cannot be imported are refused by what they are", () => {
  expect(
    refusedFaults(
      "import { test } from '@playwright/test';\ntest('a', async () => {\n  await (;\n});",
    ),
  ).toEqual([expect.stringMatching(/^script\.spec\.ts:3:10 Cannot read the script: /)]);
  expect(refusedFaults("from playwright.sync_api import sync_playwright\n")[0]).toContain(
    "found Python: let codegen write it by --target playwright-test",
  );
  expect(refusedFaults("import com.microsoft.playwright.*;\npublic class A {}\n")[0]).toContain(
    "found Java",
  );
  expect(refusedFaults("hello\n")[0]).toContain("found neither; say which it is by --from");
  expect(refusedFaults("import { test } from '@playwright/test';\n")[0]).toContain("found none");
  expect(stepsOf("await page.goBack();")).toEqual([{ back: true }]);
});
