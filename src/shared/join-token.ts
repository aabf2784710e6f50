/** The text form of a join token (I3): `pnp1_` and base64url of its JSON. What it says is proto's `JoinToken`. */
import { z } from "zod";
import { JoinToken } from "#proto/api.ts";
import { MeshError } from "./errors.ts";

const PREFIX = "pnp1_";
const TEXT_LENGTH_MAX = 20_000;

/** Writes a token as one word without characters that a shell would read. */
export function encodeJoinToken(token: JoinToken): string {
  return PREFIX + Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** Reads a token, with or without surrounding white space. @throws {MeshError} `usage` when it is not one; its text is never repeated. */
export function decodeJoinToken(text: string): JoinToken {
  const word = text.trim();
  if (!word.startsWith(PREFIX) || word.length > TEXT_LENGTH_MAX) {
    throw new MeshError("usage", `Cannot read the join token: it does not begin with ${PREFIX}`);
  }
  const json = parseJson(Buffer.from(word.slice(PREFIX.length), "base64url").toString("utf8"));
  const parsed = JoinToken.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new MeshError("usage", `Cannot read the join token: ${whyUnreadable(json)}`);
}

const Versioned = z.object({ version: z.number().int() });

function whyUnreadable(json: unknown): string {
  const version = Versioned.safeParse(json).data?.version;
  const ours = JoinToken.shape.version.value;
  if (version === undefined || version === ours)
    return "it is incomplete; copy the whole word that `panoptic token` prints";
  if (version > ours) return `it is of version ${version}, this program reads ${ours}; update it`;
  return `it is of version ${version}, made by an older gateway; update the gateway and take a new one by \`panoptic token\``;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Refused by the schema, with the one sentence that a person needs.
    return undefined;
  }
}
