/** Names of pictures and films that an original suite asks for: inside the attempt's folder, with the ending of a format that there is. Pure. */
import { suitePath } from "../suite-path.ts";

const ENDINGS = {
  picture: /\.(png|jpe?g)$/i,
  video: /\.(mp4|webm)$/i,
} as const;
/** What looks like the ending of another format, not like a part of the name. */
const OTHER_ENDING = /\.[a-z][a-z0-9]{1,4}$/i;

export type FileKind = keyof typeof ENDINGS;

export type FileWish = {
  readonly kind: FileKind;
  /** As written; undefined when nobody named it. */
  readonly written: string | undefined;
  /** What it is called then. */
  readonly otherwise: string;
  /** Of the settings, without the dot. */
  readonly ending: string;
};

export type FileName = {
  readonly name: string;
  /** What was changed about the name as written; undefined when nothing worth telling was. */
  readonly warning?: string;
};

/** Makes the name of a file: of a path its last part, since the files of an attempt lie in one folder. */
export function fileNameFor(wish: FileWish): FileName {
  const { written } = wish;
  const fallback = `${plain(wish.otherwise)}.${wish.ending}`;
  if (written === undefined) return { name: fallback };
  const place = suitePath(written);
  const path = place.kind === "inside" ? place.path : written;
  const base = (path.split(/[\\/]/).at(-1) ?? "").replace(/^[A-Za-z]:/, "");
  const isNameless = base.trim() === "" || /^\.+$/.test(base) || base.includes("\0");
  const made = isNameless ? { name: fallback } : withEnding(base, wish);
  const saved = `it is saved as ${JSON.stringify(made.name)}`;
  if (place.kind === "refused") {
    const warning = `The file name ${JSON.stringify(written)} leads outside the attempt's folder (${place.reason}): ${saved}`;
    return { name: made.name, warning };
  }
  if (base === path) return made;
  const warning = `The files of an attempt lie in one folder, found ${JSON.stringify(written)}: ${saved}`;
  return { name: made.name, warning };
}

/** Whether a name has the ending of a format of this kind. */
export function hasEnding(name: string, kind: FileKind): boolean {
  return ENDINGS[kind].test(name);
}

function withEnding(name: string, wish: FileWish): FileName {
  if (ENDINGS[wish.kind].test(name)) return { name };
  const whole = `${name}.${wish.ending}`;
  if (!OTHER_ENDING.test(name)) return { name: whole };
  const what = wish.kind === "picture" ? "Pictures are PNG or JPEG" : "Films are MP4 or WebM";
  return {
    name: whole,
    warning: `${what}, found ${JSON.stringify(name)}: it is saved as ${JSON.stringify(whole)}`,
  };
}

/** A name of an action as a name of a file: no folders. */
const plain = (name: string): string => name.trim().replaceAll(/[\\/]+/g, "-") || "file";
