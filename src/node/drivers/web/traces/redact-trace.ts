/**
 * Takes secrets out of a trace (K1), so that Playwright's own viewer still opens it: a zip of JSON lines (`*.trace`, `*.network`,
 * `*.stacks`), of bodies under the sum of their content (`resources/`) and of pictures of the page (`screencast/`).
 *
 * Lines are parsed, so that they stay JSON, and their strings and keys masked; bodies of text are masked, others in which a
 * secret is found are replaced by a word about it, and those that change get the sum of their new content as their name, as the
 * old one would let short secrets be guessed; pictures are left out, as nobody masked them. A trace that cannot be redacted
 * is none: the reason is thrown.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Json } from "#proto/matcher.ts";
import { isJsonList, isJsonMapping } from "#shared/json-kind.ts";
import type { Redactor } from "#shared/redactor.ts";
import { createZip, type ZipEntry, type ZipWriter, zipEntries } from "./zip.ts";

export type RedactOptions = { readonly redactor: Redactor; readonly signal: AbortSignal };

const ENTRY_BYTES_MAX = 64 * 1024 * 1024;
const TRACE_BYTES_MAX = 512 * 1024 * 1024;
/** So much is masked in one go before others may run: about 50 ms. */
const BREATH_CHARACTERS = 512 * 1024;
const LINES = /\.(?:trace|network|stacks)$/;
const PICTURES = "screencast/";
const MASK = "***";
/** What lines refer to one another by: a secret that is such a word cannot be taken out. */
const STRUCTURE: ReadonlySet<string> = new Set(
  "type class method callId parentId pageId pageref frameId phase file _file sha1 _sha1".split(" "),
);

/** The same trace without secrets. @throws {Error} Why it cannot be redacted. */
export async function redactTrace(zip: Uint8Array, options: RedactOptions): Promise<Uint8Array> {
  const entries = zipEntries(zip).filter(({ name }) => !name.startsWith(PICTURES));
  checkSizes(entries);
  const writer = createZip();
  const masking = { ...options, names: new Map<string, string>() };
  // Bodies first: the lines refer to them by their names.
  for (const entry of entries)
    if (!LINES.test(entry.name)) await redactBody(entry, { ...masking, writer });
  for (const entry of entries) {
    if (!LINES.test(entry.name)) continue;
    const text = Buffer.from(await entry.read()).toString("utf8");
    await writer.add(entry.name, Buffer.from(await redactLines(text, masking)));
  }
  return writer.end();
}

type Masking = RedactOptions & {
  /** New names of bodies by their old ones. */
  readonly names: Map<string, string>;
};

function checkSizes(entries: readonly ZipEntry[]): void {
  const large = entries.find(({ bytes }) => bytes > ENTRY_BYTES_MAX);
  if (large !== undefined)
    throw new Error(
      `it holds ${large.bytes} bytes in one piece, at most ${ENTRY_BYTES_MAX} can be redacted`,
    );
  const bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  if (bytes > TRACE_BYTES_MAX)
    throw new Error(`it holds ${bytes} bytes, at most ${TRACE_BYTES_MAX} can be redacted`);
}

async function redactBody(
  { name, read }: ZipEntry,
  { redactor, signal, names, writer }: Masking & { readonly writer: ZipWriter },
): Promise<void> {
  const before = await read();
  const after = await maskBody(before, redactor);
  const isNamed = redactor.text(name) === name;
  const wanted = after === before && isNamed ? name : newName(name, after, redactor);
  if (wanted !== name) {
    names.set(name, wanted);
    names.set(baseOf(name), baseOf(wanted));
  }
  await writer.add(wanted, after);
  await breathe(signal);
}

const baseOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

function newName(name: string, content: Uint8Array, redactor: Redactor): string {
  const folder = redactor.text(name.slice(0, name.lastIndexOf("/") + 1));
  const extension = redactor.text(/\.[a-z0-9]{1,10}$/i.exec(name)?.[0] ?? "");
  for (let count = 0; count < 100; count += 1) {
    const sum = createHash("sha1").update(content).update(String(count)).digest("hex");
    if (redactor.text(sum) === sum) return `${folder}${sum}${extension}`;
  }
  throw new Error("a secret is found in every name");
}

/** Text is masked; of other bytes nothing is left when they hold a secret. */
async function maskBody(bytes: Uint8Array, redactor: Redactor): Promise<Uint8Array> {
  const masked = redactor.bytes(bytes);
  if (masked === bytes) return (await isPackedSecret(bytes, redactor)) ? leftOut(bytes) : bytes;
  return bytes.includes(0) ? leftOut(bytes) : masked;
}

