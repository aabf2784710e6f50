/** Words of a command line become values, or are refused. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  parseBound,
  parseDuration,
  parseHttpUrl,
  parsePattern,
  parseWhen,
  parseWhole,
} from "#cli/option-values.ts";

test("parseDuration() reads units, and seconds when there is none", () => {
  expect(["500ms", "30s", "2m", "1h", "1.5s", "2", "0"].map(parseDuration)).toEqual([
    500, 30_000, 120_000, 3_600_000, 1_500, 2_000, 0,
  ]);
});
test("parseDuration() refuses everything else", () => {
  for (const text of ["", "s", "-1", "1 s", "1w", "1e3", "abc", "1.s", "NaN"])
    expect(() => parseDuration(text), text).toThrow(/duration/);
});
test("parseDuration() takes what it is given back, whatever the number", () => {
  fc.assert(fc.property(fc.nat(1_000_000), (ms) => parseDuration(`${ms}ms`) === ms));
});
test("parseBound() refuses zero", () => expect(() => parseBound("0")).toThrow(/above zero/));
test("parseWhole() keeps its bounds", () => {
  const parse = parseWhole(1, 64);
  expect(parse("64")).toBe(64);
  for (const text of ["0", "65", "1.5", "-1", "two", ""])
    expect(() => parse(text), text).toThrow(/from 1 to 64/);
});
test("parsePattern() refuses what is no regular expression", () => {
  expect(parsePattern("a.*b")).toBe("a.*b");
  expect(() => parsePattern("(")).toThrow(/regular expression/);
});
test("parseHttpUrl() drops a slash at the end and refuses other schemes", () => {
  expect(parseHttpUrl("http://127.0.0.1:4500/")).toBe("http://127.0.0.1:4500");
  for (const text of ["nats://x", "127.0.0.1:4500", "http://"])
    expect(() => parseHttpUrl(text), text).toThrow(/URL/);
});
test("parseWhen() takes the three words and names them when it is another", () => {
  for (const word of ["off", "on-failure", "on"]) expect(parseWhen(word)).toBe(word);
  expect(() => parseWhen("maybe")).toThrow(/off, on-failure, on/);
});
