import fc from "fast-check";
import { expect, test } from "vitest";
import { flakinessOf } from "#gateway/history/flakiness.ts";

const statuses = fc.constantFrom("passed" as const, "failed" as const);
const of = (text: string) =>
  [...text].map((letter) => ({
    status: letter === "p" ? ("passed" as const) : ("failed" as const),
  }));

test("flakinessOf() is from 0 to 1, the same in either direction of time and for passes and failures swapped", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ status: statuses }), { maxLength: 20 }), (list) => {
      const flakiness = flakinessOf(list);
      expect(flakiness).toBeGreaterThanOrEqual(0);
      expect(flakiness).toBeLessThanOrEqual(1);
      expect(flakinessOf([...list].reverse())).toBe(flakiness);
      const swapped = list.map(({ status }) => ({
        status: status === "passed" ? ("failed" as const) : ("passed" as const),
      }));
      expect(flakinessOf(swapped)).toBe(flakiness);
    }),
  );
});

test.each([
  ["", 0],
  ["pppppppppppp", 0],
  ["ffffffffffff", 0],
  ["pf", 0.111],
  ["pppppppppppfppppppp", 0.111],
  ["pfpfpfpfpf", 1],
  ["pfpfpfpfpfpfpfpfpfpf", 1],
  ["ppppppppppffffffffff", 0.053],
])("flakinessOf() of %j is %d", (text, expected) => {
  expect(flakinessOf(of(text))).toBe(expected);
});
