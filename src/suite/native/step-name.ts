/** The name of a step that a person gave none: verb and target, short. Secrets stand in it as `${secrets.X}`, never as values. */

import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import { displayTemplate, textOf } from "#shared/template.ts";
import { actDetail } from "./act-name.ts";
import { contextDetail } from "./context-name.ts";
import { httpDetail, responseCheckText } from "./http-step-name.ts";
import { locatorText } from "./locator-name.ts";
import { matcherText } from "./matcher-name.ts";
import { pageCheckText } from "./page-check-text.ts";

const LENGTH_MAX = 200;
type Arguments = { readonly [key: string]: Json };

/** A short text for a step's arguments in their normal form. */
export function stepName(verb: string, args: Arguments): string {
  const text = displayTemplate(
    [verb, detailOf(verb, args)].filter((part) => part !== "").join(" "),
  ).replaceAll(/\s+/g, " ");
  return text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX - 1)}…` : text;
}

/** The same for a verb that the person's format has another word for. */
export function shortStepName(
  word: string,
  { verb, args }: { readonly verb: string; readonly args: Arguments },
): string {
  return `${word}${stepName(verb, args).slice(verb.length)}`;
}

function detailOf(verb: string, args: Arguments): string {
  switch (verb) {
    case "goto":
      return shown(args["url"]);
    case "request":
      return `${shown(args["method"])} ${shown(args["url"])}`;
    case "screenshot":
      return shown(args["name"]);
    case "record":
      return recordText(args);
    case "eval":
      return shown(args["js"]);
    case "scroll":
      return scrollText(mappingIn(args["to"]));
    case "wait":
      return waitText(mappingIn(args["for"]));
    case "save":
      return Object.keys(mappingIn(args["values"])).join(", ");
    case "expect":
      return listIn(args["checks"]).map(checkText).join(", ");
    case "upload":
      return `${listIn(args["files"]).map(shown).join(", ")} to ${locatorText(args["locator"])}`;
    case "if":
      return shown(mappingIn(args["when"])["text"]);
    case "repeat":
      return repeatText(args);
    case "forEach":
      return `${shown(args["as"])} in ${shown(args["items"])}`;
    case "use":
      return shown(args["flow"]);
    default:
      return (
        actDetail(verb, args) ??
        contextDetail(verb, args) ??
        httpDetail(verb, args) ??
        locatorDetail(args)
      );
  }
}

/** `3 times`, `until visible #done, at most 20 times`. */
function repeatText(args: Arguments): string {
  if (args["times"] !== undefined) return `${shown(args["times"])} times`;
  const word = args["until"] === undefined ? "while" : "until";
  const { text } = mappingIn(args[word]);
  return `${word} ${shown(text)}, at most ${shown(args["max"])} times`;
}

function locatorDetail(args: Arguments): string {
  return args["locator"] === undefined ? "" : locatorText(args["locator"]);
}

/** `start`, `stop demo.webm`, `demo.mp4 for 5s`. */
function recordText(args: Arguments): string {
  const name = shown(args["name"]);
  if (typeof args["forMs"] === "number") return `${name} for ${durationText(args["forMs"])}`.trim();
  return `${shown(args["action"])} ${name}`.trim();
}

function scrollText(to: Arguments): string {
  switch (to["kind"]) {
    case "locator":
      return `to ${locatorText(to["locator"])}`;
    case "by":
      return `by ${shown(to["x"])}, ${shown(to["y"])}`;
    default:
      return shown(to["kind"]);
  }
}

function waitText(awaited: Arguments): string {
  switch (awaited["kind"]) {
    case "time":
      return typeof awaited["ms"] === "number" ? durationText(awaited["ms"]) : shown(awaited["ms"]);
    case "locator":
      return `for ${locatorText(awaited["locator"])}${awaited["state"] === undefined ? "" : ` ${shown(awaited["state"])}`}`;
    case "text":
      return `for text ${JSON.stringify(shown(awaited["text"]))}`;
    default:
      return `for url ${matcherText(awaited["matcher"])}`;
  }
}

function durationText(durationMs: number): string {
  return durationMs >= 1000 ? `${durationMs / 1000}s` : `${durationMs}ms`;
}

function checkText(value: Json): string {
  const check = mappingIn(value);
  const condition =
    check["status"] === undefined
      ? matcherText(check["matcher"])
      : statusText(mappingIn(check["status"]));
  return [subjectText(mappingIn(check["subject"])), condition]
    .filter((part) => part !== "")
    .join(" ");
}

function subjectText(subject: Arguments): string {
  const ofOthers = pageCheckText(subject) ?? responseCheckText(subject);
  if (ofOthers !== undefined) return ofOthers;
  const of = shown(subject["of"]);
  switch (of) {
    case "attribute":
    case "css":
      return `${of} ${shown(subject["name"])} of ${locatorText(subject["locator"])}`;
    case "header":
    case "routed":
      return `${of} ${shown(subject["name"])}`;
    case "json":
      return shown(subject["path"]);
    case "that":
      return shown(subject["value"]);
    default:
      return subject["locator"] === undefined ? of : `${of} ${locatorText(subject["locator"])}`;
  }
}

function statusText(status: Arguments): string {
  return status["matcher"] === undefined
    ? listIn(status["anyOf"]).map(shown).join(" or ")
    : matcherText(status["matcher"]);
}

const shown = (value: Json | undefined): string => (value === undefined ? "" : textOf(value));
const listIn = (value: Json | undefined): readonly Json[] => (isJsonList(value) ? value : []);

function mappingIn(value: Json | undefined): Arguments {
  return isJsonMapping(value) ? value : {};
}
