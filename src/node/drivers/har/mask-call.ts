/**
 * P: what is secret of a recorded call, and its mask (K1). Beside what the attempt's redactor knows (secrets, what stood in
 * password fields): values of cookies, of headers that let somebody in, and of fields and parameters whose name says that they
 * are secret; and these values wherever else they stand.
 */
import { createRedactor, type Redactor } from "#shared/redactor.ts";
import type { HarCall, HarHeader } from "./har.ts";

const MASK = "***";
/** So short a value of a cookie is masked where it stands, not everywhere: half of all text would go. */
const LEARNED_LENGTH_MIN = 8;
const LEARNED_MAX = 500;

const SECRET_HEADERS: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
]);
/** Of headers, of parameters of addresses and forms, and of keys in JSON. */
const SECRET_NAME =
  /pass(word|wd|phrase|code)?$|^pwd$|secret|token|api[-_]?key|^x-auth|credential|session[-_]?(id|key)|^(sid|jwt|otp|pin|auth)$|signature|private[-_]?key/i;

export class CallMask {
  readonly #redactor: Redactor;
  /** Of this file alone: the attempt's other evidence keeps what a cookie happens to say. */
  readonly #found = createRedactor({});
  #learnedCount = 0;

  constructor(redactor: Redactor, calls: readonly HarCall[]) {
    this.#redactor = redactor;
    for (const call of calls) {
      for (const header of [...call.headers, ...(call.answer?.headers ?? [])]) this.#learn(header);
      for (const address of [call.url, call.answer?.redirectUrl ?? ""]) this.#learnAddress(address);
    }
  }

  /** Text of ours or of a server. */
  text(text: string): string {
    return this.#found.text(this.#redactor.text(text));
  }

  headers(headers: readonly HarHeader[]): object[] {
    return headers.map(({ name, value }) => ({
      name: this.text(name),
      value: isSecretHeader(name) ? MASK : this.#headerValue(name, value),
    }));
  }

  /** Of a request: names only. */
  cookies(headers: readonly HarHeader[]): object[] {
    return valuesOf(headers, "cookie")
      .flatMap((value) => value.split(";"))
      .map((pair) => pair.split("=")[0]?.trim() ?? "")
      .filter((name) => name !== "")
      .map((name) => ({ name: this.text(name), value: MASK }));
  }

  /** Of an answer: names, and where they hold. */
  setCookies(headers: readonly HarHeader[]): object[] {
    return valuesOf(headers, "set-cookie")
      .flatMap((value) => value.split("\n"))
      .map((line) => this.#setCookie(line));
  }

  /** An address without user and password, and with the values of secret parameters masked. */
  url(address: string): string {
    // Of a page that is its own address, megabytes.
    if (address.startsWith("data:")) return `${address.slice(0, address.indexOf(",") + 1)}…`;
    const bare = address.replace(/^([\w+.-]+:\/\/)[^/?#@]*@/, "$1");
    const masked = bare.replace(
      /([?&#;])([^=&#;?]+)=([^&#;]*)/g,
      (whole, before: string, name: string) =>
        isSecretName(name) ? `${before}${name}=${MASK}` : whole,
    );
    return this.text(masked);
  }

  query(address: string): object[] {
    if (!URL.canParse(address)) return [];
    return [...new URL(address).searchParams].map(([name, value]) => ({
      name: this.text(name),
      value: isSecretName(name) ? MASK : this.text(value),
    }));
  }

  /** A body of text, with the values of secret fields masked where it is a form or JSON. */
  body(text: string, mimeType: string): string {
    if (/json/i.test(mimeType)) return this.text(maskJson(text));
    if (/x-www-form-urlencoded/i.test(mimeType)) return this.text(maskForm(text));
    if (/multipart\//i.test(mimeType)) return this.text(maskParts(text));
    return this.text(text);
  }

  #headerValue(name: string, value: string): string {
    return /^(location|referer|origin|content-location)$/i.test(name)
      ? this.url(value)
      : this.text(value);
  }

  #setCookie(line: string): object {
    const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
    const named = (name: string) =>
      attributes.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1);
    const is = (name: string) => attributes.some((one) => one.toLowerCase() === name);
    const [path, domain] = [named("path"), named("domain")];
    return {
      name: this.text(pair.split("=")[0] ?? ""),
      value: MASK,
      ...(path === undefined ? {} : { path: this.text(path) }),
      ...(domain === undefined ? {} : { domain: this.text(domain) }),
      httpOnly: is("httponly"),
      secure: is("secure"),
    };
  }

  #learn({ name, value }: HarHeader): void {
    if (!isSecretHeader(name)) return;
    for (const one of secretsIn(name.toLowerCase(), value)) this.#learnValue(one);
  }

  #learnAddress(address: string): void {
    const query = /\?([^#]*)/.exec(address)?.[1];
    if (query === undefined) return;
    for (const [name, value] of new URLSearchParams(query))
      if (SECRET_NAME.test(name)) this.#learnValue(value);
  }

  #learnValue(value: string): void {
    if (value.length < LEARNED_LENGTH_MIN || this.#learnedCount >= LEARNED_MAX) return;
    this.#learnedCount += 1;
    this.#found.learn(value);
  }
}

const isSecretHeader = (name: string): boolean =>
  SECRET_HEADERS.has(name.toLowerCase()) || SECRET_NAME.test(name);

function isSecretName(name: string): boolean {
  try {
    return SECRET_NAME.test(decodeURIComponent(name));
  } catch {
    // Half of an escape: it is judged as it stands.
    return SECRET_NAME.test(name);
  }
}

function secretsIn(name: string, value: string): string[] {
  if (name === "authorization" || name === "proxy-authorization")
    return [value, value.slice(value.indexOf(" ") + 1)];
  if (name === "cookie") return value.split(";").map(cookieValueOf);
  if (name === "set-cookie")
    return value.split("\n").map((line) => cookieValueOf(line.split(";")[0] ?? ""));
  return [value];
}

const cookieValueOf = (pair: string): string => pair.slice(pair.indexOf("=") + 1).trim();

const valuesOf = (headers: readonly HarHeader[], wanted: string): string[] =>
  headers.filter(({ name }) => name.toLowerCase() === wanted).map(({ value }) => value);

/** What cannot be read as JSON is left to the texts that are known. */
function maskJson(text: string): string {
  let isMasked = false;
  const hide = (key: string, value: unknown): unknown => {
    const isHidden = key !== "" && SECRET_NAME.test(key) && isScalar(value);
    isMasked ||= isHidden;
    return isHidden ? MASK : value;
  };
  try {
    const value: unknown = JSON.parse(text, hide);
    return isMasked ? JSON.stringify(value) : text;
  } catch {
    // A beginning of JSON, or none: fields are found by their look.
    return text.replace(
      /("(?:[^"\\]|\\.){1,100}"\s*:\s*)"((?:[^"\\]|\\.)*)"?/g,
      (whole, key: string) =>
        SECRET_NAME.test(key.slice(1, key.lastIndexOf('"'))) ? `${key}"${MASK}"` : whole,
    );
  }
}

const isScalar = (value: unknown): boolean =>
  typeof value === "string" || typeof value === "number";

function maskForm(text: string): string {
  return text.replace(/(^|&)([^=&]+)=([^&]*)/g, (whole, before: string, name: string) =>
    isSecretName(name) ? `${before}${name}=${MASK}` : whole,
  );
}

function maskParts(text: string): string {
  return text.replace(
    /(name="([^"]{1,200})"[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n)([^\r\n]*)/g,
    (whole, head: string, name: string) => (isSecretName(name) ? `${head}${MASK}` : whole),
  );
}
