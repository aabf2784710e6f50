/** TLS settings of a step with their files read: what a connection is made with. */
import { readFile } from "node:fs/promises";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import type { Tls } from "#proto/tls.ts";
import { messageOf } from "#shared/errors.ts";
import { StepError } from "../../driver.ts";

export type SecureSettings = {
  /** Connections of equal keys may be shared. */
  readonly key: string;
  readonly context: SecureContext;
  readonly isTrusting: boolean;
  readonly serverName: string | undefined;
};

/** More different settings than this are no attempt's. */
const REMEMBERED_MAX = 50;

/** Reads settings; the same settings are read once an attempt. */
export function createSecureReader(
  resolveFile: (path: string) => string,
): (tls: Tls) => Promise<SecureSettings> {
  const known = new Map<string, Promise<SecureSettings>>();
  return (tls) => {
    const key = JSON.stringify(tls);
    const made = known.get(key) ?? readSettings(key, tls, resolveFile);
    if (known.size < REMEMBERED_MAX) known.set(key, made);
    return made;
  };
}

async function readSettings(
  key: string,
  tls: Tls,
  resolveFile: (path: string) => string,
): Promise<SecureSettings> {
  const read = async (path: string | undefined) =>
    path === undefined ? undefined : readNamed(path, resolveFile);
  const [ca, cert, privateKey, pfx] = await Promise.all([
    read(tls.ca),
    read(tls.cert),
    read(tls.key),
    read(tls.pfx),
  ]);
  try {
    const context = createSecureContext({
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      ...(cert === undefined ? {} : { cert }),
      ...(privateKey === undefined ? {} : { key: privateKey }),
      ...(pfx === undefined ? {} : { pfx }),
      ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase }),
      minVersion: tls.minVersion === "1.3" ? "TLSv1.3" : "TLSv1.2",
    });
    return { key, context, isTrusting: tls.insecure === true, serverName: tls.serverName };
  } catch (thrown) {
    const text = `Cannot use the certificates of tls: ${messageOf(thrown)}`;
    throw new StepError("failed", "request", text);
  }
}

async function readNamed(path: string, resolveFile: (path: string) => string): Promise<Buffer> {
  try {
    return await readFile(resolveFile(path));
  } catch (thrown) {
    throw new StepError("failed", "request", `Cannot read ${path} of tls: ${messageOf(thrown)}`);
  }
}
