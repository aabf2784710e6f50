/** P: the configuration of an embedded nats-server: two users, core NATS only, nothing kept. */
import {
  anyEventsSubject,
  anyHeartbeatSubject,
  anyLiveSubject,
  gatewayUpSubject,
  helloSubject,
} from "#proto/subjects.ts";
import type { NatsUsers } from "../data-folder.ts";

export type NatsServerSettings = {
  readonly host: string;
  readonly port: number;
  /** Told in the server's greeting: how we know that the one on our port is ours. */
  readonly serverName: string;
  readonly users: NatsUsers;
  readonly logPath: string;
};

const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;
const LOG_BYTES_MAX = 1024 * 1024;
const INBOX = "_INBOX.>";
const ALL = "panoptic.>";
/** Any node's offers and control: which node asks is not known to the server, since all share one user. */
const OFFERS = "panoptic.v1.node.*.offer";
const CONTROL = "panoptic.v1.node.*.control";

/** Writes the text of `nats.conf`. It holds the passwords: its file is 0600. */
export function natsServerConfig(settings: NatsServerSettings): string {
  const { users } = settings;
  const nodePublish = [
    helloSubject(),
    anyHeartbeatSubject(),
    anyEventsSubject(),
    anyLiveSubject(),
    INBOX,
  ];
  const nodeSubscribe = [gatewayUpSubject(), OFFERS, CONTROL, INBOX];
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
authorization {
  timeout: 5
  users: [
    ${user({ name: users.gatewayUser, password: users.gatewayPassword, publish: [ALL, INBOX], subscribe: [ALL, INBOX] })}
    ${user({ name: users.nodeUser, password: users.nodePassword, publish: nodePublish, subscribe: nodeSubscribe })}
  ]
}
`;
}

type User = {
  readonly name: string;
  readonly password: string;
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
};

function user(of: User): string {
  const list = (subjects: readonly string[]) => `[${subjects.map(quote).join(", ")}]`;
  return `{ user: ${quote(of.name)}, password: ${quote(of.password)}, permissions: { publish: ${list(of.publish)}, subscribe: ${list(of.subscribe)} } }`;
}

/** JSON text is nats.conf text, but for the forms that a path or a name of ours never has. */
function quote(text: string): string {
  return JSON.stringify(text);
}
