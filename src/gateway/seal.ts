/** Secrets at rest on the gateway: AES-256-GCM under the folder's seal key, until the run ends (K1). */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { MeshError } from "#shared/errors.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const Values = z.record(z.string(), z.string());

export type Seal = {
  /** undefined when there is nothing to keep. */
  readonly close: (values: Readonly<Record<string, string>>) => string | undefined;
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
    close: (values) => {
      if (Object.keys(values).length === 0) return undefined;
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, nonce);
      const body = Buffer.concat([cipher.update(JSON.stringify(values), "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url");
    },
    fingerprint: (text) => createHmac("sha256", key).update(text).digest("hex"),
    open: (sealed) => {
      const bytes = Buffer.from(sealed, "base64url");
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const text = Buffer.concat([
          decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
          decipher.final(),
        ]);
        return Values.parse(JSON.parse(text.toString("utf8")));
      } catch (cause) {
        throw new MeshError(
          "store_failed",
          "Cannot open sealed secrets: another seal.key, or a changed database",
          { cause },
        );
      }
    },
  };
}
