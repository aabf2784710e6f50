/**
 * The gateway's certificate: read and judged before anything is served, so that one that nobody could trust is refused
 * at the start, by name, and not by every node.
 */
import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { Clock } from "#shared/clock.ts";
import { MeshError } from "#shared/errors.ts";
import type { NatsServerTls } from "#shared/nats/server-config.ts";
import type { ServeTls } from "#shared/runtime/serve.ts";
import { readCaFile, readCertificate, readPem } from "#shared/tls.ts";

/** The files that a person names; relative to this process's folder. */
export type TlsFiles = {
  readonly certPath: string;
  readonly keyPath: string;
  /** Of the CA that signed it; absent: one that every machine of the mesh trusts anyway. */
  readonly caPath?: string | undefined;
};

export type GatewayTls = {
  readonly serve: ServeTls;
  readonly nats: NatsServerTls;
  /** PEM of the CA; goes into join tokens. */
  readonly ca: string | undefined;
};

export type TlsOpening = {
  readonly files: TlsFiles;
  /** The address that is listened on. */
  readonly host: string;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
};

/**
 * Reads the files and finds a name of the certificate by which this machine reaches itself.
 *
 * @throws {MeshError} `usage` when a file cannot be read, the key is not the certificate's, its time is not now, or it
 *   holds none of the names by which the gateway is reached.
 */
export function openTls({ files, host, publicUrl, clock }: TlsOpening): GatewayTls {
  const certPath = resolve(files.certPath);
  const keyPath = resolve(files.keyPath);
  const cert = readPem(certPath, "the certificate");
  const key = readPem(keyPath, "the certificate's key");
  const certificate = readCertificate(cert, certPath);
  const refuse = (reason: string): never => {
    throw new MeshError("usage", `Cannot use the certificate ${certPath}: ${reason}`);
  };
  if (!certificate.checkPrivateKey(readKey(key, keyPath))) refuse(`${keyPath} is not its key`);
  const nowMs = clock.wallMs();
  if (Date.parse(certificate.validTo) <= nowMs) refuse(`it expired on ${certificate.validTo}`);
  if (Date.parse(certificate.validFrom) > nowMs)
    refuse(`it is valid from ${certificate.validFrom} only; compare this machine's clock`);
  if (publicUrl?.startsWith("http://"))
    refuse(`--public-url is ${publicUrl}; with a certificate it begins with https://`);
  const publicHost = publicUrl === undefined ? undefined : hostOf(publicUrl);
  const wanted = publicHost === undefined ? namesOf(host) : [publicHost];
  if (!wanted.some((name) => holds(certificate, name)))
    refuse(
      `it is for ${certificate.subjectAltName ?? "no name"}, not for ${wanted.join(" or ")}; make one that holds that name, or give its name by --public-url`,
    );
  const name = [...namesOf(host), ...wanted].find((one) => holds(certificate, one)) ?? host;
  return {
    serve: { cert, key, name },
    nats: { certPath, keyPath, fingerprint: certificate.fingerprint256 },
    ca: files.caPath === undefined ? undefined : readCaFile(files.caPath),
  };
}

function readKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const text = `Cannot use ${path} as the certificate's key: it is no private key in PEM form without a password`;
    throw new MeshError("usage", text, { cause });
  }
}

/** How this machine reaches a server on that address. */
function namesOf(host: string): string[] {
  const bare = bareHost(host);
  const isEverywhere = bare === "0.0.0.0" || bare === "::";
  const isLoopback = isEverywhere || bare === "::1" || bare === "localhost" || /^127\./.test(bare);
  return [isEverywhere ? "127.0.0.1" : bare, ...(isLoopback ? ["localhost"] : [])];
}

const hostOf = (url: string): string => bareHost(new URL(url).hostname);
const bareHost = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");

function holds(certificate: X509Certificate, name: string): boolean {
  const found = isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name);
  return found !== undefined;
}
