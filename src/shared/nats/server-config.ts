/** P: the configuration of an embedded nats-server: only users that the gateway signed, core NATS only, nothing kept. */
import type { NatsTrust } from "./credentials.ts";

export type NatsServerSettings = {
  readonly host: string;
  readonly port: number;
  /** Told in the server's greeting: how we know that the one on our port is ours. */
  readonly serverName: string;
  readonly trust: NatsTrust;
  readonly logPath: string;
  /** Absent: without TLS. */
  readonly tls?: NatsServerTls | undefined;
};

export type NatsServerTls = {
  readonly certPath: string;
  readonly keyPath: string;
  /** Of the certificate: a server that runs with an older one is not this one. */
  readonly fingerprint: string;
};

const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;
const LOG_BYTES_MAX = 1024 * 1024;

/** Writes the text of `nats.conf`: the same for the same settings. It holds no secret, and is 0600 all the same. */
export function natsServerConfig(settings: NatsServerSettings): string {
  const { trust } = settings;
  return `# Written by Panoptic at every start of its gateway; changes are lost.
server_name: ${quote(settings.serverName)}
host: ${quote(settings.host)}
port: ${settings.port}
max_payload: ${PAYLOAD_BYTES_MAX}
max_pending: ${16 * PAYLOAD_BYTES_MAX}
ping_interval: "5s"
ping_max: 4
write_deadline: "10s"
log_file: ${quote(settings.logPath)}
logfile_size_limit: ${LOG_BYTES_MAX}
authorization: { timeout: 5 }
operator: ${trust.operatorJwt}
resolver: MEMORY
resolver_preload: { ${trust.accountPublicKey}: ${trust.accountJwt} }
${settings.tls === undefined ? "" : tlsBlock(settings.tls)}`;
}

/** With it the server takes no connection without TLS. */
function tlsBlock({ certPath, keyPath, fingerprint }: NatsServerTls): string {
  return `# certificate ${fingerprint}
tls {
  cert_file: ${quote(certPath)}
  key_file: ${quote(keyPath)}
  timeout: 5
}
`;
}

/** JSON text is nats.conf text, but for the forms that a path or a name of ours never has. */
function quote(text: string): string {
  return JSON.stringify(text);
}
