import fc from "fast-check";
import { expect, test } from "vitest";
import { agreeVersion, PROTOCOL_VERSION_MAX, PROTOCOL_VERSION_MIN } from "#proto/version.ts";

const range = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }))
  .map(([min, more]) => ({ min, max: min + more }));

test("agreeVersion() picks the highest version that both speak, and refuses exactly when there is none", () => {
  fc.assert(
    fc.property(range, range, (theirs, ours) => {
      const both = Array.from({ length: 20 }, (_, version) => version).filter(
        (version) =>
          version >= theirs.min &&
          version <= theirs.max &&
          version >= ours.min &&
          version <= ours.max,
      );
      const choice = agreeVersion(theirs, ours);
      const highest = both.at(-1);
      if (highest === undefined) expect(choice.kind).toBe("refused");
      else expect(choice).toEqual({ kind: "agreed", version: highest });
    }),
  );
});

test("agreeVersion() says by name which side must be updated", () => {
  const ours = { min: 3, max: 4 };
  expect(agreeVersion({ min: 1, max: 2 }, ours)).toEqual({
    kind: "refused",
    reason: "Cannot join: the node speaks protocol 1 to 2, the gateway 3 to 4; update the node",
  });
  expect(agreeVersion({ min: 5, max: 6 }, ours)).toEqual({
    kind: "refused",
    reason: "Cannot join: the node speaks protocol 5 to 6, the gateway 3 to 4; update the gateway",
  });
});

test("this program speaks version 3 alone: a node of version 2 says hello where each could speak for another", () => {
  expect([PROTOCOL_VERSION_MIN, PROTOCOL_VERSION_MAX]).toEqual([3, 3]);
  expect(agreeVersion({ min: 3, max: 3 })).toEqual({ kind: "agreed", version: 3 });
  expect(agreeVersion({ min: 2, max: 2 })).toMatchObject({ kind: "refused" });
});
