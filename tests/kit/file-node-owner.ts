/**
 * A real node whose only driver is ours: each attempt leaves one file of `FILE_BYTES` bytes, no two parts of it equal, and
 * the same ones every time. Prints one line when it has joined, and stops on SIGTERM.
 */
import { randomFillSync } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { decodeJoinToken } from "#shared/join-token.ts";
import { Limits } from "#shared/limits.ts";
import type { Driver, SessionOptions } from "../../src/node/drivers/driver.ts";
import { startNode } from "../../src/node/node.ts";

const PIECE_BYTES = 1024 * 1024;
const variable = (name: string) => process.env[name] ?? "";

function writeFile(path: string, bytes: number): void {
  const piece = variable("FILE_SEED") === "" ? new Uint8Array(PIECE_BYTES) : seeded();
  if (variable("FILE_SEED") === "") randomFillSync(piece);
  const view = new DataView(piece.buffer);
  const file = openSync(path, "w");
  for (let at = 0; at < bytes; at += piece.length) {
    view.setFloat64(0, at);
    writeSync(file, piece, 0, Math.min(piece.length, bytes - at));
  }
  closeSync(file);
}

/** The same bytes for the same seed, in every process. */
function seeded(): Uint8Array {
  const piece = new Uint8Array(PIECE_BYTES);
  let state = Number(variable("FILE_SEED")) || 1;
  for (let at = 0; at < piece.length; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    piece[at] = state >>> 16;
  }
  return piece;
}

const open = async ({ workspaceDir, attachFile }: SessionOptions) => ({
  perform: async () => {
    const path = join(workspaceDir, "large");
    writeFile(path, Number(variable("FILE_BYTES")));
    attachFile({ name: "large.bin", kind: "file", path });
  },
  collectEvidence: async () => undefined,
  conclude: async () => undefined,
  close: async () => undefined,
});

const driver: Driver = {
  platform: "http",
  probe: async () => ({ kind: "able", capability: { platform: "http" } }),
  createSlot: () => ({ open, close: async () => undefined }),
};

const node = await startNode({
  token: decodeJoinToken(variable("PANOPTIC_JOIN")),
  dataDir: variable("NODE_DATA"),
  name: variable("NODE_NAME"),
  slots: 1,
  labels: [variable("NODE_NAME")],
  limits: Limits.parse(JSON.parse(variable("PANOPTIC_LIMITS") || "{}")),
  drivers: [driver],
  onStopped: (error) => {
    if (error !== undefined) process.stderr.write(`${error.message}\n`);
    process.exit(error === undefined ? 0 : 70);
  },
});
process.stdout.write("joined\n");
process.once("SIGTERM", () => void node.stop().then(() => process.exit(0)));
