/** The fields of a web test that travel as its evidence policy and as its web options; those that nobody set travel not at all. */
import { EvidencePolicy, WebOptions } from "#proto/evidence.ts";
import type { Json } from "#proto/matcher.ts";
import type { TestDefinition } from "#proto/test.ts";
import { isJsonMapping } from "#shared/json-kind.ts";
import { displayTemplate } from "#shared/template.ts";
import { EVIDENCE_FIELDS } from "./test-fields.ts";

/** How the fields are called on the wire, where they have another name. */
const WIRE_NAMES: ReadonlyMap<string, string> = new Map([["pictures", "picture"]]);
const OPTION_FIELDS = [
  "device",
  "headless",
  "environment",
  "pictures",
  "videoFormat",
  "metrics",
  "isolation",
  "limits",
];

/** Gathers them; what was refused is as if it was not set. */
export function webFieldsIn(
  read: (name: string) => Json | undefined,
): Pick<TestDefinition, "evidence" | "web"> {
  const evidence = EvidencePolicy.safeParse(gather(EVIDENCE_FIELDS, read));
  const web = WebOptions.safeParse(gather(OPTION_FIELDS, read));
  const isSet = (names: readonly string[]): boolean =>
    names.some((name) => read(name) !== undefined);
  return {
    ...(evidence.success && isSet(EVIDENCE_FIELDS) ? { evidence: evidence.data } : {}),
    ...(web.success && isSet(OPTION_FIELDS) ? { web: web.data } : {}),
  };
}

/** The same of an http test, which has a browser's evidence and options only where they are not about browsers. */
export function httpFieldsIn(
  read: (name: string) => Json | undefined,
): Pick<TestDefinition, "evidence"> {
  const evidence = EvidencePolicy.safeParse(gather(["har"], read));
  return evidence.success && read("har") !== undefined ? { evidence: evidence.data } : {};
}

function gather(
  names: readonly string[],
  read: (name: string) => Json | undefined,
): { readonly [name: string]: Json } {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = read(name);
      return value === undefined ? [] : [[WIRE_NAMES.get(name) ?? name, literal(name, value)]];
    }),
  );
}

/** The node fills in nothing here, so escapes are undone already. */
function literal(name: string, value: Json): Json {
  if (name !== "environment" || !isJsonMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, text]) => [
      displayTemplate(key),
      displayTemplate(String(text)),
    ]),
  );
}
