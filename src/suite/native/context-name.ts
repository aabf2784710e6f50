/** The names of steps that change what is around a page. Names of cookies and keys stand in them, values never do. */
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping, type JsonMapping } from "#shared/json-kind.ts";
import { textOf } from "#shared/template.ts";

/** What such a step is about; undefined for every other verb. */
export function contextDetail(verb: string, args: JsonMapping): string | undefined {
  switch (verb) {
    case "geolocation":
      return placeText(args["to"]);
    case "network":
      return networkText(args["to"]);
    case "permissions":
      return [args["clear"] === true ? "clear" : "", ...listIn(args["grant"]).map(shown)]
        .filter((part) => part !== "")
        .join(", ");
    case "emulate":
      return pairsText(args);
    case "viewport":
      return `${shown(args["width"])}×${shown(args["height"])}`;
    case "cookies":
      return cookiesText(args);
    case "storage":
      return storageText(args);
    case "route":
      return `${shown(args["url"])}: ${actText(args)}`;
    case "unroute":
      return shown(args["name"] ?? "all");
    default:
      return undefined;
  }
}

function placeText(to: Json | undefined): string {
  const place = mappingIn(to);
  return isJsonMapping(to)
    ? `${shown(place["latitude"])}, ${shown(place["longitude"])}`
    : shown(to);
}

function networkText(to: Json | undefined): string {
  if (!isJsonMapping(to)) return shown(to);
  const rate = (key: string, word: string): string =>
    typeof to[key] === "number" ? `, ${to[key] / 1000} kbit/s ${word}` : "";
  return `${shown(to["latencyMs"])} ms${rate("downloadBps", "down")}${rate("uploadBps", "up")}`;
}

function cookiesText({ clear, set, save }: JsonMapping): string {
  const named = isJsonMapping(clear) ? ` ${pairsText(clear)}` : "";
  const parts = [
    clear === undefined ? "" : `clear${named}`,
    set === undefined
      ? ""
      : `set ${listIn(set)
          .map((one) => shown(mappingIn(one)["name"]))
          .join(", ")}`,
    save === undefined ? "" : `save ${Object.keys(mappingIn(save)).join(", ")}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function storageText(args: JsonMapping): string {
  const parts = ["local", "session"].flatMap((area) => {
    const { clear, remove, set } = mappingIn(args[area]);
    return [
      clear === true ? `clear ${area}` : "",
      remove === undefined ? "" : `remove ${listIn(remove).map(shown).join(", ")} from ${area}`,
      set === undefined ? "" : `set ${Object.keys(mappingIn(set)).join(", ")} in ${area}`,
    ];
  });
  const saved = args["save"] === undefined ? "" : `save ${shown(args["save"])}`;
  return [...parts, saved].filter((part) => part !== "").join("; ");
}

function actText({ do: act, delayMs }: JsonMapping): string {
  const { act: word, status } = mappingIn(act);
  const delay = delayMs === undefined ? "" : `delay ${shown(delayMs)} ms`;
  if (word === "pass") return delay;
  const done = status === undefined ? shown(word) : `${shown(word)} ${shown(status)}`;
  return delay === "" ? done : `${delay}, ${done}`;
}

function pairsText(values: JsonMapping): string {
  return Object.entries(values)
    .map(([key, value]) => `${key} ${shown(value)}`)
    .join(", ");
}

const shown = (value: Json | undefined): string => (value === undefined ? "" : textOf(value));
const listIn = (value: Json | undefined): readonly Json[] => (isJsonList(value) ? value : []);
const mappingIn = (value: Json | undefined): JsonMapping => (isJsonMapping(value) ? value : {});
