/** Matchers: by type and content, text where the subject is text, and no claim about what cannot be compared. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, Matcher } from "#proto/matcher.ts";
import {
  checkMatcher,
  collapse,
  type MatchOptions,
  showValue,
} from "../../src/node/drivers/matcher.ts";
import { isStatusMet } from "../../src/node/drivers/status.ts";
import { resolveUrl, toUrlMatcher } from "../../src/node/drivers/url.ts";

const json = fc.jsonValue() as fc.Arbitrary<Json>;
const holds = (matcher: Matcher, subject: Json | undefined, options?: MatchOptions) =>
  checkMatcher(matcher, subject, options).ok;

describe("checkMatcher()", () => {
  test("equals a copy of anything, and nothing else", () => {
    fc.assert(
      fc.property(json, json, (a, b) => {
        expect(holds({ equals: structuredClone(a) }, a)).toBe(true);
        const isSame = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        expect(holds({ equals: b }, a)).toBe(isSame);
        expect(holds({ not: { equals: b } }, a)).toBe(!isSame);
        expect(holds({ in: [b, a] }, a)).toBe(true);
      }),
    );
  });

  test.each<[string, Matcher, Json | undefined, MatchOptions | undefined, boolean]>([
    ["text is not a number", { equals: "1" }, 1, undefined, false],
    ["unless the subject is text", { equals: 1 }, "1", { asText: true }, true],
    ["also in a list", { in: [1, 2] }, "2", { asText: true }, true],
    ["null is null", { equals: null }, null, undefined, true],
    ["null is not nothing", { equals: null }, undefined, undefined, false],
    ["the order of keys is nothing", { equals: { a: 1, b: 2 } }, { b: 2, a: 1 }, undefined, true],
    ["the order of items is", { equals: [1, 2] }, [2, 1], undefined, false],
    ["whitespace is collapsed", { equals: "a  b" }, "\n a b ", { collapse: true }, true],
    ["unless it is not", { equals: "a b" }, "a  b", undefined, false],
    ["text contains a part", { contains: "b" }, "abc", undefined, true],
    ["text contains a number's text", { contains: 5 }, "a5", undefined, true],
    ["a list contains an item", { contains: { a: 1 } }, [{ a: 1 }], undefined, true],
    ["a list does not contain text of an item", { contains: "1" }, [1], undefined, false],
    ["a mapping contains a key", { contains: "a" }, { a: 1 }, undefined, true],
    ["a mapping contains entries", { contains: { a: 1 } }, { a: 1, b: 2 }, undefined, true],
    ["nothing contains nothing", { contains: "" }, undefined, undefined, false],
    ["a text starts with a part", { startsWith: "ab" }, "abc", undefined, true],
    ["and not with its middle", { startsWith: "b" }, "abc", undefined, false],
    ["a text ends with a part", { endsWith: "b c" }, "a b   c", { collapse: true }, true],
    ["and not with its middle", { endsWith: "b" }, "abc", undefined, false],
    ["a number starts with nothing", { not: { startsWith: "1" } }, 12, undefined, false],
    ["characters are counted as people count", { length: { equals: 2 } }, "a😀", undefined, true],
    ["items are counted", { length: { atLeast: 2, below: 4 } }, [1, 2, 3], undefined, true],
    ["keys are counted", { length: { equals: 1 } }, { a: [1, 2] }, undefined, true],
    ["a number has no length", { not: { length: { equals: 2 } } }, 12, undefined, false],
    ["nothing has no length", { length: { equals: 0 } }, undefined, undefined, false],
    ["an integer is a number", { type: "number" }, 3, undefined, true],
    ["a number may be no integer", { type: "integer" }, 3.5, undefined, false],
    ["a list is an array and no object", { type: "object" }, [], undefined, false],
    ["null is null and no object", { type: "null" }, null, undefined, true],
    ["texts of a list are collapsed", { equals: ["a b"] }, [" a  b"], { collapse: true }, true],
    ["a pattern is found anywhere", { matches: "b+" }, "abbc", undefined, true],
    ["a pattern with flags", { matches: "/^ABC$/i" }, "abc", undefined, true],
    ["a path is a pattern", { matches: "/done$" }, "http://h/done", undefined, true],
    ["a number's text matches", { matches: "^\\d+$" }, 12, undefined, true],
    ["a list has no text", { matches: "a" }, ["a"], undefined, false],
    ["a bad pattern fails", { matches: "(" }, "(", undefined, false],
    ["also under not", { not: { matches: "(" } }, "x", undefined, false],
    ["numeric text is a number", { above: 9, atMost: 10 }, " 10 ", undefined, true],
    ["other text is not", { above: 0 }, "10 apples", undefined, false],
    ["also under not", { not: { above: 0 } }, "apples", undefined, false],
    ["empty text is not 0", { atLeast: 0 }, "", undefined, false],
    ["null is not 0", { atLeast: 0 }, null, undefined, false],
    ["bounds are exclusive", { above: 1 }, 1, undefined, false],
    ["or inclusive", { atLeast: 1, atMost: 1 }, 1, undefined, true],
    ["all must hold", { above: 0, below: 1 }, 1, undefined, false],
    ["nothing does not exist", { exists: false }, undefined, undefined, true],
    ["null exists", { exists: true }, null, undefined, true],
    [
      "not of several: one that fails is enough",
      { not: { above: 0, below: 5 } },
      7,
      undefined,
      true,
    ],
  ])("%s", (...row) => {
    const [, matcher, subject, options, isOk] = row;
    expect(holds(matcher, subject, options)).toBe(isOk);
  });

  test("says only what did not hold", () => {
    expect(checkMatcher({ equals: 1, above: 0 }, "1", { asText: true })).toEqual({ ok: true });
    expect(checkMatcher({ equals: 2, above: 0, not: { exists: true } }, 1)).toEqual({
      ok: false,
      text: "to equal 2 and not (to exist)",
    });
    expect(checkMatcher({ matches: "(" }, "x")).toMatchObject({
      text: "to match ( (which is no regular expression)",
    });
  });
});

test("showValue() cuts long values and tells text from numbers", () => {
  expect(showValue("1")).toBe('"1"');
  expect(showValue(1)).toBe("1");
  expect(showValue(undefined)).toBe("nothing");
  expect(showValue("x".repeat(1000))).toHaveLength("… (1002 characters)".length + 300);
});

test("collapse() is what a reader sees", () => {
  expect(collapse(" a\u00a0\n b\u200b ")).toBe("a b");
});

test("isStatusMet() knows codes, classes and matchers", () => {
  expect(isStatusMet({ anyOf: [200, "3xx"] }, 302)).toBe(true);
  expect(isStatusMet({ anyOf: [200, "3xx"] }, 201)).toBe(false);
  expect(isStatusMet({ matcher: { below: 400 } }, 204)).toBe(true);
});

test("toUrlMatcher() reads a path on the page's origin, and whole addresses", () => {
  const page = "http://h:1/a?b=1#c";
  const isAt = (matcher: Matcher) => checkMatcher(toUrlMatcher(matcher, page), page).ok;
  expect(isAt({ equals: "/a?b=1#c" })).toBe(true);
  expect(isAt({ equals: "/a" })).toBe(false);
  expect(isAt({ not: { in: ["/x", "/a"] } })).toBe(true);
  expect(isAt({ contains: "/a?", matches: "#c$" })).toBe(true);
  expect(
    checkMatcher(toUrlMatcher({ equals: "http://h:1" }, "http://h:1/"), "http://h:1/").ok,
  ).toBe(true);
});

test("resolveUrl() needs a baseUrl for a path, and says so", () => {
  expect(resolveUrl("/x", "http://h/a/b", "request").href).toBe("http://h/x");
  expect(() => resolveUrl("/x", undefined, "request")).toThrow("the test has no baseUrl");
  expect(() => resolveUrl("http://", undefined, "request")).toThrow("it is no URL");
});

/** Keys in order, so that equal values have equal text. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item));
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? 0 : value;
  const entries = Object.entries(value as { [key: string]: Json });
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item)]),
  );
}

test("a pattern that cannot be decided fails both ways, and says so", () => {
  const subject = "a".repeat(60);
  for (const matcher of [{ matches: "(.*)*\\1z" }, { not: { matches: "(.*)*\\1z" } }]) {
    const result = checkMatcher(matcher, subject);
    expect(result).toMatchObject({ ok: false, text: expect.stringMatching(/cannot be decided/) });
  }
});
