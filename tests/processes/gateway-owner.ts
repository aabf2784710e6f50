/** A small process that is a gateway whose nats-server may be left behind, for the tests that kill it: prints where, then waits. */
import { startGateway } from "#gateway/gateway.ts";

const gateway = await startGateway({ dataDir: process.argv[2] ?? "", natsLife: "left_behind" });
process.stdout.write(`${JSON.stringify({ natsUrl: gateway.natsUrl, url: gateway.url })}\n`);
await new Promise(() => undefined);
