/**
 * Which values of a setup and of a browser's state are secret; the attempt's redactor learns them (K1).
 *
 * What logs in is: passwords, passphrases, headers that authorise, values of cookies and of storage. Of the last two only those
 * of eight characters and more, and words, numbers and times only where a name says that they log in: to mask every "dark" or
 * "accepted" would leave no report.
 */
import type { BrowserSetup } from "#proto/browser-context.ts";
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping, type JsonMapping } from "#shared/json-kind.ts";
import type { Redactor } from "#shared/redactor.ts";
import type { PageState } from "./page-state.ts";

const SECRET_LENGTH_MIN = 8;
/** Inside a stored JSON text: whoever is not named so must look like a token. */
const TOKEN_LENGTH_MIN = 16;
const SECRET_NAME = /token|secret|passw|session|auth|jwt|key|credential|csrf|xsrf|\bsid\b|login/i;
const SECRET_HEADERS = /^(authorization|proxy-authorization|cookie)$|token|secret|api-?key/i;
const DEPTH_MAX = 20;
/** What logs in is not longer, and to look for it costs its length. */
const LEARNED_LENGTH_MAX = 20_000;

/** Learns what logs in: of the proxy, the server, the certificates, the headers. */
export function learnSetup(redactor: Redactor, setup: BrowserSetup): void {
  const { httpAuth, proxy, clientCertificates = [], headers = {} } = setup;
  for (const login of [httpAuth, proxy]) learnLogin(redactor, login ?? {});
  for (const { passphrase } of clientCertificates) learnText(redactor, passphrase);
  learnHeaders(redactor, headers);
}

/** Learns the values of those headers that authorise. */
export function learnHeaders(redactor: Redactor, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!SECRET_HEADERS.test(name)) continue;
    // The scheme is no secret, and what follows it is one by itself.
    for (const part of [value, ...value.split(" ").slice(1)]) learnText(redactor, part);
  }
}

/** Learns what a browser's state holds. */
export function learnState(redactor: Redactor, { cookies, origins }: PageState): void {
  for (const cookie of cookies) learnStored(redactor, { ...cookie, isHidden: cookie.httpOnly });
  for (const origin of origins) {
    for (const entry of origin.localStorage) learnStored(redactor, entry);
    const { localStorage: _, origin: __, ...others } = origin;
    learnTree(redactor, others as Json, { isNamed: false, depth: 0 });
  }
}

/** A cookie, or an entry of a storage. */
export type Stored = {
  readonly name: string;
  readonly value: string;
  /** No script of the page may read it. */
  readonly isHidden?: boolean;
};

/** Learns the value of a cookie or of an entry of a storage. */
export function learnStored(redactor: Redactor, { name, value, isHidden }: Stored): void {
  const isNamed = isHidden === true || SECRET_NAME.test(name);
  const json = jsonIn(value);
  if (json !== undefined && typeof json === "object")
    return learnTree(redactor, json, { isNamed, depth: 0 });
  const text = typeof json === "string" ? json : value;
  if (text.length < SECRET_LENGTH_MIN || (isSetting(text) && !isNamed)) return;
  learn(redactor, text);
  const decoded = decodedUri(text);
  if (decoded !== text) learn(redactor, decoded);
}

function learnLogin(
  redactor: Redactor,
  {
    user,
    password,
  }: { readonly user?: string | undefined; readonly password?: string | undefined },
): void {
  if (password === undefined || password === "") return;
  redactor.learn(password);
  redactor.learn(Buffer.from(`${user ?? ""}:${password}`, "utf8").toString("base64"));
}

function learnText(redactor: Redactor, text: string | undefined): void {
  if (text !== undefined) redactor.learn(text);
}

function learn(redactor: Redactor, text: string): void {
  redactor.learn(text.slice(0, LEARNED_LENGTH_MAX));
}

type Depth = { readonly isNamed: boolean; readonly depth: number };

function learnTree(redactor: Redactor, value: Json, { isNamed, depth }: Depth): void {
  if (depth > DEPTH_MAX) return;
  if (typeof value === "string" && isSecretLeaf(value, isNamed)) learn(redactor, value);
  // A record of IndexedDB is to a page what an entry of its storage is.
  const { key: name = "", value: text } = mappingIn(value);
  if (typeof text === "string") learnStored(redactor, { name: String(name), value: text });
  const items = isJsonList(value) ? value.entries() : Object.entries(mappingIn(value));
  for (const [key, item] of items) {
    const at = { isNamed: isNamed || SECRET_NAME.test(String(key)), depth: depth + 1 };
    learnTree(redactor, item, at);
  }
}

const mappingIn = (value: Json): JsonMapping => (isJsonMapping(value) ? value : {});

function isSecretLeaf(value: string, isNamed: boolean): boolean {
  if (isNamed) return value.length >= SECRET_LENGTH_MIN;
  return value.length >= TOKEN_LENGTH_MIN && !/\s/.test(value) && !isSetting(value);
}

/** Words, numbers, times and addresses: what a page keeps to remember its looks. */
function isSetting(text: string): boolean {
  return /^[a-z]+([ _-][a-z]+)*$|^-?\d{1,13}(\.\d+)?$|^\d{4}-\d\d-\d\d[T ]?[\d:.Z+-]*$|^https?:\/\/[^?]*$/.test(
    text,
  );
}

function jsonIn(value: string): Json | undefined {
  try {
    return JSON.parse(value) as Json;
  } catch {
    // Text that is no JSON is text.
    return undefined;
  }
}

function decodedUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone % is one.
    return text;
  }
}
