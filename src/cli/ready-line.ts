/** P: the one line that a long-running command prints when it serves, for people and for whoever started it. */
import { z } from "zod";

export const ReadyNode = z.object({
  ready: z.literal("node"),
  name: z.string(),
  slots: z.number().int(),
  pid: z.number().int(),
});
export type ReadyNode = z.infer<typeof ReadyNode>;

export const ReadyGateway = z.object({
  ready: z.literal("gateway"),
  url: z.string(),
  nats: z.string(),
  pid: z.number().int(),
});
export type ReadyGateway = z.infer<typeof ReadyGateway>;

export const Ready = z.discriminatedUnion("ready", [ReadyNode, ReadyGateway]);
export type Ready = z.infer<typeof Ready>;

/** `ready node NAME slots N pid N`, or its JSON. */
export function readyLine(ready: Ready, isJson: boolean): string {
  if (isJson) return JSON.stringify(ready);
  if (ready.ready === "node")
    return `ready node ${ready.name} slots ${ready.slots} pid ${ready.pid}`;
  return `ready gateway ${ready.url} nats ${ready.nats} pid ${ready.pid}`;
}

/** Reads the JSON form; undefined for any other line. */
export function readReadyLine(line: string): Ready | undefined {
  try {
    return Ready.safeParse(JSON.parse(line)).data;
  } catch {
    // No JSON: some other words.
    return undefined;
  }
}
