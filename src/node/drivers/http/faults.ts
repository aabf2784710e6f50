/** What failures of the network are called, on every runtime. */
import { messageOf } from "#shared/errors.ts";

const UNTRUSTED = "the server's certificate is not trusted";
const NO_ANSWER = "the connection was closed without an answer";
const HANDSHAKE = "the TLS handshake failed";

const NETWORK_FAULTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ConnectionRefused: "the connection was refused",
  ENOTFOUND: "the host name is unknown",
  EAI_AGAIN: "the host name could not be looked up",
  ECONNRESET: NO_ANSWER,
  ConnectionClosed: NO_ANSWER,
  UND_ERR_SOCKET: NO_ANSWER,
  ETIMEDOUT: "the connection timed out",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  EPROTO: HANDSHAKE,
  ERR_SSL_WRONG_VERSION_NUMBER: HANDSHAKE,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: HANDSHAKE,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: "the server speaks no such TLS version",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "the server speaks no such TLS version",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the server wants a client certificate",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "the server does not trust the client certificate",
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  Malformed_HTTP_Response: "the answer is no HTTP",
  InvalidHTTPResponse: "the answer is no HTTP",
  HPE_INVALID_CONSTANT: "the answer is no HTTP",
  ResponseHeadersTooLarge: "the headers of the answer are too large",
  HPE_HEADER_OVERFLOW: "the headers of the answer are too large",
  ZlibError: "the body cannot be decompressed",
  Z_DATA_ERROR: "the body cannot be decompressed",
  Z_BUF_ERROR: "the body cannot be decompressed",
  BrotliDecompressionError: "the body cannot be decompressed",
  ZstdDecompressionError: "the body cannot be decompressed",
};

/** One phrase: `the connection was refused (ECONNREFUSED)`. */
export function describeNetworkFault(thrown: unknown): string {
  const code = codeOf(thrown);
  const words = code === undefined ? undefined : NETWORK_FAULTS[code];
  return words === undefined ? describeOther(thrown, code) : `${words} (${code})`;
}

function describeOther(thrown: unknown, code: string | undefined): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return code === undefined ? messageOf(cause) : `${messageOf(cause)} (${code})`;
}

/** Bun puts the code on the error, Node and Deno on its cause. */
function codeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const own = (thrown as Error & { code?: unknown }).code;
  return typeof own === "string" ? own : codeOf(thrown.cause);
}
