import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change } from "#gateway/mesh/change.ts";
import { createJournal } from "#gateway/mesh/journal.ts";
import { createHandClock } from "#kit/hand-clock.ts";
import { Sha256 } from "#proto/ids.ts";
import { MeshError } from "#shared/errors.ts";

const changeOf = (index: number): Change => ({
  kind: "blob_stored",
  sha256: Sha256.parse(index.toString(16).padStart(64, "0")),
  bytes: index,
});

function createBench() {
  const clock = createHandClock();
  const disk = { failure: undefined as Error | undefined };
  const commits: (readonly Change[])[] = [];
  const faults: unknown[] = [];
  const turns: number[] = [];
  const journal = createJournal({
    commit: (changes) => {
      if (disk.failure !== undefined) throw disk.failure;
      commits.push([...changes]);
    },
    clock,
    defer: (act) => void clock.after(0, act),
    beforeCommit: () => void turns.push(clock.monotonicMs()),
    onFault: (thrown) => void faults.push(thrown),
  });
  return { clock, disk, commits, faults, turns, journal };
}

test("decisions of one round are committed together, and only then acted on, in order", () => {
  const { clock, commits, journal } = createBench();
  const acted: number[] = [];
  for (const index of [1, 2, 3]) {
    journal.act(() => {
      journal.turn.save(changeOf(index));
      journal.turn.afterCommit(() => void acted.push(index));
    });
  }
  expect([commits, acted]).toEqual([[], []]);
  clock.advance(0);
  expect(commits).toEqual([[changeOf(1), changeOf(2), changeOf(3)]]);
  expect(acted).toEqual([1, 2, 3]);
});

test("while the store refuses, effects wait and the same changes are tried again; nothing is lost, repeated or reordered", () => {
  const plan = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("save" as const), count: fc.integer({ min: 0, max: 3 }) }),
      fc.record({ kind: fc.constant("fail" as const), isFailing: fc.boolean() }),
      fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 1_200 }) }),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(plan, (moves) => {
      const { clock, disk, commits, faults, journal } = createBench();
      const saved: Change[] = [];
      const acted: number[] = [];
      let index = 0;
      const save = (count: number) => {
        journal.act(() => {
          for (let i = 0; i < count; i += 1) {
            index += 1;
            const number = index;
            saved.push(changeOf(number));
            journal.turn.save(changeOf(number));
            journal.turn.afterCommit(() => {
              expect(commits.flat()).toContainEqual(changeOf(number)); // committed before acted on
              acted.push(number);
            });
          }
        });
      };
      for (const move of moves) {
        if (move.kind === "save") save(move.count);
        if (move.kind === "wait") clock.advance(move.ms);
        if (move.kind === "fail")
          disk.failure = move.isFailing
            ? new MeshError("disk_full", "Cannot commit: full")
            : undefined;
      }
      disk.failure = undefined;
      clock.advance(1_000);
      expect(commits.flat()).toEqual(saved);
      expect(acted).toEqual(saved.map((_, at) => at + 1));
      expect(journal.failure()).toBeUndefined();
      expect(faults).toEqual([]);
    }),
  );
});

test("failure() tells why the store takes nothing, no new decisions are added to the turn, and it goes on by itself", () => {
  const { clock, disk, turns, journal } = createBench();
  disk.failure = new MeshError("disk_full", "Cannot commit: full");
  journal.act(() => journal.turn.save(changeOf(1)));
  clock.advance(0);
  expect(journal.failure()).toBe(disk.failure);
  const before = turns.length;
  clock.advance(2_000);
  expect(turns).toHaveLength(before);
  disk.failure = undefined;
  clock.advance(500);
  expect(journal.failure()).toBeUndefined();
});

test("a store that fails otherwise, and a decision that throws, are faults of ours", () => {
  const { clock, disk, faults, journal } = createBench();
  const thrown = new Error("Unreachable");
  journal.act(() => {
    throw thrown;
  });
  disk.failure = new Error("UNIQUE constraint failed");
  journal.act(() => journal.turn.save(changeOf(1)));
  clock.advance(0);
  expect(faults).toEqual([thrown, disk.failure]);
  expect(journal.failure()).toBeUndefined();
  // Damage does not pass: nothing may be promised on such a store again.
  disk.failure = new MeshError("store_damaged", "Cannot use the database: torn");
  journal.act(() => journal.turn.save(changeOf(2)));
  clock.advance(0);
  expect(faults.at(-1)).toBe(disk.failure);
  expect(journal.failure()).toBeUndefined();
});

test("flush() commits at once, and a closed journal decides nothing more", () => {
  const { clock, commits, journal } = createBench();
  journal.act(() => journal.turn.save(changeOf(1)));
  journal.flush();
  expect(commits).toEqual([[changeOf(1)]]);
  journal.close();
  journal.act(() => journal.turn.save(changeOf(2)));
  clock.advance(1_000);
  expect(commits).toEqual([[changeOf(1)]]);
});
