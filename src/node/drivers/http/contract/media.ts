/** Bodies by their media type: which description fits, and what of the body does not. */
import type { Json } from "#proto/matcher.ts";
import { isJsonMapping, type JsonMapping } from "#shared/json-kind.ts";
import { type Contract, type Direction, judgeJson } from "./schemas.ts";

export type Medium = {
  /** The `content` of a body's description. */
  readonly content: Json | undefined;
  /** The content-type that came; undefined: none. */
  readonly type: string | undefined;
  readonly direction: Direction;
  readonly json: () => { readonly document: Json } | { readonly fault: string };
};

/** One text a breach. */
export function checkMedia(contract: Contract, medium: Medium): readonly string[] {
  const { content, type, direction, json } = medium;
  const known: JsonMapping = isJsonMapping(content) ? content : {};
  const names = Object.keys(known);
  const bare = type?.split(";")[0]?.trim().toLowerCase();
  if (bare === undefined)
    return [`${direction}: the body has no content type: expected one of ${names.join(", ")}`];
  const name = bestOf(names, bare);
  if (name === undefined)
    return [`${direction}: content type ${bare} is unknown: expected one of ${names.join(", ")}`];
  const described = known[name];
  const schema = isJsonMapping(described) ? described["schema"] : undefined;
  if (schema === undefined || !/[/+]json$/.test(bare)) return [];
  const read = json();
  if ("fault" in read) return [`${direction}: ${read.fault}`];
  return judgeJson(contract, { schema, value: read.document, direction }).map(
    (text) => `${direction}: ${text}`,
  );
}

/** The closest description: the very type, then its class, then any. */
function bestOf(names: readonly string[], bare: string): string | undefined {
  const plain = (name: string) => name.split(";")[0]?.trim().toLowerCase();
  const wanted = [bare, `${bare.split("/")[0]}/*`, "*/*"];
  return wanted
    .map((one) => names.find((name) => plain(name) === one))
    .find((name) => name !== undefined);
}
