/** P: addresses as they may stand in a file: what looks like a token, a password or a session is a secret's place. */
import { escapeTemplate } from "#shared/template.ts";

export type OpenUrl = {
  /** Escaped for suites, with `${secrets.NAME}` where something was taken out. */
  readonly text: string;
  /** The names of these secrets. */
  readonly secrets: readonly string[];
};

const TELLING =
  /^(.*[_-])?(pass(word|wd)?|pwd|secret|token|api_?key|key|code|auth|authorization|session(_?id)?|sid|sig(nature)?|jwt|nonce|ticket|otp|state|credential)s?$/i;
const JWT = /^[\w-]{10,}\.[\w-]{10,}\.[\w-]*$/;
const LENGTH_MIN = 20;

/** Whether a value looks like one that was made to be unguessable: long, letters and digits in a heap. */
export function looksRandom(value: string): boolean {
  if (JWT.test(value)) return true;
  if (value.length < LENGTH_MIN || !/^[\w+/=.~-]+$/.test(value)) return false;
  const isMixed = /\d/.test(value) && /[A-Za-z]/.test(value);
  const words = value.split(/[-_.]/).filter((part) => /^[A-Za-z]+$/.test(part)).length;
  return isMixed && words < 3;
}

/** Makes an address that may be kept; with a base its path alone, where it lies there. */
export function openUrl(href: string, base?: string): OpenUrl {
  const secrets: string[] = [];
  if (!URL.canParse(href)) return { text: escapeTemplate(href), secrets };
  const url = new URL(href);
  const place = (name: string): string => {
    const upper = name.replaceAll(/[^A-Za-z0-9]+/g, "_").toUpperCase();
    const known = `URL_${upper.replace(/^_+|_+$/g, "") || "PART"}`;
    if (!secrets.includes(known)) secrets.push(known);
    return `\${secrets.${known}}`;
  };
  const path = url.pathname
    .split("/")
    .map((part) => (looksRandom(decoded(part)) ? place("path") : escapeTemplate(part)));
  const query = parameters(url.search.slice(1), place);
  const hash = url.hash.includes("=")
    ? parameters(url.hash.slice(1), place)
    : looksRandom(url.hash.slice(1))
      ? place("fragment")
      : escapeTemplate(url.hash.slice(1));
  const user = url.username === "" ? "" : `${place("user")}:${place("password")}@`;
  const isWithin = base !== undefined && url.origin === new URL(base).origin && user === "";
  const start = isWithin ? "" : `${url.protocol}//${user}${url.host}`;
  const rest = `${query === "" ? "" : `?${query}`}${hash === "" ? "" : `#${hash}`}`;
  const isPlain = url.protocol === "http:" || url.protocol === "https:";
  const text = isPlain ? `${start}${path.join("/")}${rest}` : escapeTemplate(href);
  return { text, secrets };
}

function parameters(text: string, place: (name: string) => string): string {
  return text
    .split("&")
    .map((pair) => {
      const [key = "", ...value] = pair.split("=");
      const said = decoded(value.join("="));
      if (value.length === 0 || said === "") return escapeTemplate(pair);
      const isHidden = TELLING.test(decoded(key)) || looksRandom(said);
      return isHidden ? `${escapeTemplate(key)}=${place(decoded(key))}` : escapeTemplate(pair);
    })
    .join("&");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // Half of an escape: it stands for itself.
    return text;
  }
}
