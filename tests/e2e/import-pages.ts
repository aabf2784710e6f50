/** The pages that imported suites are played on, and what is imported: a script as codegen writes it, and two flows. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The site before and after somebody has changed it. */
export type ShopSite = AsyncDisposable & {
  readonly url: string;
  /** From now on the cart counts wrong and says goodbye otherwise. */
  readonly change: () => void;
};

const HOME = `<!doctype html><title>Tea shop</title><style>h1{text-transform:uppercase}</style>
<h1>Fine tea</h1><img alt="A tea pot" src=data:>
<form onsubmit="event.preventDefault(); hello.textContent='Welcome, ' + mail.value + ' ' + pass.value.length">
<label>E-mail <input id=mail></label><label>Password <input id=pass type=password></label>
<button>Sign in</button></form><p id=hello></p>
<ul><li>Green tea <button onclick="add()">Add</button></li><li>Black tea <button onclick="add()">Add</button></li></ul>
<p data-testid=count>0</p>
<label><input type=checkbox id=gift> As a gift</label>
<select aria-label=Size><option value=s>Small<option value=l>Large</select>
<input placeholder="Search tea" onkeydown="if (event.key === 'Enter') document.title = 'Found ' + this.value">
<a href=/about target=_blank>About us</a>
<button onclick="asked.textContent = String(confirm('Empty the cart?'))">Empty</button><p id=asked></p>
<iframe id=pay srcdoc="<label>Card <input></label><button onclick=&quot;document.body.append('Paid')&quot;>Pay</button>"></iframe>
<a href=/list.csv download>Export</a>
<input type=file aria-label=Picture onchange="this.after(this.files[0].name)">
<div style="height:1500px"></div><button onclick="bye.textContent = BYE">Leave</button><p id=bye></p>
<script>let n = 0; const BYE = '__BYE__';
function add() { n += __STEP__; document.querySelector('[data-testid=count]').textContent = n; }</script>`;
const ABOUT =
  "<!doctype html><title>About</title><h1>About the shop</h1><button onclick=\"document.title='Clicked'\">More</button>";

/** Serves the pages on a free port. */
export async function startShop(): Promise<ShopSite> {
  let isChanged = false;
  const server = createServer((request, response) => {
    if (request.url === "/list.csv") {
      response.writeHead(200, { "content-type": "text/csv" }).end("id,name\n1,Green\n");
      return;
    }
    const home = HOME.replace("__STEP__", isChanged ? "2" : "1").replace(
      "__BYE__",
      isChanged ? "See you" : "Goodbye, come again",
    );
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end(request.url === "/about" ? ABOUT : home);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    change: () => {
      isChanged = true;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What is imported, by file names; only `codegen.spec.ts` holds lines without a counterpart. */
export function foreignFiles(url: string): Readonly<Record<string, string>> {
  return {
    "codegen.spec.ts": `import { test, expect } from '@playwright/test';

test.use({ viewport: { width: 1000, height: 700 }, locale: 'de-DE' });

test.describe('shop', () => {
  test.beforeEach(async ({ page }) => {
    await page.goto('${url}/');
  });

  test('buys tea @smoke', async ({ page }) => {
    await expect(page.getByRole('heading', { name: 'Fine tea' })).toBeVisible();
    await expect(page.locator('h1')).toHaveText('Fine tea');
    await expect(page.getByAltText('A tea pot')).toBeAttached();
    await page.getByLabel('E-mail').click();
    await page.getByLabel('E-mail').fill('kim@example.org');
    await page.getByLabel('E-mail').press('Tab');
    await page.getByLabel('Password').fill('hunter2!x');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.locator('#hello')).toContainText('kim@example.org');
    const row = page.getByRole('listitem').filter({ hasText: 'Black tea' });
    await row.getByRole('button', { name: /^add$/i }).click();
    await page.getByRole('button', { name: 'Add' }).first().click();
    await expect(page.getByTestId('count')).toHaveText('2');
    await page.getByRole('checkbox', { name: 'As a gift' }).check();
    await expect(page.locator('#gift')).toBeChecked();
    await page.getByLabel('Size').selectOption('l');
    await expect(page.getByLabel('Size')).toHaveValue('l');
    await page.getByPlaceholder('Search tea').fill('mint');
    await page.getByPlaceholder('Search tea').press('Enter');
    await expect(page).toHaveTitle(/Found mint/);
    page.once('dialog', dialog => {
      console.log(\`Dialog message: \${dialog.message()}\`);
      dialog.dismiss().catch(() => {});
    });
    await page.getByRole('button', { name: 'Empty' }).click();
    await expect(page.locator('#asked')).toHaveText('false');
    await page.locator('#pay').contentFrame().getByLabel('Card').fill('4242');
    await page.locator('#pay').contentFrame().getByRole('button', { name: 'Pay' }).click();
    await expect(page.frameLocator('#pay').getByText('Paid')).toBeVisible();
    const page1Promise = page.waitForEvent('popup');
    await page.getByRole('link', { name: 'About us' }).click();
    const page1 = await page1Promise;
    await page1.getByRole('button', { name: 'More' }).click();
    await expect(page1).toHaveURL('${url}/about');
    await page1.close();
    const downloadPromise = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export' }).click();
    const download = await downloadPromise;
    expect(download.suggestedFilename()).toBe('list.csv');
    await page.getByLabel('Picture').setInputFiles('pot.txt');
    await expect(page.locator('body')).toContainText('pot.txt');
    await expect(page.getByRole('list')).toMatchAriaSnapshot(\`
      - list:
        - listitem:
          - text: Green tea
          - button "Add"
      \`);
    await page.evaluate(() => window.scrollTo(0, 0));
    await page.coverage.startJSCoverage();
  });
});
`,
    "buy.yaml": `url: ${url}
name: Buy as a guest
tags: [guest]
env:
  WHO: kim
---
- launchApp
- assertVisible: "Fine .*"
- runFlow:
    file: parts/sign-in.yaml
- tapOn:
    text: Add
    rightOf: Black tea
- repeat:
    times: 2
    commands:
      - tapOn:
          text: Add
          index: 0
- assertVisible:
    id: count
    text: "3"
- runFlow:
    when:
      visible: Cookie banner
    commands:
      - tapOn: Accept
- assertNotVisible: Cookie banner
`,
    "parts/sign-in.yaml": `url: ${url}
---
- tapOn:
    id: mail
- inputText: \${WHO + '@example.org'}
- tapOn: Sign in
- extendedWaitUntil:
    visible: Welcome, kim@example.org.*
    timeout: 5000
`,
    "leave.yaml": `url: ${url}
---
- launchApp:
    clearState: true
- tapOn: Search tea
- inputText: minx
- eraseText: 1
- inputText: t
- pressKey: Enter
- copyTextFrom:
    id: count
- assertTrue: \${maestro.copiedText == '0'}
- evalScript: \${output.word = 'Goodbye'}
- scrollUntilVisible:
    element:
      text: Leave
    direction: DOWN
- tapOn: Leave
- assertVisible: \${output.word}, come again
- takeScreenshot: left
`,
  };
}
