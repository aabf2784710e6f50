/** `settings` of an original suite: what the browser, pictures and films shall be like. */
import type { Device, VideoFormat, WebOptions } from "#proto/evidence.ts";
import type { Viewport } from "#proto/test.ts";
import { deviceAdvice, deviceNamed } from "../devices.ts";
import { adviceFor, type FaultLog, type Position } from "../reading/fault-log.ts";
import { OriginalFields } from "./fields.ts";
import { INERT_SETTINGS, tellInert, warnUnknown } from "./inert.ts";

export type OriginalSettings = {
  readonly web: Omit<WebOptions, "environment">;
  readonly viewport: Viewport;
  /** Where a window is asked for; undefined when none is. */
  readonly windowAt: Position | undefined;
  /** Endings of files whose names have none. */
  readonly endings: { readonly picture: string; readonly video: string };
};

/** What settings may say. */
export const SETTINGS_WORDS = {
  pictures: ["png", "jpg", "jpeg"],
  videos: ["mp4", "webm"],
  qualityMax: 100,
  pixelsMax: 10_000,
} as const;
const { qualityMax, pixelsMax } = SETTINGS_WORDS;
const WIDTH = 1920;
const HEIGHT = 1080;
const QUALITY = 80;

const EFFECTIVE = [
  "screenshot_format",
  "video_format",
  "quality",
  "headless",
  "window_width",
  "window_height",
  "mobile_device",
  "enable_metrics",
];

/** Reads the settings, absent or not. */
export function readSettings(fields: OriginalFields | undefined, log: FaultLog): OriginalSettings {
  const read = fields ?? new OriginalFields(EMPTY, log);
  const reader = new SettingsReader(read, log);
  tellOthers(read, log);
  const picture = reader.word("screenshot_format", SETTINGS_WORDS.pictures) ?? "png";
  const video: VideoFormat = reader.word("video_format", SETTINGS_WORDS.videos) ?? "mp4";
  const device = reader.device();
  const quality = reader.orDefault("quality", { max: qualityMax, otherwise: QUALITY });
  const width = reader.orDefault("window_width", { max: pixelsMax, otherwise: WIDTH });
  const height = reader.orDefault("window_height", { max: pixelsMax, otherwise: HEIGHT });
  const headless = read.flag("headless") ?? true;
  return {
    web: {
      ...(device === undefined ? {} : { device }),
      headless,
      picture: { format: picture === "png" ? "png" : "jpeg", quality },
      videoFormat: video,
      metrics: read.flag("enable_metrics") ?? false,
    },
    viewport: { width, height, touch: false },
    windowAt: headless ? undefined : read.at("headless"),
    endings: { picture, video },
  };
}

const EMPTY = { kind: "mapping", entries: [], line: 1, column: 1 } as const;

/** Keys without effect and unknown ones. */
function tellOthers(fields: OriginalFields, log: FaultLog): void {
  const known = [...EFFECTIVE, ...Object.keys(INERT_SETTINGS)];
  for (const entry of fields.node.entries) {
    if (Object.hasOwn(INERT_SETTINGS, entry.key)) tellInert(entry, `settings.${entry.key}`, log);
    else if (!known.includes(entry.key)) warnUnknown(entry, { what: "settings", known }, log);
  }
}

class SettingsReader {
  readonly #fields: OriginalFields;
  readonly #log: FaultLog;

  constructor(fields: OriginalFields, log: FaultLog) {
    this.#fields = fields;
    this.#log = log;
  }

  word<Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const text = this.#fields.text(key);
    const found = words.find((word) => word === text?.toLowerCase());
    if (text !== undefined && found === undefined) {
      const message = `Unknown word ${JSON.stringify(text)} for "${key}": ${adviceFor(text, words)}`;
      this.#log.error(this.#fields.at(key), message);
    }
    return found;
  }

  /** A whole number from 1; zero is what the original took for nothing. */
  orDefault(key: string, range: { readonly max: number; readonly otherwise: number }): number {
    const expected = `a whole number from 1 to ${range.max}`;
    const found = this.#fields.amount(key, { expected, min: 0, max: range.max, isWhole: true });
    if (found === 0) warnZero(this.#fields, { key, meaning: `${range.otherwise}` }, this.#log);
    return found === undefined || found === 0 ? range.otherwise : found;
  }

  device(): Device | undefined {
    const name = this.#fields.text("mobile_device");
    if (name === undefined) return undefined;
    const device = deviceNamed(name);
    if (device === undefined) {
      const message = `Unknown device ${JSON.stringify(name)}: ${deviceAdvice(name)}`;
      this.#log.error(this.#fields.at("mobile_device"), message);
    }
    for (const key of ["window_width", "window_height"]) {
      const entry = this.#fields.has(key) ? this.#fields.entry(key) : undefined;
      if (entry !== undefined)
        this.#log.warn(
          entry.at,
          `No effect of settings.${key}: mobile_device ${JSON.stringify(device?.name ?? name)} has a size of its own`,
        );
    }
    return device;
  }
}

/** Tells that a zero stands for a default, as it did in the original. */
export function warnZero(
  fields: OriginalFields,
  { key, meaning }: { readonly key: string; readonly meaning: string },
  log: FaultLog,
): void {
  log.warn(fields.at(key), `A ${key} of 0 means its default, as in the original: ${meaning}`);
}
