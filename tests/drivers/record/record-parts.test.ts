import { describe, expect, test } from "vitest";
import { foldStep, type RecordedStep } from "#node/drivers/web/record/fold-steps.ts";
import { looksRandom, openUrl } from "#node/drivers/web/record/open-url.ts";
import { SecretBook } from "#node/drivers/web/record/secret-book.ts";
import { writeAct } from "#node/drivers/web/record/write-act.ts";

const BASE = "http://shop.test:8080/";

describe("openUrl()", () => {
  test.each([
    ["http://shop.test:8080/a?page=2#top", "/a?page=2#top", []],
    ["http://shop.test:8080/", "/", []],
    ["https://other.test/x", "https://other.test/x", []],
    [
      "http://shop.test:8080/a?token=abc&q=tea",
      "/a?token=${secrets.URL_TOKEN}&q=tea",
      ["URL_TOKEN"],
    ],
    ["http://shop.test:8080/#id_token=abc", "/#id_token=${secrets.URL_ID_TOKEN}", ["URL_ID_TOKEN"]],
    [
      "http://me:pw@shop.test:8080/",
      "http://${secrets.URL_USER}:${secrets.URL_PASSWORD}@shop.test:8080/",
      ["URL_USER", "URL_PASSWORD"],
    ],
    [
      "http://shop.test:8080/reset/9f8e7d6c5b4a39281706",
      "/reset/${secrets.URL_PATH}",
      ["URL_PATH"],
    ],
    [
      "http://shop.test:8080/a?next=9f8e7d6c5b4a39281706f5e4",
      "/a?next=${secrets.URL_NEXT}",
      ["URL_NEXT"],
    ],
    ["http://shop.test:8080/a?q=${saved.x}", "/a?q=$${saved.x}", []],
  ])("makes %s fit for a file", (href, text, secrets) => {
    expect(openUrl(href, BASE)).toEqual({ text, secrets });
  });

  test("looksRandom() takes words, dates and short ids for what they are", () => {
    const plain = [
      "a-long-title-with-2-numbers-in-it",
      "2026-11-21",
      "products",
      "AB1234567890",
      "1234567890123456789012",
    ];
    expect(plain.filter(looksRandom)).toEqual([]);
    const random = [
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
      "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ];
    expect(random.filter(looksRandom)).toEqual(random);
  });
});

test("foldStep() merges what is typed into one field, two clicks into one dblclick, and prepares a dialog before its step", () => {
  const steps: RecordedStep[] = [
    { verb: "goto", args: "/" },
    { verb: "fill", args: { value: "a" }, about: "f" },
    { verb: "fill", args: { value: "ab" }, about: "f" },
    { verb: "fill", args: { value: "x" }, about: "g" },
    { verb: "click", args: {}, about: "z" },
    { verb: "click", args: {}, about: "b" },
    { verb: "click", args: {}, about: "b" },
    { verb: "dblclick", args: {}, about: "b" },
    { verb: "click", args: {}, about: "c" },
    { verb: "dialog", args: "accept" },
  ];
  const folded = steps.reduce<readonly RecordedStep[]>(foldStep, []);
  expect(folded.map(({ verb, about, args }) => [verb, about ?? args])).toEqual([
    ["goto", "/"],
    ["fill", "f"],
    ["fill", "g"],
    ["click", "z"],
    ["dblclick", "b"],
    ["dialog", "accept"],
    ["click", "c"],
  ]);
  expect(folded[1]?.args).toEqual({ value: "ab" });
});

test("SecretBook takes what looks secret for a secret whatever its field is called, and names fields apart", () => {
  const book = new SecretBook();
  book.redactor.learn("hunter2-of-somebody");
  const of = { id: 1, document: 1, candidates: [{ by: "label" as const, value: "Note" }] };
  const fill = (value: string) => book.withoutSecrets({ kind: "fill", ...of, value });
  expect(fill("tea")).toMatchObject({ kind: "fill", value: "tea" });
  expect(fill("hunter2-of-somebody")).toMatchObject({ kind: "secret", field: "Note" });
  expect(fill("ghp_16C7e42F292c6912E7710c838347Ae178B4a")).toMatchObject({ kind: "secret" });
  const typed = (value: string) => book.heed({ kind: "secret", ...of, field: "PIN", value });
  for (const value of ["4", "47", "4711", "47110815"]) typed(value);
  expect(book.isOpen("4711 and 47110815")).toBe(true); // Perhaps it is still typed.
  book.heed({ kind: "press", ...of, key: "Enter" });
  expect([book.isOpen("number 4711"), book.isOpen("number 47110815")]).toEqual([true, false]);
  const seen = { kind: "expect" as const, ...of, text: "it is hunter2-of-somebody" };
  expect(book.withoutSecrets(seen)).toEqual({ kind: "expect", ...of }); // That it is visible.
  expect(["a", "b", "a"].map((about) => book.nameFor(about, "New password"))).toEqual([
    "NEW_PASSWORD",
    "NEW_PASSWORD_2",
    "NEW_PASSWORD",
  ]);
  expect(book.nameFor("c", "密码")).toBe("SECRET");
});

test("writeAct() escapes what a page says, and demands what can be demanded", () => {
  const locator = { by: "label", value: "Costs ${x}" } as const;
  const of = { id: 1, document: 1, candidates: [] };
  const write = (signal: Parameters<typeof writeAct>[0]["signal"], hasFocus = false) =>
    writeAct({ signal, locator, secret: undefined, files: [], hasFocus }).args;
  const found = { label: "Costs $${x}" };
  expect(write({ kind: "fill", ...of, value: "${y}" })).toEqual({ ...found, value: "$${y}" });
  expect(write({ kind: "press", ...of, key: "Enter" }, true)).toBe("Enter");
  expect(write({ kind: "press", ...of, key: "Enter" })).toEqual({ ...found, key: "Enter" });
  expect(write({ kind: "expect", ...of, isChecked: false })).toEqual({ unchecked: found });
  expect(write({ kind: "expect", ...of, value: "1" })).toEqual({ value: found, equals: "1" });
  expect(write({ kind: "expect", ...of, text: "one" })).toEqual({ text: found, equals: "one" });
  expect(write({ kind: "expect", ...of })).toEqual({ visible: found });
  const right = { kind: "click", ...of, button: "right", modifiers: ["Shift"] } as const;
  expect(write({ ...right, modifiers: ["Shift"] })).toEqual({
    ...found,
    button: "right",
    modifiers: ["Shift"],
  });
});
