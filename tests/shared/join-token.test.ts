/** The text of join tokens. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJoinToken, encodeJoinToken } from "#shared/join-token.ts";

const tokens = fc.record({
  version: fc.constant(1 as const),
  meshId: fc.string({ unit: "binary" }),
  gatewayUrl: fc.webUrl(),
  natsUrl: fc.string(),
  natsPassword: fc.string(),
  blobKey: fc.string(),
});

test("decodeJoinToken() reads what encodeJoinToken() wrote, one word of plain characters", () => {
  fc.assert(
    fc.property(tokens, (token) => {
      const text = encodeJoinToken(token);
      expect(text).toMatch(/^pnp1_[A-Za-z0-9_-]+$/);
      expect(decodeJoinToken(` ${text}\n`)).toEqual(token);
    }),
  );
});

test.each(["", "hello", "pnp1_", "pnp1_e30", "pnp2_e30", `pnp1_${"A".repeat(30_000)}`])(
  "decodeJoinToken() refuses %.20s without repeating it",
  (text) => {
    expect(() => decodeJoinToken(text)).toThrow(/^Cannot read the join token/);
  },
);
