/** Requests that a script sends itself, and what it says of their responses. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { DemandCall } from "./demand.ts";
import type { Expression } from "./syntax.ts";
import { entriesIn, FIRST_TAB, jsonIn, NOTHING, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

type Call = {
  readonly name: string;
  readonly args: readonly Value[];
  readonly at: Expression;
};

const METHODS = ["get", "post", "put", "patch", "delete", "head"];
/** How options are called in a suite. */
const OPTIONS: ReadonlyMap<string, string> = new Map([
  ["headers", "headers"],
  ["params", "query"],
  ["data", "json"],
  ["form", "form"],
]);

/** `request.get(…)`. @throws {Untranslated} */
export function sendRequest(walk: Walk, { name, args, at }: Call): Value {
  if (name === "dispose") return NOTHING;
  if (!METHODS.includes(name)) throw new Untranslated(`a suite has no step for request.${name}()`);
  const made: { [key: string]: Json } = { [name]: textIn(args[0], "the address") };
  for (const [key, value] of entriesIn(args[1])) {
    const word = OPTIONS.get(key);
    if (word === undefined)
      walk.recorder.missing(
        { ...at, text: `${key} of ${at.text}` },
        `a request of a suite has no "${key}"; it is sent without it`,
      );
    else made[word] = jsonIn(value, key);
  }
  walk.recorder.step({ request: made });
  return { kind: "response", isPage: false };
}

/** Calls of a response. @throws {Untranslated} */
export function callResponse(of: Extract<Value, { kind: "response" }>, { name }: Call): Value {
  if (of.isPage) throw new Untranslated("the response of a page is not kept: use goto with status");
  switch (name) {
    case "ok":
    case "status":
      return { kind: "member", of, name };
    case "json":
      return read({ json: "$" });
    case "text":
      return read({ text: true });
    default:
      throw new Untranslated(`${name}() of a response has no counterpart`);
  }
}

function read(subject: Entries): Value {
  return { kind: "reading", tab: FIRST_TAB, subject, name: "body" };
}

/** `expect(response).toBeOK()`. @throws {Untranslated} */
export function responseDemand(isNot: boolean, { name }: DemandCall): Entries {
  if (name !== "toBeOK") throw new Untranslated(`a suite has no expectation for ${name}()`);
  return { status: isNot ? { not: OK } : OK };
}

const OK = { atLeast: 200, below: 300 };
