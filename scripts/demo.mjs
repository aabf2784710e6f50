/**
 * `npm run demo`: installs what is missing, serves the demo shop, runs examples/*.yaml against it on an embedded mesh of
 * two nodes, and says where the report is. `--out DIR`: another folder for it.
 */
import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { startShop } from "../examples/shop/shop.mjs";
import { ensurePackages, ensureTools, InstallError, ROOT, say } from "./install.mjs";
import { startProgram } from "./start-program.mjs";

const given = process.argv.indexOf("--out");
const OUT = given === -1 ? join(ROOT, "panoptic-report") : resolve(process.argv[given + 1] ?? "");

try {
  await ensurePackages();
  ensureTools(["nats-server", "chromium-headless-shell", "ffmpeg"]);
  process.exit(await demonstrate());
} catch (fault) {
  say(fault instanceof InstallError ? fault.message : `The demo failed: ${fault.stack}`);
  process.exit(fault instanceof InstallError ? 2 : 70);
}

async function demonstrate() {
  const password = randomBytes(9).toString("base64url");
  const shop = await startShop({ password });
  console.log(
    `The demo shop serves at ${shop.url}; two nodes are starting, then examples/*.yaml run on them.\n`,
  );
  const words = ["run", "examples/*.yaml", "--nodes", "2", "--out", OUT];
  const exitCode = await startProgram(words, {
    callerDir: ROOT,
    env: { SHOP_URL: shop.url, SHOP_PASSWORD: password },
    isUnderNpm: process.env.npm_lifecycle_event === "demo",
  });
  await shop.stop();
  if (exitCode === 0) explain();
  return exitCode;
}

function explain() {
  const page = join(OUT, "report.html");
  console.log(`
The report: ${pathToFileURL(page).href}
  report.html   what a person reads; with its artifacts folder it can be sent anywhere
  report.json   every test, attempt and step, for scripts
  junit.xml     for CI systems
Open it: npm run -s panoptic -- open ${OUT}
Next:    npm run -s panoptic -- run YOUR-SUITE.yaml   (README.md, "Quick start")`);
}
