/**
 * Zip files as traces are (APPNOTE.TXT of PKWARE, 4.3): read entry by entry, each unpacked when it is asked for and within a
 * bound; written entry by entry, packed as they come, so that never more than one of them lies unpacked in memory. Without
 * encryption, several disks and sizes of 4 GiB and more.
 */
import { promisify } from "node:util";
import { crc32, deflateRaw, inflateRaw } from "node:zlib";

export type ZipEntry = {
  readonly name: string;
  /** Unpacked, as the directory says. */
  readonly bytes: number;
  /** @throws {Error} When it is damaged, or larger than it says. */
  readonly read: () => Promise<Uint8Array>;
};

export type ZipWriter = {
  readonly add: (name: string, content: Uint8Array) => Promise<void>;
  /** The whole file. */
  readonly end: () => Uint8Array;
};

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const END_BYTES = 22;
const COMMENT_BYTES_MAX = 65_535;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const UTF8_NAMES = 0x800;
const VERSION = 20;

const pack = promisify<Uint8Array, Buffer>(deflateRaw);
const unpack = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);

/** Lists the entries in the directory's order. @throws {Error} When the bytes are no zip file. */
export function zipEntries(bytes: Uint8Array): readonly ZipEntry[] {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(zip);
  const count = zip.readUInt16LE(end + 10);
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let index = 0; index < count; index += 1) {
    if (zip.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error("its directory is damaged");
    const nameBytes = zip.readUInt16LE(at + 28);
    const nameAt = at + DIRECTORY_ENTRY_BYTES;
    const name = zip.toString("utf8", nameAt, nameAt + nameBytes);
    entries.push({ name, bytes: zip.readUInt32LE(at + 24), read: readerOf(zip, at) });
    at = nameAt + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return entries;
}

function findEnd(zip: Buffer): number {
  const first = Math.max(0, zip.length - END_BYTES - COMMENT_BYTES_MAX);
  for (let at = zip.length - END_BYTES; at >= first; at -= 1)
    if (zip.readUInt32LE(at) === END_OF_DIRECTORY) return at;
  throw new Error("it is no zip file: it has no directory");
}

function readerOf(zip: Buffer, at: number): () => Promise<Uint8Array> {
  const method = zip.readUInt16LE(at + 10);
  const sum = zip.readUInt32LE(at + 16);
  const packedBytes = zip.readUInt32LE(at + 20);
  const maxOutputLength = Math.max(1, zip.readUInt32LE(at + 24));
  const localAt = zip.readUInt32LE(at + 42);
  return async () => {
    const extra = zip.readUInt16LE(localAt + 26) + zip.readUInt16LE(localAt + 28);
    const from = localAt + LOCAL_HEADER_BYTES + extra;
    const packed = zip.subarray(from, from + packedBytes);
    const content = method === STORED ? packed : await unpack(packed, { maxOutputLength });
    if (crc32(content) !== sum) throw new Error("an entry is damaged");
    return content;
  };
}

type Written = {
  readonly name: Buffer;
  readonly sum: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly at: number;
};

/** Begins an empty file. */
export function createZip(): ZipWriter {
  const parts: Buffer[] = [];
  const written: Written[] = [];
  let length = 0;
  const push = (part: Buffer) => {
    parts.push(part);
    length += part.length;
  };
  return {
    add: async (name, content) => {
      const packed = await pack(content);
      const entry: Written = {
        name: Buffer.from(name, "utf8"),
        sum: crc32(content),
        packedBytes: packed.length,
        bytes: content.length,
        at: length,
      };
      written.push(entry);
      push(localHeader(entry));
      push(packed);
    },
    end: () => {
      const at = length;
      for (const entry of written) push(directoryEntry(entry));
      push(endOfDirectory(written.length, at, length - at));
      return Buffer.concat(parts);
    },
  };
}

/** What local header and directory entry share, at `at`. */
function writeCommon(header: Buffer, at: number, entry: Written): void {
  header.writeUInt16LE(VERSION, at);
  header.writeUInt16LE(UTF8_NAMES, at + 2);
  header.writeUInt16LE(DEFLATED, at + 4);
  // 1980-01-01: when it was written is nobody's business.
  header.writeUInt16LE(0x21, at + 8);
  header.writeUInt32LE(entry.sum, at + 10);
  header.writeUInt32LE(entry.packedBytes, at + 14);
  header.writeUInt32LE(entry.bytes, at + 18);
  header.writeUInt16LE(entry.name.length, at + 22);
}

function localHeader(entry: Written): Buffer {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES);
  header.writeUInt32LE(LOCAL_HEADER, 0);
  writeCommon(header, 4, entry);
  return Buffer.concat([header, entry.name]);
}

function directoryEntry(entry: Written): Buffer {
  const header = Buffer.alloc(DIRECTORY_ENTRY_BYTES);
  header.writeUInt32LE(DIRECTORY_ENTRY, 0);
  header.writeUInt16LE(VERSION, 4);
  writeCommon(header, 6, entry);
  header.writeUInt32LE(entry.at, 42);
  return Buffer.concat([header, entry.name]);
}

function endOfDirectory(count: number, at: number, bytes: number): Buffer {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32LE(END_OF_DIRECTORY, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(bytes, 12);
  end.writeUInt32LE(at, 16);
  return end;
}
