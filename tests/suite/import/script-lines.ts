/** Calls of scripts, and the steps that they come to. */
const B = { role: "button", name: "Go" };
const GO = "page.getByRole('button', { name: 'Go' })";

/** One line of a script, and the step that it comes to. */
export const LINES: ReadonlyArray<readonly [line: string, ...steps: unknown[]]> = [
  ["await page.goto('http://a.test/x');", { goto: "http://a.test/x" }],
  [
    "await page.goto('http://a.test', { waitUntil: 'commit', timeout: 5000 });",
    { goto: { url: "http://a.test", waitUntil: "commit" }, timeout: "5s" },
  ],
  ["await page.goBack();", { back: true }],
  ["await page.reload();", { reload: true }],
  [`await ${GO}.click();`, { click: B }],
  [
    `await ${GO}.click({ button: 'right', modifiers: ['Shift'] });`,
    { click: { ...B, button: "right", modifiers: ["Shift"] } },
  ],
  [
    `await ${GO}.click({ position: { x: 1, y: 2 } });`,
    { click: { ...B, position: { x: 1, y: 2 } } },
  ],
  [`await ${GO}.dblclick();`, { dblclick: B }],
  [`await ${GO}.click({ clickCount: 2 });`, { dblclick: B }],
  [`await ${GO}.hover();`, { hover: B }],
  ["await page.getByText('Hi', { exact: true }).tap();", { tap: { text: "Hi", exact: true } }],
  ["await page.getByLabel('Mail').fill('a');", { fill: { label: "Mail", value: "a" } }],
  ["await page.getByLabel('Mail').clear();", { clear: { label: "Mail" } }],
  [
    "await page.getByLabel('Mail').pressSequentially('ab', { delay: 50 });",
    { type: { label: "Mail", value: "ab", delay: "50ms" } },
  ],
  [
    "await page.getByPlaceholder('Find').press('Control+A');",
    { press: { placeholder: "Find", key: "Control+A" } },
  ],
  ["await page.keyboard.press('Enter');", { press: "Enter" }],
  ["await page.keyboard.down('Shift');", { keyDown: "Shift" }],
  ["await page.keyboard.type('abc');", { type: { css: ":focus", value: "abc" } }],
  ["await page.getByTitle('Yes').check();", { check: { title: "Yes" } }],
  ["await page.getByAltText('No').uncheck();", { uncheck: { altText: "No" } }],
  ["await page.getByTestId('x').setChecked(false);", { uncheck: { testId: "x" } }],
  [
    "await page.locator('#s').selectOption(['a', { label: 'b' }, { index: 2 }]);",
    { select: { css: "#s", option: ["a", "b", { index: 2 }] } },
  ],
  [
    "await page.locator('#f').setInputFiles(['a.png', 'b.png']);",
    { upload: { css: "#f", files: ["a.png", "b.png"] } },
  ],
  [
    "await page.locator('#a').dragTo(page.locator('#b'));",
    { drag: { from: { css: "#a" }, to: { css: "#b" } } },
  ],
  ["await page.locator('#a').focus();", { focus: { css: "#a" } }],
  ["await page.locator('#a').scrollIntoViewIfNeeded();", { scroll: { to: { css: "#a" } } }],
  [
    "await page.locator('#a').waitFor({ state: 'hidden' });",
    { wait: { for: { css: "#a" }, state: "hidden" } },
  ],
  ["await page.waitForTimeout(1500);", { wait: "1500ms" }],
  ["await page.waitForURL('**/done?x=*');", { wait: { url: { matches: "^.*/done\\?x=[^/]*$" } } }],
  ["await page.waitForSelector('text=Hi');", { wait: { for: { text: "Hi", nth: 0 } } }],
  ["await page.waitForSelector('p', { strict: true });", { wait: { for: { css: "p" } } }],
  [
    "await page.frame('f').waitForSelector('#a');",
    { wait: { for: { css: "#a", frame: { css: 'iframe[name="f"]' } } } },
  ],
  [
    "await page.screenshot({ path: 'out/a.png', fullPage: true });",
    { screenshot: { name: "a.png", fullPage: true } },
  ],
  [
    "await page.setViewportSize({ width: 800, height: 600 });",
    { viewport: { width: 800, height: 600 } },
  ],
  ["await page.mouse.wheel(0, 100);", { wheel: { x: 0, y: 100 } }],
  ["await page.mouse.move(5, 6);", { mouse: { move: { x: 5, y: 6 } } }],
  ["await context.clearCookies();", { cookies: { clear: true } }],
  ["await context.clearCookies({ name: 'sid' });", { cookies: { clear: { name: "sid" } } }],
  [
    "await expect(page.locator('#a')).toHaveAttribute('title', 'A', { ignoreCase: true });",
    { expect: { attribute: "title", on: { css: "#a" }, matches: "/^A$/i" } },
  ],
  [
    "await expect(page).toHaveScreenshot('p.png', { mask: [page.locator('#a')], threshold: 0.1 });",
    { expect: { screenshot: "p", threshold: 0.1, mask: [{ css: "#a" }] } },
  ],
  ["await context.grantPermissions(['geolocation']);", { permissions: { grant: ["geolocation"] } }],
  ["await context.setOffline(true);", { network: "offline" }],
  // Old calls of pages, and selectors in one text.
  [
    "await page.click('#a >> text=\"Hi\" >> nth=1');",
    { click: { text: "Hi", exact: true, within: { css: "#a" }, nth: 1 } },
  ],
  ["await page.fill('[name=q]', 'x');", { fill: { css: "[name=q]", nth: 0, value: "x" } }],
  ["await page.click('role=button[name=\"Go\"i]');", { click: { ...B, nth: 0 } }],
  ["await page.locator('//main/a').click();", { click: { xpath: "//main/a" } }],
  ["await page.locator('data-testid=x').click();", { click: { testId: "x" } }],
  // Locators.
  [
    "await page.locator('li').filter({ hasText: /^Tea$/ }).getByRole('button').first().click();",
    { click: { role: "button", within: { css: "li", hasText: "/^Tea$/" }, nth: 0 } },
  ],
  [
    "await page.locator('li').filter({ has: page.getByText('x') }).last().click();",
    { click: { css: "li", has: { text: "x" }, nth: -1 } },
  ],
  [
    "await page.locator('li', { hasText: 'a' }).nth(2).click();",
    { click: { css: "li", hasText: "a", nth: 2 } },
  ],
  [
    "await page.frameLocator('#f').getByText('x').click();",
    { click: { text: "x", frame: { css: "#f" } } },
  ],
  [
    "await page.locator('#f').contentFrame().locator('#g').contentFrame().getByRole('row').getByText('x').click();",
    { click: { text: "x", within: { role: "row" }, frame: { css: "#g", frame: { css: "#f" } } } },
  ],
  [
    "await page.getByRole('heading', { name: 'A', level: 2 }).or(page.getByText('B')).click();",
    { click: { role: "heading", name: "A", level: 2, or: { text: "B" } } },
  ],
  ["await page.getByText('/a/').click();", { click: { text: "/\\/a\\//i" } }],
  ["await page.getByText('${x}').click();", { click: { text: "$${x}" } }],
  // Expectations.
  [`await expect(${GO}).toBeVisible();`, { expect: { visible: B } }],
  [
    `await expect(${GO}).not.toBeVisible({ timeout: 2000 });`,
    { expect: { hidden: B }, timeout: "2s" },
  ],
  [`await expect.soft(${GO}).toBeEnabled();`, { expect: { enabled: B }, soft: true }],
  [`await expect(${GO}).not.toBeFocused();`, { expect: { focused: B, equals: false } }],
  [`await expect(${GO}).toBeChecked({ checked: false });`, { expect: { unchecked: B } }],
  [
    "await expect(page.locator('#a')).toHaveText('  a   b ');",
    { expect: { textContent: { css: "#a" }, equals: "a b" } },
  ],
  [
    "await expect(page.locator('#a')).toContainText('A', { ignoreCase: true });",
    { expect: { textContent: { css: "#a" }, matches: "/A/i" } },
  ],
  [
    "await expect(page.locator('li')).toHaveText(['a', 'b']);",
    { expect: { texts: { css: "li" }, equals: ["a", "b"] } },
  ],
  [
    "await expect(page.locator('li')).not.toHaveCount(2);",
    { expect: { count: { css: "li" }, not: { equals: 2 } } },
  ],
  [
    "await expect(page.locator('#a')).toHaveValue(/x/);",
    { expect: { value: { css: "#a" }, matches: "/x/" } },
  ],
  ["await expect(page.locator('#a')).toBeEmpty();", { expect: { empty: { css: "#a" } } }],
  [
    "await expect(page.locator('#a')).toHaveAttribute('href', '/x');",
    { expect: { attribute: "href", on: { css: "#a" }, equals: "/x" } },
  ],
  [
    "await expect(page.locator('#a')).toHaveAttribute('hidden');",
    { expect: { attribute: "hidden", on: { css: "#a" }, exists: true } },
  ],
  [
    "await expect(page.locator('#a')).toHaveCSS('color', 'red');",
    { expect: { css: "color", on: { css: "#a" }, equals: "red" } },
  ],
  ["await expect(page).toHaveURL('http://a.test/');", { expect: { url: "http://a.test/" } }],
  ["await expect(page).not.toHaveURL(/x/i);", { expect: { url: { not: { matches: "/x/i" } } } }],
  ["await expect(page).toHaveTitle('T');", { expect: { title: { equals: "T" } } }],
  [
    "await expect(page.getByRole('list')).toMatchAriaSnapshot(`\n    - list:\n      - listitem: a\n  `);",
    { expect: { aria: "- list:\n  - listitem: a", on: { role: "list" } } },
  ],
  [
    "expect(await page.title()).toContain('T');",
    { save: { title1: { title: true } } },
    { expect: { that: "${saved.title1}", contains: "T" } },
  ],
  [
    "const n = await page.locator('li').count(); expect(n).toBeGreaterThan(2);",
    { save: { count1: { count: { css: "li" } } } },
    { expect: { that: "${saved.count1}", above: 2 } },
  ],
  [
    "await page.evaluate((n) => n + 1, 2);",
    { eval: { js: "((n) => n + 1)(2)", save: "evaluated1" } },
  ],
  [
    "const r = await request.get('http://a.test/api'); await expect(r).toBeOK();",
    { request: { get: "http://a.test/api" } },
    { expect: { status: { atLeast: 200, below: 300 } } },
  ],
  ["expect(page.url()).toContain('/done');", { expect: { url: { contains: "/done" } } }],
  [
    `await Promise.all([page.waitForResponse('**/api/**'), page.waitForNavigation(), ${GO}.click()]);`,
    { click: B },
    { expect: { request: { url: { matches: "^.*/api/.*$" } } } },
  ],
  // Beside the page.
  [
    `page.once('dialog', (d) => d.accept('Kim')); await ${GO}.click();`,
    { dialog: { accept: "Kim" } },
    { click: B },
  ],
  [
    `page.once('dialog', async (d) => { expect(d.message()).toContain('Sure'); await d.dismiss(); });`,
    { dialog: { dismiss: true, expect: { contains: "Sure" } } },
  ],
  [
    `const [p] = await Promise.all([page.waitForEvent('popup'), ${GO}.click()]); await p.reload(); await p.close(); await page.reload();`,
    { click: B },
    { tab: { switch: 1 } },
    { reload: true },
    { tab: "close" },
    { reload: true },
  ],
  [
    "const p = await context.newPage(); const q = await context.newPage(); await q.goto('http://a.test/'); await p.reload();",
    { tab: { open: "http://a.test/" } },
    { tab: { switch: 0 } },
    { reload: true },
  ],
  [
    `const d = page.waitForEvent('download'); await ${GO}.click(); const f = await d; expect(f.suggestedFilename()).toBe('a');`,
    { download: { click: B, save: "download1" } },
    { expect: { that: "${saved.download1.name}", equals: "a" } },
  ],
  [
    `const c = page.waitForEvent('filechooser'); await ${GO}.click(); await (await c).setFiles('a.png');`,
    { upload: { ...B, files: ["a.png"] } },
  ],
  // Names, texts, functions, loops of the script.
  [
    "const who = 'Kim'; await page.getByLabel(`Name of ${who}`).fill(who + '!');",
    { fill: { label: "Name of Kim", value: "Kim!" } },
  ],
  [
    "const row = (t: string) => page.locator('li', { hasText: t }); await row('a').click();",
    { click: { css: "li", hasText: "a" } },
  ],
  [
    "for (const t of ['a', 'b']) { await page.getByText(t).click(); }",
    { click: { text: "a" } },
    { click: { text: "b" } },
  ],
  ["await test.step('log in', async () => { await page.reload(); });", { reload: true }],
  [
    "await page.getByLabel('x').fill(process.env.WHO ?? 'Kim');",
    { fill: { label: "x", value: "${env.WHO ?? 'Kim'}" } },
  ],
];
