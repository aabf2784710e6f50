/** What is collected of blobs and what is not, whatever happens between (B4): on a real folder, with a clock by hand. */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createBlobStore } from "#gateway/blobs/blob-store.ts";
import { createCollector } from "#gateway/blobs/collector.ts";
import { Sha256 } from "#proto/ids.ts";
import { systemClock } from "#shared/clock.ts";
import { silentLog } from "#shared/log.ts";

const GRACE_MS = 3_600_000;

/** A store and its collector; `later` moves their clock, `beforeTurn` is what happens just before the last look. */
function makeParts() {
  const dir = mkdtempSync(join(tmpdir(), "panoptic-blobs-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  let aheadMs = 0;
  const clock = { ...systemClock, wallMs: () => systemClock.wallMs() + aheadMs };
  const named = new Set<Sha256>();
  const forgotten: Sha256[] = [];
  const turns: (() => void | Promise<void>)[] = [];
  const blobs = createBlobStore({ dir, bytesMax: 1_000_000, clock });
  const collector = createCollector({
    dir,
    blobs,
    isNamed: (sha256) => named.has(sha256),
    inTurn: async (act) => {
      await turns.shift()?.();
      act();
    },
    forget: async (sha256) => void forgotten.push(sha256),
    clock,
    log: silentLog,
    graceMs: GRACE_MS,
    everyMs: GRACE_MS,
  });
  const put = async (bytes = randomBytes(20)) => {
    const { sha256 } = await blobs.put(bytes);
    await blobs.touch(sha256); // As told by the hand's clock.
    return sha256;
  };
  return {
    ...{ dir, blobs, collector, named, forgotten, put },
    later: (ms: number) => {
      aheadMs += ms;
    },
    beforeTurn: (act: () => void | Promise<void>) => void turns.push(act),
  };
}

test("collect() removes what no run names once it is old, with its row, and parts that nobody goes on with", async () => {
  const { collector, blobs, named, forgotten, put, later } = makeParts();
  const [orphan, kept] = [await put(), await put()];
  named.add(kept);
  const part = Sha256.parse(createHash("sha256").update("never").digest("hex"));
  const body = new Response("half").body;
  await blobs.append({ sha256: part, offset: 0, totalBytes: 9, body });
  expect(await collector.collect()).toBe(0);
  later(GRACE_MS + 1_000);
  const young = await put();
  expect(await collector.collect()).toBe(2);
  expect([orphan, kept, young].map(blobs.isWhole)).toEqual([false, true, true]);
  expect(forgotten).toEqual([orphan]);
  expect(await blobs.state(part)).toBeUndefined();
});

test("B4: a sender that was told that an old blob is here finds it here when its event comes", async () => {
  const { collector, blobs, put, later } = makeParts();
  const sha256 = await put();
  later(GRACE_MS + 1_000);
  await blobs.touch(sha256);
  expect(await collector.collect()).toBe(0);
  later(GRACE_MS - 60_000);
  expect(await collector.collect()).toBe(0);
  expect(blobs.isWhole(sha256)).toBe(true);
});

test.each<[string, (parts: ReturnType<typeof makeParts>, sha256: Sha256) => void | Promise<void>]>([
  ["an event that names it is committed", ({ named }, sha256) => void named.add(sha256)],
  ["somebody is told that it is here", ({ blobs }, sha256) => blobs.touch(sha256)],
  [
    "a submit brings the same file",
    async ({ blobs }) => void (await blobs.put(Buffer.from("same"))),
  ],
])("B4: between the first look and the removal %s: it stays", async (_, happens) => {
  const parts = makeParts();
  const sha256 = await parts.put(Buffer.from("same"));
  parts.later(GRACE_MS + 1_000);
  parts.beforeTurn(() => happens(parts, sha256));
  expect(await parts.collector.collect()).toBe(0);
  expect(parts.blobs.isWhole(sha256)).toBe(true);
});

test("B4: what is held is not collected while it is held", async () => {
  const { collector, blobs, put, later } = makeParts();
  const sha256 = await put();
  later(GRACE_MS + 1_000);
  const release = Promise.withResolvers<void>();
  const held = blobs.hold(sha256, () => blobs.hold(sha256, () => release.promise));
  expect(await collector.collect()).toBe(0);
  release.resolve();
  await held;
  expect(await collector.collect()).toBe(1);
});

test("B4: whatever happens in whatever order, a blob that is named, or was told of within the grace, is here", async () => {
  const act = fc.tuple(fc.constantFrom("put", "ask", "name", "age", "collect"), fc.nat(2));
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 25 }), async (list) => {
      const world = makeWorld();
      for (const [name, which] of list) {
        await world.acts[name](which);
        expect(world.lost()).toEqual([]);
      }
      rmSync(world.dir, { recursive: true, force: true });
    }),
    { numRuns: 40 },
  );
});

/** Three blobs, and what may befall them; remembers who was told what. */
function makeWorld() {
  const { dir, blobs, named, collector, put, later } = makeParts();
  const told = new Map<Sha256, number>();
  let nowMs = 0;
  const bytesOf = (which: number) => Buffer.from(`blob ${which}`);
  const shaOf = (which: number) =>
    Sha256.parse(createHash("sha256").update(bytesOf(which)).digest("hex"));
  const ask = async (which: number) => {
    if (await askAsRoute(blobs, shaOf(which))) told.set(shaOf(which), nowMs);
  };
  const isOwed = (sha256: Sha256, atMs: number) => named.has(sha256) || nowMs - atMs < GRACE_MS;
  return {
    dir,
    lost: () => [...told].filter(([one, atMs]) => isOwed(one, atMs) && !blobs.isWhole(one)),
    acts: {
      put: async (which: number) => void told.set(await put(bytesOf(which)), nowMs),
      ask,
      name: async (which: number) => {
        if (blobs.isWhole(shaOf(which))) named.add(shaOf(which));
      },
      age: async () => {
        later(GRACE_MS * 0.7);
        nowMs += GRACE_MS * 0.7;
      },
      collect: async (which: number) => void (await Promise.all([collector.collect(), ask(which)])),
    },
  };
}

/** As http/blobs.ts answers a HEAD: held from the look to the word. */
function askAsRoute(blobs: ReturnType<typeof createBlobStore>, sha256: Sha256): Promise<boolean> {
  return blobs.hold(sha256, async () => {
    const isThere = (await blobs.state(sha256))?.isComplete === true;
    if (isThere) await blobs.touch(sha256);
    return isThere && existsSync(blobs.path(sha256));
  });
}
