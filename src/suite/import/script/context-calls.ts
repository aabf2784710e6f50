/** Calls of browser contexts: cookies, permissions, place, network. */
import type { Json } from "#proto/matcher.ts";
import type { Entries } from "../imported.ts";
import { Untranslated } from "../untranslated.ts";
import type { Expression } from "./syntax.ts";
import { entriesIn, jsonIn, NOTHING, textIn, type Value } from "./values.ts";
import type { Walk } from "./walk.ts";

type Call = { readonly name: string; readonly args: readonly Value[]; readonly at: Expression };

const CALLS: ReadonlyMap<string, (args: readonly Value[]) => Entries> = new Map<
  string,
  (args: readonly Value[]) => Entries
>([
  ["clearCookies", (args) => ({ cookies: { clear: clearedCookies(args[0]) } })],
  ["addCookies", (args) => ({ cookies: { set: cookiesIn(args[0]) } })],
  ["grantPermissions", (args) => ({ permissions: granted(args) })],
  ["clearPermissions", () => ({ permissions: { clear: true } })],
  ["setGeolocation", (args) => ({ geolocation: jsonIn(args[0] ?? NOTHING, "the place") })],
  ["setOffline", (args) => ({ network: isTrue(args[0]) ? "offline" : "online" })],
]);

/** Records what a call of a context does. @throws {Untranslated} */
export function callContext(walk: Walk, { name, args, at }: Call): Value {
  if (name === "storageState") {
    walk.recorder.missing(at, "a suite keeps no state in a file: see session in its reference");
    return NOTHING;
  }
  if (name === "pages") return { kind: "unknown", why: "the pages of a context are not counted" };
  const call = CALLS.get(name);
  if (call === undefined) throw new Untranslated(`a suite has no step for context.${name}()`);
  walk.recorder.step(call(args));
  return NOTHING;
}

const isTrue = (value: Value | undefined): boolean =>
  value?.kind === "data" && value.value === true;

function granted(args: readonly Value[]): Entries {
  const origin = entriesIn(args[1]).get("origin");
  return {
    grant: jsonIn(args[0] ?? NOTHING, "the permissions"),
    ...(origin === undefined ? {} : { origin: jsonIn(origin, "the origin") }),
  };
}

/** All cookies, or those that have all of what is named. @throws {Untranslated} for expressions. */
function clearedCookies(options: Value | undefined): Json {
  const named = [...entriesIn(options)];
  if (named.length === 0) return true;
  return Object.fromEntries(named.map(([key, value]) => [key, textIn(value, `the ${key}`)]));
}

const COOKIE_KEYS = ["name", "value", "domain", "path", "secure", "httpOnly", "sameSite"];

function cookiesIn(value: Value | undefined): Json {
  if (value?.kind !== "list") throw new Untranslated("the cookies are no list");
  return value.items.map((item) => {
    const given = entriesIn(item);
    const kept = COOKIE_KEYS.flatMap((key) => {
      const one = given.get(key);
      return one === undefined ? [] : [[key, jsonIn(one, key)] as const];
    });
    const url = given.get("url");
    const place =
      url === undefined || given.has("domain") ? {} : hostOf(jsonIn(url, "the address"));
    return { ...Object.fromEntries(kept), ...place };
  });
}

function hostOf(url: Json): Entries {
  const [, host] = /^https?:\/\/([^/:?#]+)/.exec(String(url)) ?? [];
  return host === undefined ? {} : { domain: host, path: "/" };
}
