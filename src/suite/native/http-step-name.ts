/** Names of the steps that go out over HTTP, and of what is expected of a response. */
import type { Json } from "#proto/matcher.ts";
import { isJsonMapping, type JsonMapping } from "#shared/json-kind.ts";
import { textOf } from "#shared/template.ts";

const shown = (value: Json | undefined): string => (value === undefined ? "" : textOf(value));
const LENGTH_MAX = 60;

/** `POST /graphql user`, `connect /chat`, `send "hi" on chat`; undefined for every other verb. */
export function httpDetail(verb: string, args: JsonMapping): string | undefined {
  switch (verb) {
    case "graphql":
      return `${shown(args["operationName"])} ${shown(args["url"])}`.trim();
    case "ws":
    case "sse":
      return isJsonMapping(args["act"]) ? actText(args["act"]) : undefined;
    default:
      return undefined;
  }
}

function actText(act: JsonMapping): string {
  const on = act["name"] === undefined ? "" : ` on ${shown(act["name"])}`;
  switch (act["do"]) {
    case "connect":
      return `connect ${shown(act["url"])}`;
    case "send":
      return `send ${cut(messageText(act["message"]))}${on}`;
    default:
      return `${shown(act["do"])}${on}`;
  }
}

function messageText(message: Json | undefined): string {
  if (!isJsonMapping(message)) return "";
  return shown(message["text"] ?? message["value"] ?? message["data"]);
}

const cut = (text: string): string =>
  text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text;

/** `cookie id`, `timings tls`, `schema a.json`; undefined for every other subject. */
export function responseCheckText(subject: JsonMapping): string | undefined {
  switch (subject["of"]) {
    case "cookie":
      return `cookie ${shown(subject["name"])}`;
    case "timing":
      return `timings ${shown(subject["phase"])}`;
    case "schema":
    case "openapi": {
      const document = subject["schema"] ?? subject["spec"];
      const file = isJsonMapping(document) ? shown(document["file"]) : "";
      return `${shown(subject["of"])} ${file}`.trim();
    }
    case "bodyFile":
      return `body equals ${shown(subject["file"])}`;
    case "responseUrl":
      return "url";
    default:
      return undefined;
  }
}
