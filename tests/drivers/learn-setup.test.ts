/** Which values of a browser's state are masked, and which words of settings are not. */
import { expect, test } from "vitest";
import { createRedactor } from "#shared/redactor.ts";
import {
  learnSetup,
  learnState,
  learnStored,
} from "../../src/node/drivers/web/context/learn-setup.ts";

const STORED: readonly (readonly [name: string, value: string, masked: string])[] = [
  ["sid", "abcdefghij", "***"],
  ["id", "Zx81-kkqw", "***"],
  ["theme", "dark", "dark"],
  ["consent", "accepted", "accepted"],
  ["authState", "accepted", "***"],
  ["count", "1234567890", "1234567890"],
  ["seen", "2026-11-21T20:00:00Z", "2026-11-21T20:00:00Z"],
  ["home", "https://example.org/a/b", "https://example.org/a/b"],
  ["back", "https://example.org/?t=1", "***"],
  ["json", '"quoted-token-1"', '"***"'],
  ["enc", "a%20secret%21value", "***"],
  [
    "user",
    '{"name":"Anna Karenina","accessToken":"tok-1234"}',
    '{"name":"Anna Karenina","accessToken":"***"}',
  ],
  ["blob", '{"a":["eyJhbGciOiJIUzI1NiJ9"],"b":"short one"}', '{"a":["***"],"b":"short one"}'],
];

test.each(STORED)("learnStored() of %s: %s is told as %s", (name, value, masked) => {
  const redactor = createRedactor({});
  learnStored(redactor, { name, value });
  expect(redactor.text(value)).toBe(masked);
});

test("learnStored() learns any word of a cookie that no script may read, and what it means decoded", () => {
  const redactor = createRedactor({});
  learnStored(redactor, { name: "x", value: "accepted", isHidden: true });
  learnStored(redactor, { name: "y", value: "a%20secret%21value" });
  expect(redactor.text("accepted, a secret!value")).toBe("***, ***");
});

test("learnSetup() learns logins, passphrases and headers that authorise, and no other header", () => {
  const redactor = createRedactor({});
  learnSetup(redactor, {
    httpAuth: { user: "anna", password: "pw-of-server" },
    proxy: { server: "http://a:1", user: "pat", password: "pw-of-proxy" },
    clientCertificates: [{ origin: "https://a", pfx: "a", passphrase: "pass-of-key" }],
    headers: { Authorization: "Bearer tok-4711", "X-Api-Key": "key-4711", accept: "text/html" },
  });
  const basic = Buffer.from("anna:pw-of-server").toString("base64");
  const told = `pw-of-server pw-of-proxy pass-of-key tok-4711 key-4711 text/html ${basic}`;
  expect(redactor.text(told)).toBe("*** *** *** *** *** text/html ***");
});

test("learnState() bounds what it looks into", () => {
  const redactor = createRedactor({});
  const deep = `${'{"a":'.repeat(5_000)}"abcdefghijklmnopqrst"${"}".repeat(5_000)}`;
  const localStorage = [
    { name: "deep", value: deep },
    { name: "long", value: "Ab1".repeat(100_000) },
  ];
  learnState(redactor, { cookies: [], origins: [{ origin: "http://a", localStorage }] });
  expect(redactor.text("Ab1".repeat(7_000))).toContain("***");
});
