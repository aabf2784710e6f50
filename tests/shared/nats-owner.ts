/** A small process that owns a nats-server, for the tests that kill it: prints the server's url and pid, then waits. */
import { join } from "node:path";
import { systemClock } from "#shared/clock.ts";
import { createNatsAuthority } from "#shared/nats/credentials.ts";
import { startNatsServer } from "#shared/nats/server.ts";

const folder = process.argv[2] ?? "";
const server = await startNatsServer({
  searchPath: process.env["PATH"] ?? "",
  confPath: join(folder, "nats.conf"),
  pidPath: join(folder, "nats.pid"),
  trust: createNatsAuthority(systemClock).trust,
  clock: systemClock,
});
process.stdout.write(`${JSON.stringify({ port: server.port, pid: server.pid() })}\n`);
await new Promise(() => undefined);
