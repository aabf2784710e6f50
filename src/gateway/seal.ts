/**
 * What rests sealed on the gateway (K1): the values of secrets until their run ends, and for as long as a run is kept what its
 * tests do, as people write passwords into their steps. AES-256-GCM under the folder's seal key.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { MeshError } from "#shared/errors.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Tells sealed texts from those of a gateway that did not seal them yet. */
const SEALED = "sealed1:";
const Values = z.record(z.string(), z.string());

export type Seal = {
  /** undefined when there is nothing to keep. */
  readonly close: (values: Readonly<Record<string, string>>) => string | undefined;
  readonly closeText: (text: string) => string;
  /** A text as `closeText` gave it; any other is given back as it is. @throws {MeshError} As `open`. */
  readonly openText: (sealed: string) => string;
  /** Tells equal texts from others and nothing else: a plain hash would let short secrets in them be guessed (K1). */
  readonly fingerprint: (text: string) => string;
  /** @throws {MeshError} `store_failed` when it was sealed under another key or was changed. */
  readonly open: (sealed: string) => Readonly<Record<string, string>>;
};

/** @param sealKey 32 random bytes as base64url. */
export function createSeal(sealKey: string): Seal {
  const key = Buffer.from(sealKey, "base64url");
  if (key.length !== 32)
    throw new MeshError(
      "store_failed",
      `Cannot use the seal key: it has ${key.length} bytes, not 32`,
    );
  return {
    close: (values) =>
      Object.keys(values).length === 0 ? undefined : encrypt(key, JSON.stringify(values)),
    open: (sealed) => Values.parse(JSON.parse(decrypt(key, sealed))),
    closeText: (text) => SEALED + encrypt(key, text),
    openText: (sealed) =>
      sealed.startsWith(SEALED) ? decrypt(key, sealed.slice(SEALED.length)) : sealed,
    fingerprint: (text) => createHmac("sha256", key).update(text).digest("hex"),
  };
}

function encrypt(key: Buffer, text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
}

function decrypt(key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed, "base64url");
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new MeshError(
      "store_failed",
      "Cannot open what was sealed: another seal.key, or a changed database",
      { cause },
    );
  }
}
