/** Reads the apps of an original suite: each becomes one test, so each gets a name of its own here. */
import { adviceFor, type FaultLog, type Position } from "../reading/fault-log.ts";
import { describeFound, type Located } from "../reading/located.ts";
import { type OriginalAction, readActions } from "./actions.ts";
import { isEmpty, OriginalFields, textOf } from "./fields.ts";
import { warnUnknown } from "./inert.ts";
import { secondsOf } from "./seconds.ts";
import { warnZero } from "./settings.ts";
import { APP_KEYS, APP_TYPES, MOBILE_PLATFORMS } from "./words.ts";

export type OriginalApp = {
  /** Unique in the suite. */
  readonly name: string;
  /** As written, one of the known ones. */
  readonly type: string;
  readonly url: string | undefined;
  /** Bound of one action. */
  readonly timeoutMs: number;
  /** Of the browser's process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Its own; empty: it runs the suite's. */
  readonly actions: readonly OriginalAction[];
  readonly at: Position;
  readonly typeAt: Position;
};

const TIMEOUT_MS = 30_000;
/** As of native tests: a name goes into a key. */
const NAME_LENGTH_MAX = 500;
/** What each type of app needs beside name and type. */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ["web", "url"],
  ["desktop", "path"],
  ["mobile", "platform"],
]);
const WEB_KEYS = ["name", "type", "url", "timeout", "environment", "actions"];

/** Reads all apps; those that are refused are left out, and the log holds why. */
export function readApps(root: OriginalFields, log: FaultLog): readonly OriginalApp[] {
  const items = root.items("apps", "a list of apps");
  if (items.length === 0 && !log.hasErrors)
    log.error(
      root.entry("apps")?.at ?? root.node,
      "Expected at least one app such as { name: …, type: web, url: … }, found none",
    );
  const names = uniqueNames(items, log);
  return items.flatMap((node, index) => readApp(node, names[index], log) ?? []);
}

function readApp(node: Located, name: string | undefined, log: FaultLog): OriginalApp | undefined {
  if (node.kind !== "mapping") {
    const found = describeFound(node);
    log.error(node, `Expected an app such as { name: …, type: web, url: … }, found ${found}`);
    return undefined;
  }
  const fields = new OriginalFields(node, log);
  for (const entry of node.entries)
    if (!APP_KEYS.includes(entry.key)) warnUnknown(entry, { what: "an app", known: APP_KEYS }, log);
  tellLongName(fields, log);
  const type = readType(fields, log);
  const url = fields.text("url");
  const actions = readActions(fields, log);
  const timeoutMs = readTimeout(fields, log);
  const environment = readEnvironment(fields.inside("environment"), log);
  if (type === undefined || name === undefined) return undefined;
  tellNeeds(fields, type, log);
  return { name, type, url, timeoutMs, environment, actions, at: node, typeAt: fields.at("type") };
}

function tellLongName(fields: OriginalFields, log: FaultLog): void {
  const name = fields.text("name");
  if (name === undefined || name.trim() === "") {
    if (
      fields.entry("name")?.value.kind !== "mapping" &&
      fields.entry("name")?.value.kind !== "list"
    )
      log.error(fields.node, 'Missing "name" in an app');
  } else if (name.length > NAME_LENGTH_MAX)
    log.error(
      fields.at("name"),
      `Expected a name of at most ${NAME_LENGTH_MAX} characters, found ${name.length}`,
    );
}

function readType(fields: OriginalFields, log: FaultLog): string | undefined {
  const type = fields.text("type");
  if (type === undefined) {
    if (!fields.has("type"))
      log.error(
        fields.at("type"),
        'Missing "type" in an app: expected one of web, desktop, mobile',
      );
    return undefined;
  }
  if (APP_TYPES.includes(type)) return type;
  const advice = adviceFor(type, APP_TYPES);
  log.error(fields.at("type"), `Unknown app type ${JSON.stringify(type)}: ${advice}`);
  return undefined;
}

/** What the type needs, and what has no effect on it. */
function tellNeeds(fields: OriginalFields, type: string, log: FaultLog): void {
  const needed = NEEDED.get(type) ?? "url";
  const blank = (fields.text(needed) ?? "").trim() === "";
  const kind = fields.entry(needed)?.value.kind ?? "scalar";
  if (blank && kind === "scalar")
    log.error(fields.node, `Missing "${needed}" in an app: the type "${type}" needs it`);
  const platform = fields.text("platform");
  if (type === "mobile" && platform !== undefined && !MOBILE_PLATFORMS.includes(platform)) {
    const advice = adviceFor(platform, MOBILE_PLATFORMS);
    log.error(fields.at("platform"), `Unknown platform ${JSON.stringify(platform)}: ${advice}`);
  }
  if (type !== "web") return;
  for (const { key, at, value } of fields.node.entries) {
    if (APP_KEYS.includes(key) && !WEB_KEYS.includes(key) && !isEmpty(value))
      log.warn(at, `No effect of ${key} on an app of the type "web"`);
  }
}

function readTimeout(fields: OriginalFields, log: FaultLog): number {
  const foundMs = secondsOf(fields, { key: "timeout", min: 0 });
  if (foundMs === 0) warnZero(fields, { key: "timeout", meaning: "30 seconds" }, log);
  return foundMs === undefined || foundMs === 0 ? TIMEOUT_MS : foundMs;
}

/** Values are never shown: they may be secrets. */
function readEnvironment(
  fields: OriginalFields | undefined,
  log: FaultLog,
): Readonly<Record<string, string>> {
  const pairs = (fields?.node.entries ?? []).flatMap(({ key, at, value }) => {
    const text = textOf(value);
    const isFit = text !== undefined && !/[=\0]/.test(key) && key !== "" && !text.includes("\0");
    if (!isFit) {
      log.error(
        at,
        `Expected a name and a text for the environment, found ${JSON.stringify(key)} with something else`,
      );
      return [];
    }
    return [[key, text] as const];
  });
  return Object.fromEntries(pairs);
}

/** The apps' names, by index; a second one of a name gets ` (2)`, and no app's own name is ever taken by that. */
function uniqueNames(items: readonly Located[], log: FaultLog): readonly (string | undefined)[] {
  const written = items.map((node) =>
    node.kind === "mapping" ? new OriginalFields(node, log).text("name")?.trim() : undefined,
  );
  const taken = new Set(written);
  const seen = new Set<string>();
  return written.map((name, index) => {
    if (name === undefined || name === "") return undefined;
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let count = 2;
    while (taken.has(`${name} (${count})`)) count += 1;
    const unique = `${name} (${count})`;
    taken.add(unique);
    const node = items[index];
    const at = node?.kind === "mapping" ? new OriginalFields(node, log).at("name") : undefined;
    if (at !== undefined)
      log.warn(
        at,
        `The app ${JSON.stringify(name)} is there already: this one is named ${JSON.stringify(unique)}`,
      );
    return unique;
  });
}
