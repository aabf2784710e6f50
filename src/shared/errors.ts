/**
 * Expected failures: one class, a closed list of codes. Anything else that is thrown is a fault of ours.
 * Nobody decides by message text; whoever needs to decide adds a code here.
 */

export type MeshErrorCode =
  | "usage" // wrong call, flag or argument of a person
  | "suite_invalid"
  | "unknown_name" // a `${…}` of a step that has no value when the step runs
  | "tool_missing" // nats-server, a browser, bun
  | "gateway_unreachable"
  | "unauthorized"
  | "not_found"
  | "conflict"
  | "too_large"
  | "no_matching_node"
  | "nothing_to_run"
  | "disk_full"
  | "blob_mismatch" // bytes that are not what their sha256 says
  | "folder_locked"
  | "untrusted" // a certificate that is not trusted: nothing is sent
  | "foreign_mesh" // a token or message of another mesh
  | "foreign_key" // a node id that another key pair speaks for
  | "refused" // a peer said no; the message says why
  | "bus_closed"
  | "bus_timeout"
  | "bus_no_responders"
  | "bus_unreadable" // a message that its schema refuses
  | "store_failed"
  | "store_busy" // another process holds the database: passes
  | "store_damaged" // a database file that is torn, gone or no database: does not pass
  | "report_failed"
  | "internal";

/** An expected failure with a code to decide by and a sentence for people: action, reason, current value. */
export class MeshError extends Error {
  override readonly name = "MeshError";
  readonly code: MeshErrorCode;

  constructor(code: MeshErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Ends a switch over a union: the compiler proves that nothing reaches it. @throws {Error} Always. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable value: ${JSON.stringify(value)}`);
}
