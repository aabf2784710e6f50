/** A run's report is brought although its gateway is just being started again. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createApiClient } from "#cli/api-client.ts";
import { fetchReport } from "#cli/report/write-report.ts";
import { systemClock } from "#shared/clock.ts";
import { makeReport } from "../reports/made-report.ts";

/** A gateway that breaks the first connections, and then answers. */
async function startReturningGateway(brokenCount: number) {
  const report = JSON.stringify(makeReport({ testCount: 1 }));
  let asked = 0;
  const server = createServer((request, response) => {
    asked += 1;
    if (asked <= brokenCount) request.socket.destroy();
    else response.writeHead(200, { "content-type": "application/json" }).end(report);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { client: createApiClient({ url, apiKey: "key" }), asked: () => asked };
}

const asking = { runId: "run-1", clock: systemClock, pendingMsMax: 0 };

test("fetchReport() asks again while the gateway is away, as long as it may be", async () => {
  const { client, asked } = await startReturningGateway(2);
  const report = await fetchReport({ ...asking, client, awayMsMax: 30_000 });
  expect(report.tests.length).toBeGreaterThan(0);
  expect(asked()).toBe(3);
});

test("fetchReport() asks once when nothing may be waited for", async () => {
  const { client, asked } = await startReturningGateway(2);
  await expect(fetchReport({ ...asking, client, awayMsMax: 0 })).rejects.toThrow(
    "Cannot reach the gateway",
  );
  expect(asked()).toBe(1);
});
