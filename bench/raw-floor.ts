/**
 * What the mesh stands on, without the mesh, on the same machine: requests over a nats-server, and durable batches of rows
 * in a libSQL file.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNatsProcess } from "#kit/nats-process.ts";
import { systemClock } from "#shared/clock.ts";
import { silentLog } from "#shared/log.ts";
import { connectNatsBus } from "#shared/nats/bus.ts";
import { openSqlite } from "#shared/sqlite.ts";

export type RawNats = {
  /** With so many under way at once as the mesh has at most. */
  readonly perSecond: number;
  /** One after the other, milliseconds each. */
  readonly roundTripMs: number;
};

const REQUESTS = 10_000;
const REQUESTS_AT_ONCE = 64;
const ROUND_TRIPS = 1_000;
const MESSAGE_BYTES = 400;
const REQUEST_MS_MAX = 5_000;
const SUBJECT = "bench.echo";

/** Both ends are in this process, each with a connection of its own. */
export async function rawNats(): Promise<RawNats> {
  await using parts = new AsyncDisposableStack();
  const server = parts.adopt(await startNatsProcess(), (started) => started.kill());
  const dial = () => connectNatsBus({ url: server.url, name: "bench", log: silentLog });
  const asking = parts.adopt(await dial(), (bus) => bus.close());
  const answering = parts.adopt(await dial(), (bus) => bus.close());
  answering.subscribe(SUBJECT, ({ data, reply }) => reply(data));
  const data = new Uint8Array(MESSAGE_BYTES);
  const ask = async (count: number) => {
    for (let made = 0; made < count; made += 1) await asking.request(SUBJECT, data, REQUEST_MS_MAX);
  };
  await ask(ROUND_TRIPS);
  const eachMs = (await timeOf(() => ask(ROUND_TRIPS))) / ROUND_TRIPS;
  const each = REQUESTS / REQUESTS_AT_ONCE;
  const allMs = await timeOf(() =>
    Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, () => ask(each))),
  );
  return { perSecond: (REQUESTS / allMs) * 1_000, roundTripMs: eachMs };
}

export type RawLibsql = {
  /** Rows a second in transactions of `BATCH_ROWS`, each on the disk before the next. */
  readonly rowsPerSecond: number;
  /** One row each, milliseconds. */
  readonly commitMs: number;
};

const BATCHES = 100;
const BATCH_ROWS = 100;
const COMMITS = 200;

/** Rows of the size of an event, every commit on the disk. */
export async function rawLibsql(): Promise<RawLibsql> {
  const folder = mkdtempSync(join(tmpdir(), "panoptic-bench-"));
  const db = openSqlite(join(folder, "raw.db"), { synchronous: "full" });
  try {
    db.exec("CREATE TABLE event (number INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    const insert = db.prepare("INSERT INTO event (body) VALUES (?)");
    const body = "x".repeat(MESSAGE_BYTES);
    const commit = (rows: number) =>
      db.transaction(() => {
        for (let row = 0; row < rows; row += 1) insert.run(body);
      });
    const rowsMs = await timeOf(async () => {
      for (let batch = 0; batch < BATCHES; batch += 1) commit(BATCH_ROWS);
    });
    const commitsMs = await timeOf(async () => {
      for (let made = 0; made < COMMITS; made += 1) commit(1);
    });
    const rows = BATCHES * BATCH_ROWS;
    return { rowsPerSecond: (rows / rowsMs) * 1_000, commitMs: commitsMs / COMMITS };
  } finally {
    db.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const startMs = systemClock.monotonicMs();
  await act();
  return systemClock.monotonicMs() - startMs;
}