function leftOut({ length }: Uint8Array): Uint8Array {
  return Buffer.from(`Left out: a secret was found in this body of ${length} bytes`);
}

const unpackGzip = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip);

/** Bodies that a page loads and unpacks itself. What cannot be unpacked is not what it seems to be, and was looked at as it is. */
async function isPackedSecret(bytes: Uint8Array, redactor: Redactor): Promise<boolean> {
  const isHit = (unpacked: Uint8Array) => redactor.bytes(unpacked) !== unpacked;
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b)
      return isHit(await unpackGzip(bytes, { maxOutputLength: ENTRY_BYTES_MAX }));
    if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) return false;
    const entries = zipEntries(bytes);
    checkSizes(entries);
    for (const { name, read } of entries)
      if (redactor.text(name) !== name || isHit(await read())) return true;
  } catch {
    // Too large or damaged: what is not known to be clean is not kept.
    return true;
  }
  return false;
}

async function redactLines(text: string, masking: Masking): Promise<string> {
  const lines: string[] = [];
  let characters = 0;
  for (const line of text.split("\n")) {
    if (line !== "") {
      const event = JSON.parse(line) as Json;
      if (!isPicture(event)) lines.push(JSON.stringify(maskValue(event, { masking, key: "" })));
    }
    characters += line.length;
    if (characters < BREATH_CHARACTERS) continue;
    characters = 0;
    await breathe(masking.signal);
  }
  return `${lines.join("\n")}\n`;
}

const isPicture = (event: Json): boolean =>
  isJsonMapping(event) && event["type"] === "screencast-frame";

type Place = {
  readonly masking: Masking;
  readonly key: string;
  /** Inside a snapshot of the page, whose attributes have names of their own. */
  readonly isPage?: boolean;
};

function maskValue(value: Json, place: Place): Json {
  if (typeof value === "string") return maskString(value, place);
  if (isJsonList(value))
    return maskList(value, { ...place, isPage: place.isPage === true || place.key === "html" });
  if (isJsonMapping(value)) return maskMapping(value, place);
  // Times and places are no secrets; what a page said may be one.
  return place.key === "value" ? place.masking.redactor.json(value) : value;
}

function maskString(text: string, { masking, key, isPage }: Place): Json {
  const { redactor, names } = masking;
  const name = names.get(text);
  if (name !== undefined) return name;
  // A value that is wholly a secret, also one that is too short to be looked for in other text.
  if (key === "value" || key === "text") return redactor.json(text);
  const masked = redactor.text(text);
  if (masked !== text && isPage !== true && STRUCTURE.has(key))
    throw new Error(`a secret is a word of the trace itself (${key})`);
  return key === "message"
    ? masked.replace(/^(\s*(?:fill|type|press)\()[\s\S]*\)$/, `$1${MASK})`)
    : masked;
}

function maskMapping(value: { readonly [key: string]: Json }, place: Place): Json {
  const entries = Object.entries(value).map(([key, item]) => [
    place.masking.redactor.text(key),
    maskValue(item, { ...place, key }),
  ]);
  return Object.fromEntries(entries) as Json;
}

/** Elements of a snapshot are lists: name, attributes, children. A password field's text is not the trace's to tell, however short. */
function maskList(list: readonly Json[], place: Place): Json {
  const [name, attributes] = list;
  const isField = place.isPage === true && name === "INPUT" && isJsonMapping(attributes);
  const isPassword = isField && /^password$/i.test(String(attributes["type"]));
  return list.map((item, index) =>
    isPassword && index === 1 && isJsonMapping(item)
      ? maskMapping(withoutTexts(item), place)
      : maskValue(item, place),
  );
}

function withoutTexts(attributes: { readonly [key: string]: Json }): Record<string, Json> {
  const entries = Object.entries(attributes).map(([key, value]) =>
    FIELD_TEXTS.has(key) && value !== "" ? [key, MASK] : [key, value],
  );
  return Object.fromEntries(entries) as Record<string, Json>;
}

const FIELD_TEXTS: ReadonlySet<string> = new Set(["value", "__playwright_value_"]);

/** Lets heartbeats and other attempts go on. @throws {Error} When the time is over. */
async function breathe(signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
  if (signal.aborted) throw new Error("there was no time to redact it");
}
