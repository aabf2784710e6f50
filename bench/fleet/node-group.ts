/**
 * A process of many nodes: each is a whole one (join, membership, replica in a libSQL file of its own, outbox, http
 * driver) and only the process is shared. Told by one line of JSON on stdin; ends when stdin does.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { createHttpDriver } from "#node/drivers/http/driver.ts";
import { startNode } from "#node/node.ts";
import { decodeJoinToken } from "#shared/join-token.ts";
import { configureLog } from "#shared/log.ts";

const Wish = z.object({
  token: z.string(),
  folder: z.string(),
  /** Of the first node: the names are unique in the mesh. */
  firstNumber: z.number().int(),
  count: z.number().int(),
  slots: z.number().int(),
});

/** Nodes of one process that join at once. */
const JOINING_MAX = 8;

configureLog({ level: "warning" });
const lines = createInterface({ input: process.stdin });
lines.once("line", (line) => {
  startAll(Wish.parse(JSON.parse(line))).then(
    () => console.log("ready"),
    (thrown: unknown) => {
      console.error(thrown);
      process.exit(1);
    },
  );
});
lines.once("close", () => process.exit(0));

async function startAll(wish: z.infer<typeof Wish>): Promise<void> {
  const numbers = Array.from({ length: wish.count }, (_, index) => wish.firstNumber + index);
  const starter = async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift())
      await startOne(wish, `fleet-${number}`);
  };
  await Promise.all(Array.from({ length: JOINING_MAX }, starter));
}

async function startOne(wish: z.infer<typeof Wish>, name: string): Promise<void> {
  const dataDir = join(wish.folder, name);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  // A node keeps 8 MiB in reserve for a full disk: a thousand of them would only fill this one.
  writeFileSync(join(dataDir, "reserve"), "");
  await startNode({
    token: decodeJoinToken(wish.token),
    dataDir,
    name,
    slots: wish.slots,
    drivers: [createHttpDriver()],
    onStopped: (error) => console.error(`${name} ended: ${error?.message ?? "asked to"}`),
  });
}
