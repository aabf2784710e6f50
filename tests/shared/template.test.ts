import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "#proto/matcher.ts";
import { MeshError } from "#shared/errors.ts";
import {
  displayTemplate,
  escapeTemplate,
  fillTemplate,
  reachInto,
  renderTemplate,
  scanTemplate,
  type TemplateLookup,
  type TemplatePart,
} from "#shared/template.ts";

const nothing: TemplateLookup = () => undefined;
const tricky = fc.string({
  unit: fc.constantFrom("$", "{", "}", "'", "\\", "a", "saved.x", "??", " "),
});

test("scanTemplate() tells text, references and what is neither", () => {
  const ref = (source: string, [scope = "", ...path]: string[], fallback?: string) => ({
    kind: "reference",
    scope,
    path,
    source,
    ...(fallback === undefined ? {} : { fallback }),
  });
  expect(scanTemplate("")).toEqual([]);
  expect(scanTemplate("a $ {b} $5")).toEqual([{ kind: "text", text: "a $ {b} $5" }]);
  expect(scanTemplate("a $${b} c")).toEqual([{ kind: "text", text: "a ${b} c" }]);
  expect(scanTemplate("${vars.x}")).toEqual([ref("${vars.x}", ["vars", "x"])]);
  expect(scanTemplate("${ saved.a.b-c.0 }")).toEqual([
    ref("${ saved.a.b-c.0 }", ["saved", "a", "b-c", "0"]),
  ]);
  expect(scanTemplate("${data.first name}")).toEqual([
    ref("${data.first name}", ["data", "first name"]),
  ]);
  expect(scanTemplate("<${env.X ?? 'a}b'}>")).toEqual([
    { kind: "text", text: "<" },
    ref("${env.X ?? 'a}b'}", ["env", "X"], "a}b"),
    { kind: "text", text: ">" },
  ]);
  expect(scanTemplate('${env.X??"it\'s \\"so\\" C:\\new"}')).toEqual([
    ref('${env.X??"it\'s \\"so\\" C:\\new"}', ["env", "X"], 'it\'s "so" C:\\new'),
  ]);
  expect(scanTemplate("${env.X ?? ''}")).toEqual([ref("${env.X ?? ''}", ["env", "X"], "")]);
  for (const bad of [
    "${",
    "${}",
    "${a..b}",
    "${a.}",
    "${.a}",
    "${1}",
    "${a ?? b}",
    "${a + 1}",
    "${'a' + 'b'}",
  ]) {
    expect(scanTemplate(bad), bad).toMatchObject([{ kind: "malformed", source: bad }]);
  }
});

test("escapeTemplate() makes any text mean itself", () => {
  fc.assert(
    fc.property(tricky, (text) => {
      expect(fillTemplate(escapeTemplate(text), nothing)).toBe(text);
      expect(displayTemplate(escapeTemplate(text))).toBe(text);
    }),
  );
});

test("renderTemplate() gives a text that is scanned to the same parts, whatever lies side by side", () => {
  const reference: TemplatePart = {
    kind: "reference",
    scope: "saved",
    path: ["x"],
    source: "${saved.x}",
  };
  const part = fc.oneof(
    tricky.filter((text) => text !== "").map((text): TemplatePart => ({ kind: "text", text })),
    fc.constant(reference),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const alternating = parts.filter(
        (one, index) => one.kind !== "text" || parts[index - 1]?.kind !== "text",
      );
      expect(scanTemplate(renderTemplate(alternating))).toEqual(alternating);
    }),
  );
});

test("fillTemplate() keeps the type of a lone reference and turns others into text, deeply, in keys too", () => {
  const saved: { readonly [key: string]: Json } = {
    n: 5,
    list: [1, "a"],
    no: false,
    nil: null,
    text: "${saved.n}",
  };
  const lookup: TemplateLookup = (scope, path) =>
    scope === "saved" ? reachInto(saved, path) : scope === "run" ? "r-1" : undefined;
  expect(fillTemplate("${saved.n}", lookup)).toBe(5);
  expect(fillTemplate("${saved.list}", lookup)).toEqual([1, "a"]);
  expect(fillTemplate("${saved.nil}", lookup)).toBe(null);
  expect(fillTemplate("n=${saved.n} ${saved.no} ${saved.nil} ${saved.list}", lookup)).toBe(
    'n=5 false null [1,"a"]',
  );
  expect(fillTemplate("${saved.text}", lookup)).toBe("${saved.n}");
  expect(
    fillTemplate({ "k${saved.n}": ["${run.id}", { a: "$${x}" }], "$${y}": 1 }, lookup),
  ).toEqual({ k5: ["r-1", { a: "${x}" }], "${y}": 1 });
  expect(fillTemplate("costs ${'$'}${saved.n}", lookup)).toBe("costs $5");
});

test("fillTemplate() names what it cannot fill in", () => {
  const faultOf = (text: string) => {
    try {
      return fillTemplate(text, nothing);
    } catch (thrown) {
      return thrown instanceof MeshError && thrown.code === "unknown_name"
        ? thrown.message
        : thrown;
    }
  };
  expect(faultOf("a ${saved.x.y}")).toBe('Cannot fill in ${saved.x.y}: no step has saved "x.y"');
  expect(faultOf("${secrets.P}")).toBe("Cannot fill in ${secrets.P}: it has no value");
  expect(faultOf("${env.X}")).toBe('Cannot fill in ${env.X}: a node knows no "env"');
  expect(faultOf("${oops")).toBe("Cannot fill in ${oops: it has no closing }");
});

test("reachInto() follows keys, indexes and keys that hold dots, and only own ones", () => {
  const value = { a: { b: [10, { c: null }] }, "x.y": { z: 1 } };
  expect(reachInto(value, ["a", "b", "0"])).toBe(10);
  expect(reachInto(value, ["a", "b", "1", "c"])).toBe(null);
  expect(reachInto(value, ["x", "y", "z"])).toBe(1);
  for (const path of [
    ["toString"],
    ["a", "b", "length"],
    ["a", "b", "2"],
    ["__proto__"],
    ["a", "b", "0", "c"],
  ]) {
    expect(reachInto(value, path), path.join(".")).toBeUndefined();
  }
});
