import { expect, test } from "vitest";
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
