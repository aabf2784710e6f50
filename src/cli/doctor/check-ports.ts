/** Doctor: ports. Listens on each that is asked for, or on any. */
import { isPortFree } from "#shared/runtime/free-port.ts";
import type { Finding } from "../finding.ts";

const LOOPBACK = "127.0.0.1";

/** One finding. */
export async function checkPort(name: string, port: number | undefined): Promise<Finding> {
  const isFree = await isPortFree(LOOPBACK, port ?? 0);
  const which = port === undefined ? "a free port of loopback" : `port ${port} of loopback`;
  if (isFree) return { name, state: "works", said: `${which} can be listened on` };
  const said = `${which} is used by another program`;
  return { name, state: "broken", said, fix: "stop that program, or name another port" };
}
