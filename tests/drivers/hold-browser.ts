/** A program that opens a session and waits to be killed: the orphan test's victim. Prints what it holds. */
import { tmpdir } from "node:os";
import { EvidencePolicy, WebOptions } from "#proto/evidence.ts";
import { createRedactor } from "#shared/redactor.ts";
import { createWebDriver } from "../../src/node/drivers/web/driver.ts";

await createWebDriver({})
  .createSlot()
  .open({
    viewport: { width: 100, height: 100, touch: false },
    workspaceDir: tmpdir(),
    resolveFile: String,
    redactor: createRedactor({}),
    warn: () => undefined,
    attach: () => undefined,
    attachFile: () => undefined,
    miss: () => undefined,
    web: WebOptions.parse({}),
    evidence: EvidencePolicy.parse({}),
    usesSecrets: false,
  });
process.stdout.write("open\n");
setInterval(() => undefined, 60_000);
