import { expect, test } from "vitest";
import type { Json } from "#proto/matcher.ts";
import { checkJsonPath, queryJsonPath } from "#shared/json-path.ts";

const VALUE = { a: [{ x: 1 }, { x: 2 }], none: null, "odd key": true };

test("queryJsonPath() gives the value of a path that can only name one place, any other the list", () => {
  expect(queryJsonPath("$.a[0].x", VALUE)).toEqual({ found: 1 });
  expect(queryJsonPath("$.a[-1].x", VALUE)).toEqual({ found: 2 });
  expect(queryJsonPath("$['odd key']", VALUE)).toEqual({ found: true });
  expect(queryJsonPath("$", VALUE)).toEqual({ found: VALUE });
  expect(queryJsonPath("$.none", VALUE)).toEqual({ found: null });
  expect(queryJsonPath("$.missing.deep", VALUE)).toEqual({ nothing: true });
  expect(queryJsonPath("$.a[*].x", VALUE)).toEqual({ list: [1, 2] });
  expect(queryJsonPath("$..x", VALUE)).toEqual({ list: [1, 2] });
  expect(queryJsonPath("$.a[?@.x > 1]", VALUE)).toEqual({ list: [{ x: 2 }] });
  expect(queryJsonPath("$.missing[*]", VALUE)).toEqual({ list: [] });
});

test("checkJsonPath() says what is wrong with a path", () => {
  for (const path of ["$", "$.a", "$['a b']", "$..a[?@.b == 'c']", "$[1:3]", "$[?length(@.a) > 1]"])
    expect(checkJsonPath(path), path).toBeUndefined();
  for (const path of ["", "a.b", "$.", "$[", "$.a b", "$.a()", "$[?@.a ==]", "$[?foo(@) > 1]"])
    expect(checkJsonPath(path), path).toBeTypeOf("string");
});

test("match() and search() know texts and I-Regexps, nothing else", () => {
  const found = (filter: string) =>
    queryJsonPath(`$[?${filter}]`, ["ab", "b", "a\nb", 5, null, { a: "x" }]);
  expect(found("search(@, 'b')")).toEqual({ list: ["ab", "b", "a\nb"] });
  expect(found("match(@, 'b')")).toEqual({ list: ["b"] });
  expect(found("match(@, 'a?b')")).toEqual({ list: ["ab", "b"] });
  expect(found("match(@, 'a.b')")).toEqual({ list: [] });
  expect(found("search(@, '\\\\bb')")).toEqual({ list: [] });
  expect(found("match(@, '5')")).toEqual({ list: [] });
  expect(found("search(@.a, '[x-z]')")).toEqual({ list: [{ a: "x" }] });
});

/** A tree of lists, so deep and so wide. */
const tree = (depth: number, width: number): Json =>
  depth === 0 ? [] : Array.from({ length: width }, () => tree(depth - 1, width));

test.each([
  ["$..*..*..*..*..*", tree(14, 2)],
  ["$..[?@..[?@..[?@..nosuch]]]", tree(9, 3)],
  ["$..[?count($..*) > 5]", tree(3, 12)],
  [`$${"[*,*]".repeat(25)}`, tree(25, 1)],
  ["$[?search(@, '(a*)*b')]", Array.from({ length: 100 }, () => "a".repeat(100_000))],
])("%s is given up, not waited for", (path, value) => {
  expect(() => queryJsonPath(path, value)).toThrow(/looks at more than|too many ways/);
});

test("a large document is read", () => {
  const rows = Array.from({ length: 50_000 }, (_, id) => ({
    id,
    name: `row ${id}`,
    tags: ["a", "b"],
  }));
  expect(queryJsonPath("$[?@.id == 49999].name", rows)).toEqual({ list: ["row 49999"] });
  expect(queryJsonPath("$..tags[1]", rows).list).toHaveLength(50_000);
});
