/** Ports of this machine: a free one, and whether one is free. */
import { createServer } from "node:net";

/** A port that is free now: bound to 0, read and closed. Another process may take it before the caller does. */
export async function freePort(host: string): Promise<number> {
  const port = await bind(host, 0);
  if (port === undefined) throw new Error(`Cannot find a free port on ${host}`);
  return port;
}

/** Whether nobody listens on the port of that host. */
export async function isPortFree(host: string, port: number): Promise<boolean> {
  return (await bind(host, port)) !== undefined;
}

function bind(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
