/**
 * Looks for values in everything that a mesh has stored, written or answered, without asking the code under test how a value
 * may be written. Archives are unpacked. What a person wrote (`suites-…`) is not the mesh's.
 */
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";

/** Named bytes: a file, an answer, what a program said. */
export type Place = readonly [name: string, bytes: Buffer];

/** How a value may be written, as bytes in Latin-1; of base64 the letters that do not depend on its neighbours. */
export function formsOf(value: string): readonly string[] {
  const html = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const json = JSON.stringify(value).slice(1, -1);
  const quoted = html.replaceAll('"', "&quot;");
  const percent = encodeURIComponent(value);
  const texts = [
    ...[value, json, html, quoted, percent, encodeURI(value), globalThis.escape(value)],
    quoted.replaceAll("'", "&#39;"),
    html.replaceAll('"', "&#34;").replaceAll("'", "&#39;"),
    percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    encodeURIComponent(percent),
    new URLSearchParams({ v: value }).toString().slice(2),
    ...[value, quoted, percent].map((text) => JSON.stringify(JSON.stringify(text)).slice(3, -3)),
    JSON.stringify(quoted).slice(1, -1),
    encodeURIComponent(json),
    json.replaceAll("&", "&amp;").replaceAll('"', "&quot;"),
    json.replace(
      /[\u0080-\uffff]/g,
      (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
    value.normalize("NFD"),
    // As names of files are made harmless.
    value.replace(/[/\\:*?"<>|]/g, "_"),
  ];
  const bytes = [Buffer.from(value), Buffer.from(value, "latin1")];
  const encoded = bytes.flatMap((own) => [
    own.toString("hex"),
    ...[0, 1, 2].flatMap((offset) => {
      const whole = Buffer.concat([Buffer.alloc(offset), own, Buffer.alloc(2)]);
      const [from, to] = [Math.ceil((offset * 8) / 6), Math.floor(((offset + own.length) * 8) / 6)];
      const base64 = whole.toString("base64").slice(from, to);
      return [
        base64,
        base64.replaceAll("+", "-").replaceAll("/", "_"),
        base64.replaceAll("/", "\\/"),
      ];
    }),
  ]);
  const raw = [Buffer.from(value, "latin1"), Buffer.from(value, "utf16le")];
  const all = [
    ...texts.map((text) => Buffer.from(text).toString("latin1")),
    ...encoded,
    ...raw.map((one) => one.toString("latin1")),
  ];
  return [...new Set(all)];
}

/** The names of the places where a value is found, each with the form. */
export function leaksIn(places: Iterable<Place>, values: readonly string[]): string[] {
  const forms = values.flatMap(formsOf);
  return [...places].flatMap(([name, bytes]) => {
    const text = bytes.toString("latin1");
    const hit = forms.find(
      (form) => text.includes(form) || Buffer.from(name).toString("latin1").includes(form),
    );
    return hit === undefined ? [] : [`${name}: ${hit}`];
  });
}

/** Every file below a folder, packed ones also unpacked. */
export function* filesIn(folder: string): Iterable<Place> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || /\/suites-\d+\//.test(path)) continue;
    const bytes = readOrNothing(path);
    yield [path, bytes];
    yield* unpacked(path, bytes);
  }
}

/** Command lines and environments of all processes that may be read, and what browsers have in the folder for temporary files. */
export function* machinePlaces(): Iterable<Place> {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
    for (const part of ["cmdline", "environ"])
      yield [`${part} of ${pid}`, readOrNothing(`/proc/${pid}/${part}`)];
  for (const name of readdirSync(tmpdir()))
    if (/^(panoptic-browser-|playwright)/.test(name)) {
      try {
        yield* filesIn(join(tmpdir(), name));
      } catch {
        // It has gone meanwhile.
      }
    }
}

/** Zip files by their local headers' directory, and gzip. */
function* unpacked(name: string, bytes: Buffer): Iterable<Place> {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) yield [`${name}!`, gunzipSync(bytes)];
  if (bytes.subarray(0, 4).toString("latin1") !== "PK\x03\x04") return;
  const end = bytes.lastIndexOf("PK\x05\x06", undefined, "latin1");
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameBytes = bytes.readUInt16LE(at + 28);
    const localAt = bytes.readUInt32LE(at + 42);
    const from = localAt + 30 + bytes.readUInt16LE(localAt + 26) + bytes.readUInt16LE(localAt + 28);
    const packed = bytes.subarray(from, from + bytes.readUInt32LE(at + 20));
    const content = bytes.readUInt16LE(at + 10) === 0 ? packed : inflateRawSync(packed);
    const own = `${name}!${bytes.toString("utf8", at + 46, at + 46 + nameBytes)}`;
    yield [own, content];
    yield* unpacked(own, content);
    at += 46 + nameBytes + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
}

function readOrNothing(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    // It has gone meanwhile, or is another user's.
    return Buffer.alloc(0);
  }
}
