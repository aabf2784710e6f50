/** The names of what `expect` judges of a page as a whole, for steps that a person gave no name. */
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { textOf } from "#shared/template.ts";

type Subject = { readonly [key: string]: Json };

const shown = (value: Json | undefined): string => (value === undefined ? "" : textOf(value));

/** `request POST **\/orders`, `console error`, `performance lcp`; undefined for any other subject. */
export function pageCheckText(subject: Subject): string | undefined {
  switch (subject["of"]) {
    case "screenshot":
      return `screenshot ${shown(subject["name"])}`;
    case "performance":
      return `performance ${shown(subject["metric"])}`;
    case "console": {
      const levels = isJsonList(subject["levels"]) ? subject["levels"].map(shown).join("/") : "";
      return `console ${levels}`.trim();
    }
    case "requests":
      return ["request", shown(subject["method"]), urlText(subject["url"])]
        .filter((part) => part !== "")
        .join(" ");
    default:
      return undefined;
  }
}

function urlText(url: Json | undefined): string {
  if (url === undefined || !isJsonMapping(url)) return "";
  return url["glob"] === undefined ? JSON.stringify(url) : shown(url["glob"]);
}
