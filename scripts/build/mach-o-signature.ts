/**
 * P: ad-hoc signatures of macOS executables. macOS ends a program at once whose pages are not those that its signature
 * names, and Bun 1.4.5 leaves the signature of the bare bun in files for Intel Macs (oven-sh/bun#39837; those for Apple
 * silicon come out right). Format: Apple's cs_blobs.h, CodeDirectory version 0x20400 with SHA-256 over pages of 4 KiB.
 * An ad-hoc signature says that a file is whole, not who made it.
 */
import { createHash } from "node:crypto";
import { BuildError } from "./build-error.ts";

const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const MAGIC_SUPER_BLOB = 0xfade0cc0;
const MAGIC_CODE_DIRECTORY = 0xfade0c02;
const VERSION_EXEC_SEGMENT = 0x20400;
/** Ad hoc, and without the requirements that only codesign's own signatures carry. */
const FLAGS_LINKER_SIGNED = 0x20002;
const EXEC_SEGMENT_MAIN = 1n;
const HASH_BYTES = 32;
const HASH_SHA256 = 2;
const PAGE_BITS = 12;
const PAGE_BYTES = 1 << PAGE_BITS;
const SUPER_BLOB_BYTES = 20;
const CODE_DIRECTORY_BYTES = 88;
/** Enough for both kinds of Mac: pages are 4 or 16 KiB. */
const SEGMENT_ALIGNMENT = 0x4000n;

type LoadCommand = { readonly kind: number; readonly at: number };

/** What is wrong with the signature of an executable; undefined when every page is the one that was signed. */
export function signatureFault(file: Buffer): string | undefined {
  const command = commandsOf(file).find(({ kind }) => kind === LC_CODE_SIGNATURE);
  if (command === undefined) return "it is not signed";
  const start = file.readUInt32LE(command.at + 8);
  if (start + file.readUInt32LE(command.at + 12) !== file.length) {
    return "its signature is not at its end";
  }
  const directory = directoryOf(file, start);
  if (directory === undefined) return "its signature has no code directory";
  if (file.readUInt32BE(directory + 32) !== start) return "its signature does not cover all of it";
  return pageFault(file, directory, start);
}

/** The CodeDirectory of the SuperBlob at `start`; its first word says where. */
function directoryOf(file: Buffer, start: number): number | undefined {
  if (file.readUInt32BE(start) !== MAGIC_SUPER_BLOB) return undefined;
  const at = start + file.readUInt32BE(start + 16);
  return file.readUInt32BE(at) === MAGIC_CODE_DIRECTORY ? at : undefined;
}

function pageFault(file: Buffer, directory: number, end: number): string | undefined {
  const hashes = directory + file.readUInt32BE(directory + 16);
  const count = file.readUInt32BE(directory + 28);
  if (count !== Math.ceil(end / PAGE_BYTES)) return "its signature has too few pages";
  for (let page = 0; page < count; page += 1) {
    const at = hashes + page * HASH_BYTES;
    if (!hashOfPage(file, page, end).equals(file.subarray(at, at + HASH_BYTES))) {
      return `its page ${page} is not the one that was signed`;
    }
  }
  return undefined;
}

/**
 * The executable with a new ad-hoc signature in the place of the one that it has.
 *
 * @throws {BuildError} When it has none: then there is no room for its load command.
 */
export function signAdHoc(file: Buffer, identifier: string): Buffer {
  const commands = commandsOf(file);
  const signature = commands.find(({ kind }) => kind === LC_CODE_SIGNATURE);
  const linkEdit = segmentOf(file, commands, "__LINKEDIT");
  const text = segmentOf(file, commands, "__TEXT");
  if (signature === undefined || linkEdit === undefined || text === undefined) {
    throw new BuildError("Cannot sign: the executable has no place for a signature");
  }
  const end = file.readUInt32LE(signature.at + 8);
  const pageCount = Math.ceil(end / PAGE_BYTES);
  const name = Buffer.from(`${identifier}\0`);
  const length = SUPER_BLOB_BYTES + CODE_DIRECTORY_BYTES + name.length + pageCount * HASH_BYTES;
  const signed = Buffer.alloc(end + length);
  file.copy(signed, 0, 0, end);
  // Page 0 holds the load commands: they change before it is hashed.
  signed.writeUInt32LE(length, signature.at + 12);
  const linkEditBytes = BigInt(signed.length) - signed.readBigUInt64LE(linkEdit.at + 40);
  signed.writeBigUInt64LE(linkEditBytes, linkEdit.at + 48);
  signed.writeBigUInt64LE(roundUp(linkEditBytes), linkEdit.at + 32);
  const execBytes = file.readBigUInt64LE(text.at + 48);
  writeSignature(signed, { end, pageCount, name, length, execBytes });
  return signed;
}

type Signature = {
  readonly end: number;
  readonly pageCount: number;
  readonly name: Buffer;
  readonly length: number;
  readonly execBytes: bigint;
};

function writeSignature(file: Buffer, of: Signature): void {
  const words = (at: number, ...values: number[]) => {
    for (const [index, value] of values.entries()) file.writeUInt32BE(value, at + 4 * index);
  };
  const directory = of.end + SUPER_BLOB_BYTES;
  const hashesAt = CODE_DIRECTORY_BYTES + of.name.length;
  words(of.end, MAGIC_SUPER_BLOB, of.length, 1, 0, SUPER_BLOB_BYTES);
  words(directory, MAGIC_CODE_DIRECTORY, of.length - SUPER_BLOB_BYTES, VERSION_EXEC_SEGMENT);
  words(directory + 12, FLAGS_LINKER_SIGNED, hashesAt, CODE_DIRECTORY_BYTES, 0, of.pageCount);
  words(directory + 32, of.end);
  file.set([HASH_BYTES, HASH_SHA256, 0, PAGE_BITS], directory + 36);
  file.writeBigUInt64BE(of.execBytes, directory + 72);
  file.writeBigUInt64BE(EXEC_SEGMENT_MAIN, directory + 80);
  of.name.copy(file, directory + CODE_DIRECTORY_BYTES);
  for (let page = 0; page < of.pageCount; page += 1) {
    hashOfPage(file, page, of.end).copy(file, directory + hashesAt + page * HASH_BYTES);
  }
}

function hashOfPage(file: Buffer, page: number, end: number): Buffer {
  const start = page * PAGE_BYTES;
  return createHash("sha256")
    .update(file.subarray(start, Math.min(start + PAGE_BYTES, end)))
    .digest();
}

function segmentOf(file: Buffer, commands: readonly LoadCommand[], name: string) {
  return commands.find(
    ({ kind, at }) =>
      kind === LC_SEGMENT_64 &&
      file.toString("latin1", at + 8, at + 24).replace(/\0.*$/, "") === name,
  );
}

function commandsOf(file: Buffer): LoadCommand[] {
  const commands: LoadCommand[] = [];
  let at = 32;
  for (let index = file.readUInt32LE(16); index > 0; index -= 1) {
    commands.push({ kind: file.readUInt32LE(at), at });
    at += file.readUInt32LE(at + 4);
  }
  return commands;
}

function roundUp(size: bigint): bigint {
  return ((size + SEGMENT_ALIGNMENT - 1n) / SEGMENT_ALIGNMENT) * SEGMENT_ALIGNMENT;
}
