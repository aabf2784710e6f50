/** Forms of several parts (RFC 7578), sent in pieces: files are never in memory as a whole, and the length is known before. */
import { basename } from "node:path";
import type { Part } from "#proto/steps/request.ts";
import { newSecret } from "#shared/ids.ts";
import type { RequestStep } from "./body.ts";
import { openable, type Payload, type ResolveFile } from "./sent-file.ts";

type Fields = Extract<NonNullable<RequestStep["body"]>, { kind: "multipart" }>["fields"];
type Piece = { readonly bytes: number; readonly open: () => AsyncIterable<Uint8Array> };

/** @throws {StepError} When a file cannot be read. */
export async function toMultipart(fields: Fields, resolveFile: ResolveFile): Promise<Payload> {
  const boundary = `panoptic-${newSecret()}`;
  const pieces: Piece[] = [];
  for (const [name, parts] of Object.entries(fields)) {
    for (const part of [parts].flat()) {
      pieces.push(textPiece(`--${boundary}\r\n${headOf(name, part)}\r\n\r\n`));
      pieces.push(await contentOf(part, resolveFile));
      pieces.push(textPiece("\r\n"));
    }
  }
  pieces.push(textPiece(`--${boundary}--\r\n`));
  return {
    body: {
      kind: "pieces",
      bytes: pieces.reduce((sum, piece) => sum + piece.bytes, 0),
      open: () => inOrder(pieces),
    },
    contentType: `multipart/form-data; boundary=${boundary}`,
  };
}

function headOf(name: string, part: Part): string {
  const disposition = `content-disposition: form-data; name="${quoted(name)}"`;
  if (typeof part === "string") return disposition;
  if ("value" in part) return `${disposition}\r\ncontent-type: ${line(part.type)}`;
  const filename = part.filename ?? basename(part.file);
  const type = part.type ?? "application/octet-stream";
  return `${disposition}; filename="${quoted(filename)}"\r\ncontent-type: ${line(type)}`;
}

/** As browsers do: what would end the quotes or the line is percent-encoded. */
function quoted(text: string): string {
  return text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

const line = (text: string): string => text.replaceAll(/[\r\n]/g, " ");

async function contentOf(part: Part, resolveFile: ResolveFile): Promise<Piece> {
  if (typeof part === "string") return textPiece(part);
  return "value" in part ? textPiece(part.value) : openable(part.file, resolveFile);
}

function textPiece(text: string): Piece {
  const bytes = new TextEncoder().encode(text);
  return {
    bytes: bytes.length,
    open: async function* () {
      yield bytes;
    },
  };
}

async function* inOrder(pieces: readonly Piece[]): AsyncGenerator<Uint8Array, void> {
  for (const piece of pieces) yield* piece.open();
}
