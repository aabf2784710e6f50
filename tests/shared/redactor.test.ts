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
  threeTimes: (text) => encodeURIComponent(encodeURIComponent(encodeURIComponent(text))),
  escape: (text) => globalThis.escape(text),
  codePoints: (text) => perCharacter(text, (code) => `\\u{${code.toString(16)}}`),
  hexEscapes: (text) =>
    perCharacter(text, (code) =>
      code > 0xff ? unicodeEscape(String.fromCharCode(code), 0) : `\\x${hex(code)}`,
    ),
  css: (text) => perCharacter(text, (code) => `\\${code.toString(16)} `),
  backslashed: (text) => text.replace(/[!-/:-@[-`{-~]/g, "\\$&"),
  decimal: (text) => perCharacter(text, (code) => `&#${code};`),
  hexEntities: (text) => perCharacter(text, (code) => `&#x${code.toString(16).toUpperCase()};`),
  named: (text) =>
    encoders["html"]?.(text).replaceAll("ü", "&uuml;").replaceAll("€", "&euro;") ?? "",
  htmlInHtml: (text) => (encoders["named"]?.(text) ?? "").replaceAll("&", "&amp;"),
  jsonInUrl: (text) => encodeURIComponent(JSON.stringify(text).slice(1, -1)),
  jsonInHtml: (text) => encoders["html"]?.(JSON.stringify(text).slice(1, -1)) ?? "",
  htmlInJson: (text) => JSON.stringify(encoders["html"]?.(text)).slice(1, -1),
  htmlInGoJson: (text) =>
    JSON.stringify(encoders["html"]?.(text)).slice(1, -1).replaceAll("&", "\\u0026"),
  htmlInUrl: (text) => encodeURIComponent(encoders["named"]?.(text) ?? ""),
  urlInHtml: (text) => `${encodeURI(text)}`.replaceAll("&", "&amp;").replaceAll("'", "&#39;"),
  misread: (text) => Buffer.from(text).toString("latin1"),
  misreadAsWindows: (text) => new TextDecoder("windows-1252").decode(Buffer.from(text)),
  hex: (text) => Buffer.from(text).toString("hex"),
  composed: (text) => text.normalize("NFD"),
};

const hex = (code: number): string => code.toString(16).padStart(2, "0");

function perCharacter(text: string, write: (code: number) => string): string {
  return [...text].map((one) => write(one.codePointAt(0) ?? 0)).join("");
}

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
    const { text, bytes } = createRedactor({ A: secret });
    const disguises = [secret, encodeURIComponent(secret), JSON.stringify({ secret })];
    for (const shown of disguises) expect(text(`<${shown}>`)).not.toMatch(/Zx|line/);
    const base64 = text(Buffer.from(`1${secret}`).toString("base64"));
    expect(Buffer.from(base64.replaceAll("*", ""), "base64").length).toBeLessThan(8);
    expect(Buffer.from(bytes(Buffer.from(secret))).toString()).not.toMatch(/Zx|line/);
    expect(text("1 x é Z lin")).toBe("1 x é Z lin");
  });

  test("masks base64 of Latin-1 and over line ends", () => {
    const secret = "pässwört/with&more";
    const { text } = createRedactor({ A: secret });
    for (const before of ["", "u", "us", "use:"]) {
      const byScript = Buffer.from(before + secret, "latin1").toString("base64");
      const masked = text(`Basic ${byScript} x`);
      expect(masked).toMatch(/^Basic \S{0,6}\*\*\* x$/);
    }
    const mail = Buffer.from(`${"=".repeat(50)}${secret}${"=".repeat(50)}`).toString("base64");
    const wrapped = mail.replace(/.{76}/g, "$&\r\n");
    const left = Buffer.from(text(wrapped).replaceAll(/\*|\s/g, ""), "base64").toString("latin1");
    expect(left).not.toMatch(/ss|rt|with|more/);
  });

  test("masks each line of a value of several lines, and what a cut left of a value", () => {
    const secret = "-----BEGIN KEY-----\nAAAABBBBcccc\nZZZZYYYYxxxx\n-----END KEY-----";
    const { text } = createRedactor({ A: secret, B: "correct horse battery" });
    expect(text("1: AAAABBBBcccc\n2: ZZZZYYYYxxxx")).toBe("1: ***\n2: ***");
    expect(text(secret)).toBe("***");
    expect(text("got correct hor… (90 characters)")).toBe("got ***… (90 characters)");
    expect(text("got correct hor\\u2026")).toBe("got ***\\u2026");
    expect(text("cor… correct hor, correct answer")).toBe("cor… correct hor, correct answer");
  });

  test("what it learns is masked from then on, but not what is too short to be told from other text", () => {
    const redactor = createRedactor({});
    expect(redactor.text("hunter-two")).toBe("hunter-two");
    redactor.learn("abc");
    expect(redactor.text("abc")).toBe("abc");
    expect(redactor.json({ abc: "abc" })).toEqual({ abc: "***" });
    redactor.learn("hunter-two");
    expect(redactor.isEmpty).toBe(false);
    expect(redactor.text("hunter%2Dtwo, abc")).toBe("***, abc");
    const bytes = Buffer.from(redactor.bytes(Buffer.from("hunter-two")));
    expect(bytes.toString()).toBe("***");
  });

  test("lets nothing through when more values were learned than it can keep", () => {
    const redactor = createRedactor({});
    for (let index = 0; index <= 1_001; index += 1) redactor.learn(`value-${index}-of-many`);
    expect(redactor.text("nothing of it")).toBe("***");
    expect(Buffer.from(redactor.bytes(Buffer.from("nothing"))).toString()).toBe("***");
  });

  test("escapes before a value do not hide it, and a hundred thousand of them end", () => {
    const { text } = createRedactor({ A: "nasty\\\\value", B: "a b", C: "\\\\" });
    expect(text("C:\\nasty\\\\value")).toMatch(/^C:\\?\*+$/);
    text(`a${" ".repeat(100_000)}x`);
    text("\\".repeat(10_000));
    text("%25".repeat(100_000));
    text("&amp;".repeat(100_000));
  });

  test("a megabyte is looked through", () => {
    const { text } = createRedactor({ A: "correct horse battery", B: "xyzzy-12345" });
    const long = "correct horse, battery staple. ".repeat(35_000);
    expect(text(`${long}xyzzy%2D12345`)).toBe(`${long}***`);
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
    for (const encoding of ["latin1", "utf16le"] as const) {
      const bytes = Buffer.concat([
        Buffer.from([0xff, 0, 1]),
        Buffer.from("pässwört/é", encoding),
        Buffer.from([0, 0xfe]),
      ]);
      const masked = Buffer.from(createRedactor({ A: "pässwört/é" }).bytes(bytes));
      expect(masked.toString("latin1")).toBe("\xff\0\x01***\0\xfe");
    }
    const untouched = new Uint8Array([0, 255, 128]);
    expect(createRedactor({ A: "x" }).bytes(untouched)).toBe(untouched);
  });
});
