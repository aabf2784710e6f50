/** Small pages on loopback for benches of browsers, and the same sixty tests of them for both programs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type SmallSite = { readonly url: string; readonly close: () => void };

const PAGE = (number: string) => `<!doctype html><html lang=en><title>Greeting ${number}</title>
<style>body { font: 16px sans-serif; margin: 2em } label { display: block }</style>
<h1>Greeting ${number}</h1><form onsubmit="answer.textContent = 'Hello ' + who.value; return false">
<label>Name <input id=who></label><label><input type=checkbox id=loud> loud</label>
<button>Greet</button></form><p role=status id=answer></p><a href="/page/next">Next</a>`;

/** Serves them on port 0. */
export async function serveSmallSite(): Promise<SmallSite> {
  const server = createServer((request, response) => {
    const number = (request.url ?? "").split("/").at(-1) ?? "";
    response.writeHead(200, { "content-type": "text/html" }).end(PAGE(number));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

/** So many tests as a suite of ours: each opens a page, fills in, clicks and looks twice. */
export function smallSuite(url: string, testCount: number): string {
  const tests = Array.from({ length: testCount }, (_, index) => {
    const steps = [
      `goto: /page/${index}`,
      `expect: { title: "Greeting ${index}" }`,
      `fill: { label: Name, value: Ada ${index} }`,
      `click: { role: button, name: Greet }`,
      `expect: { text: { role: status }, equals: "Hello Ada ${index}" }`,
    ];
    return `  - name: greets ${index}\n    steps:\n${steps.map((step) => `      - ${step}\n`).join("")}`;
  });
  return `name: small\ndefaults: { baseUrl: "${url}", screenshots: off, console: off, dom: off }\ntests:\n${tests.join("")}`;
}

/** The same as a spec of Playwright Test: those of its tests whose number leaves `rest` when divided by `of`. */
export function smallSpec(
  playwright: string,
  share: { testCount: number; rest: number; of: number },
): string {
  return `import { expect, test } from ${JSON.stringify(playwright)};
for (let i = ${share.rest}; i < ${share.testCount}; i += ${share.of}) test(\`greets \${i}\`, async ({ page }) => {
  await page.goto(\`/page/\${i}\`);
  await expect(page).toHaveTitle(\`Greeting \${i}\`);
  await page.getByLabel("Name").fill(\`Ada \${i}\`);
  await page.getByRole("button", { name: "Greet" }).click();
  await expect(page.getByRole("status")).toHaveText(\`Hello Ada \${i}\`);
});
`;
}
