/** Ports of this machine: a free one, and whether one is free. */
import { createServer } from "node:net";
import { messageOf } from "../errors.ts";

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

/** Why nothing can listen on the host here, whatever the port; undefined when something can. */
export async function whyNoHost(host: string): Promise<string | undefined> {
  let fault: unknown;
  const port = await bind(host, 0, (error) => {
    fault = error;
  });
  if (port !== undefined) return undefined;
  const code = fault instanceof Error && "code" in fault ? fault.code : undefined;
  if (code === "EADDRNOTAVAIL") return "it is no address of this machine";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "no such name is known";
  return messageOf(fault);
}

function bind(
  host: string,
  port: number,
  onError: (error: Error) => void = () => undefined,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => {
      onError(error);
      resolve(undefined);
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === "object" && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
