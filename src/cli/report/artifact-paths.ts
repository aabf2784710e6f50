/** P: where each stored artifact of a report lies in the report's folder: safe names, none twice. */
import { createHash } from "node:crypto";
import type { Report, ReportArtifact } from "#proto/report.ts";

const SLUG_LENGTH_MAX = 60;
/** UTF-8, without ending and number: file systems take 255 bytes of a name. */
const STEM_BYTES_MAX = 120;

export type PlacedArtifact = {
  readonly artifact: ReportArtifact;
  readonly sha256: string;
  /** Relative to the report's folder, with forward slashes. */
  readonly path: string;
};

/** Places every artifact that the gateway has: `artifacts/TEST/attempt-N/NAME`. */
export function placeArtifacts(report: Report): PlacedArtifact[] {
  return report.tests.flatMap((test) =>
    test.attempts.flatMap((attempt) => {
      const taken = new Set<string>();
      return attempt.artifacts.flatMap((artifact) => {
        if (artifact.state !== "stored" || artifact.sha256 === undefined) return [];
        const name = freeName(safeName(artifact.name), taken);
        const path = `artifacts/${folderName(test.key)}/attempt-${attempt.number}/${name}`;
        return [{ artifact, sha256: artifact.sha256, path }];
      });
    }),
  );
}

/** A folder name that people recognise and that no two test keys share. */
function folderName(key: string): string {
  const slug = key
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, SLUG_LENGTH_MAX)
    .toLowerCase();
  const hash = createHash("sha256").update(key).digest("hex").slice(0, 8);
  return slug === "" ? hash : `${slug}-${hash}`;
}

/** Windows opens a device by these names, whatever ending they have. */
const DEVICE_NAME =
  /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\.|$)/i;

/** Without folders, control characters and what Windows refuses; never hidden, never empty, never a device. */
function safeName(name: string): string {
  const base = name.split(/[\\/]/).at(-1) ?? "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must go
  const safe = base.replace(/[\u0000-\u001f\u007f<>:"|?*]+/g, "_").replace(/^\.+|[. ]+$/g, "");
  const file = DEVICE_NAME.test(safe.replace(/ +(?=\.|$)/g, "")) ? `_${safe}` : safe;
  const { stem, ending } = splitName(file === "" ? "artifact" : file);
  return firstBytes(stem, STEM_BYTES_MAX) + ending;
}

/** Whole characters only. */
function firstBytes(text: string, bytesMax: number): string {
  let bytes = 0;
  let head = "";
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) break;
    head += character;
  }
  return head;
}

function freeName(name: string, taken: Set<string>): string {
  const { stem, ending } = splitName(name);
  let free = name;
  for (let count = 2; taken.has(free.toLowerCase()); count += 1)
    free = `${stem} (${count})${ending}`;
  taken.add(free.toLowerCase());
  return free;
}

function splitName(name: string): { readonly stem: string; readonly ending: string } {
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 ? name.slice(dot).slice(0, 20) : "";
  return { stem: name.slice(0, name.length - (dot > 0 ? name.length - dot : 0)), ending };
}
