/** Chance that repeats: everything a simulation draws comes from its seed by here. */
import { createHash } from "node:crypto";

export type Random = {
  /** 0 ≤ value < 1. */
  readonly next: () => number;
  /** A whole number, both ends included. */
  readonly int: (min: number, max: number) => number;
  readonly chance: (probability: number) => boolean;
  /** @throws {RangeError} When there is nothing to pick from. */
  readonly pick: <T>(items: readonly T[]) => T;
  /** A stream of its own, so that draws of one part do not shift those of another. */
  readonly fork: (name: string) => Random;
};

/** mulberry32 (Tommy Ettinger, public domain), begun by a digest of the seed's text. */
export function createRandom(seed: string): Random {
  let state = createHash("sha256").update(seed).digest().readUInt32LE(0);
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (items) => {
      const item = items[int(0, items.length - 1)];
      if (item === undefined) throw new RangeError("Cannot pick from an empty list");
      return item;
    },
    fork: (name) => createRandom(`${seed}/${name}`),
  };
}
