/** A locator in the name of a step, short: `button "Save"`, `#count`, `label "E-mail" within #form`. */
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { textOf } from "#shared/template.ts";

type Fields = { readonly [key: string]: Json };

/** Words for a locator in its normal form; an empty text for anything else. */
export function locatorText(value: Json | undefined): string {
  const locator: Fields = value !== undefined && isJsonMapping(value) ? value : {};
  const patterns = isJsonList(locator["patterns"] ?? null) ? (locator["patterns"] as Json[]) : [];
  const shown = (key: string): string => textOf(locator[key] ?? "");
  const quoted = (key: string): string =>
    patterns.includes(key) ? shown(key) : JSON.stringify(shown(key));
  const by = shown("by");
  const name = locator["name"] === undefined ? "" : ` ${quoted("name")}`;
  const wordy = by === "role" ? `${shown("value")}${name}` : `${by} ${quoted("value")}`;
  const parts = [by === "css" ? shown("value") : wordy];
  if (locator["hasText"] !== undefined) parts.push(`with ${quoted("hasText")}`);
  if (locator["has"] !== undefined) parts.push(`with ${locatorText(locator["has"])}`);
  if (locator["nth"] !== undefined) parts.push(`nth ${shown("nth")}`);
  if (locator["within"] !== undefined) parts.push(`within ${locatorText(locator["within"])}`);
  if (locator["frame"] !== undefined) parts.push(`in ${locatorText(locator["frame"])}`);
  return parts.join(" ");
}
