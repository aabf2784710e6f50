/** The formats of JSON Schema and OpenAPI that are checked; any other is a note for people. Each is one look at bounded text. */

const LENGTH_MAX = 10_000;
const DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(z|[+-]([01]\d|2[0-3]):?[0-5]\d)$/i;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const EMAIL = /^[^\s@"]{1,64}@[^\s@.]{1,63}(\.[^\s@.]{1,63}){0,10}$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
const IPV4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;

const isDate = (text: string): boolean => {
  if (!DATE.test(text)) return false;
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
};

const isUrl = (text: string, base?: string): boolean => {
  try {
    return new URL(text, base) !== undefined && !/\s/.test(text);
  } catch {
    // URL says no by throwing.
    return false;
  }
};

const TEXTS: Readonly<Record<string, (text: string) => boolean>> = {
  date: isDate,
  time: (text) => TIME.test(text),
  "date-time": (text) => {
    const [, date = "", time = ""] = /^([^tT ]{10})[tT ](.+)$/.exec(text) ?? [];
    return isDate(date) && TIME.test(time);
  },
  email: (text) => EMAIL.test(text),
  hostname: (text) => text.length <= 253 && text.split(".").every((label) => LABEL.test(label)),
  ipv4: (text) => IPV4.test(text),
  ipv6: (text) => /^[0-9a-f:.]{2,45}$/i.test(text) && isUrl(`http://[${text}]/`),
  uri: (text) => isUrl(text),
  url: (text) => isUrl(text),
  "uri-reference": (text) => isUrl(text, "http://localhost"),
  uuid: (text) => UUID.test(text),
  byte: (text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0,
};

const NUMBERS: Readonly<Record<string, (number: number) => boolean>> = {
  int32: (number) => Number.isInteger(number) && Math.abs(number) <= 2 ** 31,
  int64: (number) => Number.isInteger(number),
};

type Format =
  | { readonly type: "string"; readonly validate: (text: string) => boolean }
  | { readonly type: "number"; readonly validate: (number: number) => boolean };

/** By name, as the validator takes them. */
export const FORMATS: Readonly<Record<string, Format>> = Object.fromEntries([
  ...Object.entries(TEXTS).map(([name, isOne]): [string, Format] => [
    name,
    { type: "string", validate: (text) => text.length <= LENGTH_MAX && isOne(text) },
  ]),
  ...Object.entries(NUMBERS).map(([name, validate]): [string, Format] => [
    name,
    { type: "number", validate },
  ]),
]);
