/** `panoptic up`: gateway and nodes on this machine; a node that dies is started again. */
import { join } from "node:path";
import { configureLog } from "#shared/log.ts";
import type { Context } from "../context.ts";
import { startLocalNodes } from "../mesh/local-nodes.ts";
import type { ProfileName } from "../mesh/profile.ts";
import { makeTempFolder } from "../mesh/temp-folder.ts";
import { fromCaller } from "../paths.ts";
import { readyLine } from "../ready-line.ts";
import { serveUntilStopped } from "../serving.ts";
import { type GatewayOptions, openGateway } from "./gateway.ts";

export type UpOptions = GatewayOptions & {
  readonly nodes: number;
  readonly slots?: number;
  readonly profile?: ProfileName;
};

/** Nodes save what they were at and leave by themselves when this process dies; a frozen one is killed then. */
const NODES_LEAVE_MS_MAX = 1_400;

/** Serves until SIGTERM. */
export async function serveUp(options: UpOptions, context: Context): Promise<number> {
  configureLog();
  const { terminal, clock, config } = context;
  const isJson = options.json === true;
  await using started = new AsyncDisposableStack();
  const folder = started.adopt(
    await makeTempFolder("up", { patienceMs: NODES_LEAVE_MS_MAX }),
    ({ remove }) => remove(),
  );
  const gateway = await openGateway(options, context);
  started.defer(() => gateway.stop());
  terminal.say(
    readyLine(
      { ready: "gateway", url: gateway.url, nats: gateway.natsUrl, pid: process.pid },
      isJson,
    ),
  );
  const nodes = startLocalNodes({
    count: options.nodes,
    slots: options.slots,
    profile: options.profile,
    nodesDir: join(fromCaller(config.callerDir, options.data), "nodes"),
    tempDir: folder.path, // Not of this process: its nats-server may stay.
    joinToken: gateway.joinToken(),
    clock,
    onReady: (ready) => terminal.say(readyLine(ready, isJson)),
    onLog: terminal.warn,
    onTrouble: (text) => terminal.warn(`panoptic: ${text}`),
  });
  started.defer(() => nodes.stop());
  nodes.ready.catch((thrown: unknown) => terminal.warn(`panoptic: ${String(thrown)}`));
  return await serveUntilStopped({ stop: () => started.disposeAsync() }, context);
}
