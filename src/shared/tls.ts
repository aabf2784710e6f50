/** Trust in certificates: reading a CA's file, and what to say and do when a server's certificate is not trusted. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { MeshError, messageOf } from "./errors.ts";

/** A join token carries it: a bundle of hundreds of CAs is none that signed one mesh. */
const CA_LENGTH_MAX = 10_000;

/** Reads the certificate of a CA, PEM. @throws {MeshError} `usage` when it cannot be read or is none. */
export function readCaFile(path: string): string {
  const pem = readPem(path, "the CA's certificate");
  if (pem.length > CA_LENGTH_MAX) {
    const text = `Cannot use ${path} as the CA's certificate: it has ${pem.length} characters, at most ${CA_LENGTH_MAX} are taken`;
    throw new MeshError("usage", text);
  }
  readCertificate(pem, path);
  return pem;
}

/** Reads a file that is named by a person. @throws {MeshError} `usage` */
export function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new MeshError("usage", `Cannot read ${what} ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** The first certificate of a PEM text. @throws {MeshError} `usage` when there is none. */
export function readCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new MeshError("usage", `Cannot use ${path}: it holds no certificate in PEM form`, {
      cause,
    });
  }
}

const UNKNOWN_CA =
  "its certificate is signed by no CA that is trusted here; name the CA's certificate by --ca FILE or PANOPTIC_CA, or give it to the gateway by --tls-ca and take a new join token";
const OTHER_NAME =
  "its certificate is another name's; reach it by a name that the certificate holds, or give the gateway one for this name by --tls-cert";

/** What OpenSSL and Bun call it, and what a person is told. */
const FAULTS: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_CA,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_CA,
  CERT_UNTRUSTED: UNKNOWN_CA,
  CERT_SIGNATURE_FAILURE: UNKNOWN_CA,
  INVALID_CA: UNKNOWN_CA,
  UnknownIssuer: UNKNOWN_CA,
  CERT_HAS_EXPIRED: "its certificate has expired; give the gateway a new one by --tls-cert",
  CERT_NOT_YET_VALID:
    "its certificate is not valid yet; compare the clocks of both machines, or give the gateway another by --tls-cert",
  CERT_REVOKED: "its certificate was revoked; give the gateway a new one by --tls-cert",
  ERR_TLS_CERT_ALTNAME_INVALID: OTHER_NAME,
  HOSTNAME_MISMATCH: OTHER_NAME,
  EPROTO: "it speaks no TLS on this port; its address may begin with http:// or nats://",
  ERR_SSL_WRONG_VERSION_NUMBER:
    "it speaks no TLS on this port; its address may begin with http:// or nats://",
};
const CAUSES_MAX = 5;

/** The refusal that a failed connection stands for when it is about trust; undefined for every other failure. */
export function distrustOf(thrown: unknown, place: string): MeshError | undefined {
  let cause = thrown;
  for (let depth = 0; depth < CAUSES_MAX && cause instanceof Error; depth += 1) {
    const said = "code" in cause ? FAULTS[String(cause.code)] : undefined;
    if (said !== undefined)
      return new MeshError("untrusted", `Cannot trust ${place}: ${said}`, { cause: thrown });
    cause = cause.cause;
  }
  return undefined;
}
