/** The text of join tokens. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJoinToken, encodeJoinToken } from "#shared/join-token.ts";

const tokens = fc.record({
  version: fc.constant(2 as const),
  meshId: fc.string({ unit: "binary" }),
  gatewayUrl: fc.webUrl(),
  natsUrl: fc.string(),
  natsPassword: fc.string(),
  joinKey: fc.string(),
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

test.each([
  [1, /made by an older gateway; update the gateway and take a new one by `panoptic token`/],
  [3, /this program reads 2; update it/],
])("decodeJoinToken() says of a token of version %i what to do", (version, sentence) => {
  const old = {
    version,
    meshId: "mesh-1",
    gatewayUrl: "http://a",
    natsUrl: "nats://a",
    blobKey: "",
  };
  const text = `pnp1_${Buffer.from(JSON.stringify(old)).toString("base64url")}`;
  expect(() => decodeJoinToken(text)).toThrow(sentence);
});
