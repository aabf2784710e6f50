/** `panoptic record`: a session that is driven over CDP becomes a suite without its secrets, and that suite runs green. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { expect, onTestFinished, test } from "vitest";
import { readReport } from "#kit/mesh.ts";
import { runProgram, startProgram } from "#kit/program.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { waitUntil } from "#kit/wait-until.ts";

const TOKEN = "9f8e7d6c5b4a39281706f5e4d3c2b1a0";
const SECRET = "hunter2-of-record";

const PAGES: Readonly<Record<string, string>> = {
  "/": `<title>Login</title><form action="/shop">
    <label>E-mail <input name="mail"></label>
    <label>Key phrase <input type="password" name="ignored" form="none"></label>
    <label><input type="checkbox" name="stay"> Stay</label>
    <input type="hidden" name="token" value="${TOKEN}">
    <button>Sign in</button><button type="button">Sign in later</button></form>`,
  "/shop": `<title>Shop</title><h1>Welcome</h1>
    <label for="size">Size</label><select id="size"><option value="s">Small</option><option value="l">Large</option></select>
    <ul><li>Milk <button>Delete</button></li><li>Bread <button onclick="this.parentNode.remove()">Delete</button></li></ul>
    <div data-testid="zone" ondblclick="this.textContent='opened'">zone</div>
    <p id="said" onclick="this.textContent=confirm('Sure?')">ask</p>
    <input type="file" aria-label="Photo" onchange="document.title=this.files[0].name">
    <iframe name="pay" srcdoc="<button onclick=&quot;this.textContent='paid'&quot;>Pay</button>"></iframe>
    <a href="/help" target="_blank">Help</a><form action="/help"><input name="q" placeholder="Find"></form>`,
  "/help": `<title>Help</title><button onclick="this.textContent='thanks'">Useful</button>`,
};

/** What becomes of it. */
const SUITE = `secrets:
  - KEY_PHRASE
  - URL_ACCESS_TOKEN
defaults:
  baseUrl: URL
tests:
  - name: recorded
    steps:
      - goto: /
      - fill: { label: E-mail, value: a@example.org }
      - fill: { label: Key phrase, value: "\${secrets.KEY_PHRASE}" }
      - check: { label: Stay }
      - click: { role: button, name: Sign in, exact: true }
      - expect: { visible: { role: heading, name: Welcome } }
      - select: { label: Size, option: Large }
      - click: { role: button, name: Delete, within: { role: listitem, hasText: Bread } }
      - dblclick: { testId: zone }
      - dialog: accept
      - click: { text: ask }
      - upload: { label: Photo, files: [ me.png ] }
      - click: { role: button, name: Pay, frame: { css: 'iframe[name="pay"]' } }
      - click: { role: link, name: Help }
      - tab: { switch: 1 }
      - click: { role: button, name: Useful }
      - tab: { switch: 0 }
      - fill: { role: textbox, name: Find, value: tea }
      - press: Enter
      - wait: { url: { contains: /help?q=tea } }
      - goto: /shop?access_token=\${secrets.URL_ACCESS_TOKEN}&page=2
`;

async function startSite(): Promise<string> {
  const server = createServer((request, response) => {
    const text = PAGES[(request.url ?? "/").split("?")[0] ?? "/"];
    response.writeHead(text === undefined ? 404 : 200, { "content-type": "text/html" }).end(text);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a person would do. */
async function drive(page: Page): Promise<void> {
  await page.getByLabel("E-mail").fill("a@example.org");
  await page.getByLabel("Key phrase").pressSequentially(SECRET);
  await page.getByText("Stay", { exact: true }).click();
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.waitForURL(/\/shop/);
  await page.getByRole("heading").click({ modifiers: ["Alt"] });
  await page.getByLabel("Size").selectOption("Large");
  await page.getByRole("button", { name: "Delete" }).nth(1).click();
  await page.getByTestId("zone").dblclick();
  page.once("dialog", (dialog) => void dialog.accept());
  await page.locator("#said").click();
  await page.getByText("true").waitFor();
  const picture = { name: "me.png", mimeType: "image/png", buffer: Buffer.from("picture") };
  await page.getByLabel("Photo").setInputFiles(picture);
  await page.frameLocator("iframe").getByRole("button").click();
  const [popup] = await Promise.all([page.waitForEvent("popup"), page.getByText("Help").click()]);
  await popup.getByText("Useful").click();
  await popup.getByText("thanks").waitFor();
  await page.getByPlaceholder("Find").fill("tea");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=tea/);
  await page.goto(new URL(`/shop?access_token=${TOKEN}&page=2`, page.url()).href);
}

test("record writes what is done as steps with good locators, keeps secrets and tokens out, and the suite runs green", async () => {
  const url = await startSite();
  const callerDir = temporaryPlace("panoptic-record-");
  const words = ["record", `${url}/`, "-o", "login.yaml", "--headless"];
  const program = startProgram(words, { callerDir });
  const path = join(callerDir, "login.yaml");
  const recorded = () => readFileSync(path, "utf8");
  await waitUntil(() => /cdp (\S+)/.test(program.stdout()), {
    what: `it records\n${program.stderr()}`,
    deadlineMs: 40_000,
  });
  const browser = await chromium.connectOverCDP(/cdp (\S+)/.exec(program.stdout())?.[1] ?? "");
  const page = browser.contexts().flatMap((one) => one.pages())[0];
  if (page === undefined) throw new Error("no page is there");
  await drive(page);
  await waitUntil(() => recorded().includes("page=2"), { what: "the last step is there" });
  await browser.close();
  program.signal("SIGINT");
  const { exitCode, stdout, stderr } = await program.ended;
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("before it runs, set KEY_PHRASE, URL_ACCESS_TOKEN");
  const text = recorded();
  expect(text).not.toMatch(new RegExp(`${SECRET}|${TOKEN}`));
  expect(text.slice(text.indexOf("secrets:"))).toBe(
    SUITE.replace("baseUrl: URL", `baseUrl: ${url}`),
  );
  expect(readFileSync(join(callerDir, "me.png"), "utf8")).toBe("picture");
  const env = { KEY_PHRASE: SECRET, URL_ACCESS_TOKEN: "x" };
  const run = await runProgram(["run", "login.yaml", "--nodes", "1"], { callerDir, env });
  expect(run.exitCode, run.stdout).toBe(0);
  expect(readReport(join(callerDir, "panoptic-report"))?.totals.passed).toBe(1);
});
