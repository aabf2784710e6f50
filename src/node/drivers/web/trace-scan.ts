/** Looks for secrets in a zip file's entries: where texts lie packed, a mask cannot reach them. */
import { inflateRawSync } from "node:zlib";
import { messageOf } from "#shared/errors.ts";
import type { Redactor } from "#shared/redactor.ts";

const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
/** An entry that is larger cannot be looked through. */
const ENTRY_BYTES_MAX = 64 * 1024 * 1024;

/** Why a zip file must not be kept: an entry or its name shows a secret, or that cannot be found out; undefined when neither. */
export function whyUnfit(zip: Uint8Array, redactor: Redactor): string | undefined {
  try {
    for (const entry of entriesOf(Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength))) {
      if (redactor.text(entry.name) !== entry.name) return SECRET_INSIDE;
      const bytes = entry.read();
      if (redactor.bytes(bytes) !== bytes) return SECRET_INSIDE;
    }
    return undefined;
  } catch (thrown) {
    return `it cannot be searched for secrets: ${messageOf(thrown)}`;
  }
}

const SECRET_INSIDE = "a secret of the suite is in it";

type Entry = { readonly name: string; readonly read: () => Uint8Array };

/** @throws {Error} When the bytes are no zip file. */
function* entriesOf(zip: Buffer): Generator<Entry> {
  const end = findEnd(zip);
  const count = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    const nameBytes = zip.readUInt16LE(at + 28);
    const nameAt = at + DIRECTORY_ENTRY_BYTES;
    const name = zip.toString("utf8", nameAt, nameAt + nameBytes);
    yield { name, read: readerOf(zip, at) };
    at = nameAt + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

function findEnd(zip: Buffer): number {
  const first = Math.max(0, zip.length - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = zip.length - END_BYTES; at >= first; at -= 1)
    if (zip.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  throw new Error("no directory");
}

function readerOf(zip: Buffer, at: number): () => Uint8Array {
  const method = zip.readUInt16LE(at + 10);
  const packedBytes = zip.readUInt32LE(at + 20);
  const localAt = zip.readUInt32LE(at + 42);
  return () => {
    const extra = zip.readUInt16LE(localAt + 26) + zip.readUInt16LE(localAt + 28);
    const from = localAt + LOCAL_HEADER_BYTES + extra;
    const packed = zip.subarray(from, from + packedBytes);
    return method === STORED
      ? packed
      : inflateRawSync(packed, { maxOutputLength: ENTRY_BYTES_MAX });
  };
}
