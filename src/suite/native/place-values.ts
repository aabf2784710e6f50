/** Values that say where a browser seems to be: locales, time zones, places on earth. Unknown ones are told with the nearest that exists. */
import { nearestWord } from "../reading/fault-log.ts";
import { mapping } from "../reading/group-shapes.ts";
import { type Bounds, checked, numberWithin } from "./checked-values.ts";

/** A language of two letters, for the nearest word: `DisplayNames` knows those that exist. */
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz"];

/** A locale that the runtime's ICU, which is the browser's too, has data for. */
export const locale = checked("a locale such as de-DE", (written) => {
  if (isLocale(written)) return undefined;
  return `Unknown locale ${JSON.stringify(written)}: ${localeAdvice(written)}`;
});

/** A time zone of the IANA database. */
export const timezone = checked("a time zone such as Europe/Berlin", (written) => {
  if (isTimezone(written)) return undefined;
  const near = nearestWord(written, [...Intl.supportedValuesOf("timeZone"), "UTC"]);
  const advice =
    near === undefined
      ? "expected a name of the IANA database such as Europe/Berlin or UTC"
      : `did you mean "${near}"?`;
  return `Unknown time zone ${JSON.stringify(written)}: ${advice}`;
});

const degrees = (bounds: Bounds) =>
  numberWithin(`degrees from ${bounds.min} to ${bounds.max}`, bounds);

/** A place on earth. */
export const geolocation = mapping({
  what: "a place such as { latitude: 52.52, longitude: 13.4 }",
  fields: {
    latitude: degrees({ min: -90, max: 90 }),
    longitude: degrees({ min: -180, max: 180 }),
    accuracy: numberWithin("metres, 0 or more", { min: 0, max: Number.MAX_VALUE }),
  },
  required: ["latitude", "longitude"],
});

function isLocale(written: string): boolean {
  try {
    if (Intl.DateTimeFormat.supportedLocalesOf(written).length === 0) return false;
    const { region } = new Intl.Locale(written);
    return region === undefined || nameOf("region", region) !== undefined;
  } catch {
    // Not even of the form of a locale.
    return false;
  }
}

function nameOf(type: "language" | "region", code: string): string | undefined {
  return new Intl.DisplayNames("en", { type, fallback: "none" }).of(code);
}

function localeAdvice(written: string): string {
  const [language = "", region = ""] = written.split(/[-_]/);
  const whole = `${language.toLowerCase()}-${region.toUpperCase()}`;
  if (isLocale(whole)) return `did you mean "${whole}"?`;
  const near = nearestLanguage(language);
  if (near === undefined) return "expected a BCP 47 tag such as en-US or de";
  const local = `${near}-${region.toUpperCase()}`;
  return `did you mean "${isLocale(local) ? local : near}"?`;
}

/** By its code, or by its English name. */
function nearestLanguage(written: string): string | undefined {
  const codes = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
  const known = codes.filter((code) => Intl.DateTimeFormat.supportedLocalesOf(code).length > 0);
  const byName = new Map(known.map((code) => [nameOf("language", code) ?? code, code]));
  if (known.includes(written.toLowerCase())) return written.toLowerCase();
  return byName.get(nearestWord(written, [...byName.keys()]) ?? "");
}

function isTimezone(written: string): boolean {
  // The runtime takes offsets, the browser does not.
  if (!/^[A-Za-z]/.test(written)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: written }).resolvedOptions().timeZone !== "";
  } catch {
    // It says no by throwing.
    return false;
  }
}
