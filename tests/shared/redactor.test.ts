/** The redactor: whatever the disguise, no secret is left; whatever is no secret, stays. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json } from "#proto/matcher.ts";
import { createRedactor } from "#shared/redactor.ts";

/** Text that people use as passwords, with everything that encoders escape; no stars, which are the mask. */
const secretText = fc
  .string({
    unit: fc.constantFrom(..."abcXYZ019 +&%$#\"'<>/\\=?ü€\n~-_.:@"),
    minLength: 4,
    maxLength: 24,
  })
  .filter((text) => text.trim().length >= 4 && text === text.trim());
const noise = fc.string({ unit: fc.constantFrom(..."ghijk 345,;!(){}"), maxLength: 20 });

const encoders: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  component: (text) => encodeURIComponent(text),
  lowerHex: (text) =>
    encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
  uri: (text) => encodeURI(text),
  form: (text) => new URLSearchParams({ k: text }).toString().slice(2),
  twice: (text) => encodeURIComponent(encodeURIComponent(text)),
  json: (text) => JSON.stringify(text).slice(1, -1),
  jsonInJson: (text) => JSON.stringify(JSON.stringify(text)).slice(3, -3),
  unicode: (text) =>
    [...text]
      .map((one) => [...Array(one.length).keys()].map((at) => unicodeEscape(one, at)).join(""))
      .join(""),
  html: (text) =>
    text
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;"),
  shown: (text) => text.replace(/\s+/g, " "),
};

function unicodeEscape(text: string, at: number): string {
  return `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`;
}

describe("createRedactor().text()", () => {
  for (const [name, encode] of Object.entries(encoders)) {
    test(`masks the whole secret when it is ${name}`, () => {
      fc.assert(
        fc.property(secretText, noise, noise, (secret, before, after) => {
          const { text } = createRedactor({ A: secret });
          expect(text(`${before}|${encode(secret)}|${after}`)).toBe(`${before}|***|${after}`);
        }),
      );
    });
  }

  for (const encoding of ["base64", "base64url"] as const) {
    test(`masks ${encoding} at every alignment`, () => {
      fc.assert(
        fc.property(secretText, noise, noise, (secret, before, after) => {
          const { text } = createRedactor({ A: secret });
          const encoded = Buffer.from(before + secret + after).toString(encoding);
          const masked = text(encoded);
          expect(masked).toContain("***");
          const left = masked.split("***").map((part) => Buffer.from(part, encoding).toString());
          expect(left.join("")).not.toContain(secret);
          // Nothing but the secret and the letters that share bits with it is lost.
          expect(before.startsWith(left[0]?.slice(0, -2) ?? "")).toBe(true);
        }),
      );
    });
  }

  test("leaves text without secrets as it is", () => {
    fc.assert(
      fc.property(secretText, fc.string(), (secret, other) => {
        fc.pre(!/[a-zA-Z0-9+/=_-]{5}/.test(other) && !other.includes(secret));
        const masked = createRedactor({ A: secret }).text(other);
        if (masked !== other) expect(masked).toContain("***");
        else expect(masked).toBe(other);
      }),
    );
    expect(createRedactor({ A: "geheim" }).text("nothing to see: gehei, eheim")).toBe(
      "nothing to see: gehei, eheim",
    );
  });

  test("overlapping secrets leave no tail of one another, the longest first", () => {
    const { text } = createRedactor({ A: "abcd", B: "cdef", C: "abcdXY", D: "aa" });
    expect(text("1abcdef2")).toBe("1***2");
    expect(text("1abcdXY2")).toBe("1***2");
    expect(text("aaa")).toBe("***");
    expect(text("abcd-cdef")).toBe("***-***");
  });

  test("masks short secrets too, ignores empty ones, and says when there are none", () => {
    expect(createRedactor({ A: "7" }).text("a7b77")).toBe("a***b******");
    expect(createRedactor({ A: "" }).isEmpty).toBe(true);
    expect(createRedactor({}).text("x")).toBe("x");
    expect(createRedactor({ A: "x" }).isEmpty).toBe(false);
    expect(createRedactor({ A: "(a+)+$" }).text("see (a+)+$ here")).toBe("see *** here");
  });

  test("masks the pair of basic auth", () => {
    const header = `Basic ${Buffer.from("ann:opensesame").toString("base64")}`;
    const masked = createRedactor({ A: "opensesame" }).text(header);
    expect(masked).toMatch(/^Basic \S*\*\*\*$/);
    expect(Buffer.from(masked.slice(6), "base64").toString()).not.toContain("sesame");
  });

  test("a secret as long as a key file is masked wholly, in every disguise, within bounds", () => {
    const key = Array.from({ length: 257 }, (_, line) => `line ${line} ${"Zx/+é".repeat(12)}`);
    const secret = key.join("\n");
    const startMs = performance.now();
    const { text, bytes } = createRedactor({ A: secret });
    const disguises = [secret, encodeURIComponent(secret), JSON.stringify({ secret })];
    for (const shown of disguises) expect(text(`<${shown}>`)).not.toMatch(/Zx|line/);
    const base64 = text(Buffer.from(`1${secret}`).toString("base64"));
    expect(Buffer.from(base64.replaceAll("*", ""), "base64").length).toBeLessThan(8);
    expect(Buffer.from(bytes(Buffer.from(secret))).toString()).not.toMatch(/Zx|line/);
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(text("1 x é Z lin")).toBe("1 x é Z lin");
  });

  test("a megabyte takes well under a second", () => {
    const { text } = createRedactor({ A: "correct horse battery", B: "xyzzy-12345" });
    const startMs = performance.now();
    text("correct horse, battery staple. ".repeat(35_000));
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});

describe("createRedactor().json() and .bytes()", () => {
  test("masks keys, values at any depth, and a number that is a secret", () => {
    const { json } = createRedactor({ A: "pass", B: "4711" });
    const value: Json = { pass: ["a pass", { x: "pass" }], n: 4711, m: 47110, b: true, z: null };
    expect(json(value)).toEqual({
      "***": ["a ***", { x: "***" }],
      n: "***",
      m: 47110,
      b: true,
      z: null,
    });
  });

  test("masks UTF-8 and keeps every other byte", () => {
    fc.assert(
      fc.property(secretText, fc.uint8Array(), fc.uint8Array(), (secret, before, after) => {
        const { bytes } = createRedactor({ A: secret });
        const masked = Buffer.from(
          bytes(
            Buffer.concat([before, Buffer.from("|"), Buffer.from(secret), Buffer.from("|"), after]),
          ),
        );
        const expected = Buffer.concat([before, Buffer.from("|***|"), after]);
        // Random bytes may be base64 of nothing of ours; equal but for that.
        expect(masked.equals(expected)).toBe(true);
      }),
    );
    const untouched = new Uint8Array([0, 255, 128]);
    expect(createRedactor({ A: "x" }).bytes(untouched)).toBe(untouched);
  });
});
