import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createApiClient } from "#cli/api-client.ts";
import { readRunBaselines } from "#cli/baselines/run-baselines.ts";
import { temporaryPlace } from "#kit/temporary-place.ts";
import { systemClock } from "#shared/clock.ts";
import { readConfig } from "#shared/config.ts";

/** A gateway that keeps no baselines. */
async function startEmptyGateway() {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json");
    response.end('{"baselines":[]}');
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return createApiClient({ url: `http://127.0.0.1:${port}`, apiKey: "key" });
}

/** The baselines of a run that was told this folder, and what it says. */
function baselinesIn(dir: string) {
  const warned: string[] = [];
  const terminal = {
    say: () => undefined,
    warn: (text: unknown) => void warned.push(String(text)),
    heed: () => undefined,
  };
  const context = { config: readConfig({}), clock: systemClock, terminal };
  return { warned, baselines: readRunBaselines(dir, context, { hasGateway: false }) };
}

test("a run that makes no baselines leaves a folder of none, also where no folder was", async () => {
  const dir = join(temporaryPlace("panoptic-baselines-"), "not", "there");
  const { warned, baselines } = baselinesIn(dir);
  await baselines.take(await startEmptyGateway());
  expect(warned).toEqual([]);
  expect(existsSync(join(dir, "baselines.json"))).toBe(true);
});

test("a folder that cannot be written is said, and takes no report with it", async () => {
  const dir = join(temporaryPlace("panoptic-baselines-"), "a-file");
  writeFileSync(dir, "");
  const { warned, baselines } = baselinesIn(dir);
  await baselines.take(await startEmptyGateway());
  expect(warned).toHaveLength(1);
  expect(warned[0]).toMatch(
    /^panoptic: Baselines of the run are lost: Cannot write the baselines .*a-file: /,
  );
});
