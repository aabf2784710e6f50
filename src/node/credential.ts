/**
 * What a node keeps to show who it is (`credential.json`, 0600): the key pair that it made for itself, and what the
 * gateway gave it at its last join, so that it can start while the gateway's HTTP is away.
 */
import { z } from "zod";
import { JoinAnswer } from "#proto/api.ts";
import { keepPrivateJson, writePrivateFile } from "#shared/data-folder.ts";
import { messageOf } from "#shared/errors.ts";
import type { Log } from "#shared/log.ts";
import { isUserSeed, newUserSeed, publicKeyOf } from "#shared/nats/credentials.ts";

/** What a join gave, and of which mesh. */
const Pass = JoinAnswer.extend({ meshId: z.string() });
export type Pass = z.infer<typeof Pass>;

const CredentialFile = z.object({
  seed: z.string().refine(isUserSeed, "is no seed of a user"),
  pass: Pass.optional(),
});
type CredentialFile = z.infer<typeof CredentialFile>;

export type KeptCredential = {
  /** The secret half of the node's key pair: never leaves this folder. */
  readonly seed: string;
  readonly publicKey: string;
  /** Of the last join; undefined before the first. */
  readonly pass: () => Pass | undefined;
  readonly keepPass: (pass: Pass) => void;
};

/** Reads the file, or makes a key pair at the first start. @throws {MeshError} `store_failed` when it is damaged. */
export function openCredential(path: string, log: Log): KeptCredential {
  const make = (): CredentialFile => ({ seed: newUserSeed() });
  const file = keepPrivateJson<CredentialFile>(path, CredentialFile, make);
  let { pass } = file;
  return {
    seed: file.seed,
    publicKey: publicKeyOf(file.seed),
    pass: () => pass,
    keepPass: (next) => {
      pass = next;
      try {
        writePrivateFile(path, `${JSON.stringify({ seed: file.seed, pass })}\n`);
      } catch (thrown) {
        // A convenience: without it the next start needs the gateway's HTTP.
        log.warn("Cannot keep what the join gave", { reason: messageOf(thrown) });
      }
    },
  };
}
