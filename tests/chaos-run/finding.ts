/** What the oracle can find wrong: one word a kind, so that a sabotage is known by what it does. */

/**
 * - `lost`         a test without a verdict of its own, which the rules did not allow
 * - `doubled`      an outcome counted twice, an attempt run twice, or two runs of one submit
 * - `verdict`      a verdict that the target's log contradicts
 * - `phantom`      a counted outcome without its requests in the log
 * - `forgotten`    the target saw it, the report does not say it
 * - `needless`     an attempt was given up though nothing had befallen its node
 * - `rejected`     an event that the gateway could not accept
 * - `changed`      the report of an ended run says something else later
 * - `exit`         exit code, status or totals that do not follow from the verdicts
 * - `ledger`       other tests than were planned
 * - `artifact`     stored bytes that are not there or have another sha256
 * - `undelivered`  a node kept something that it should have delivered
 * - `books`        figures of the gateway that do not fit
 * - `stuck`        a run, or a part of the mesh, that did not come to its end
 * - `died`         a part of the mesh ended by itself
 * - `left`         a process that outlived the mesh
 * - `stray`        the target was asked for what no test asks
 */
export type FindingKind =
  | "lost"
  | "doubled"
  | "verdict"
  | "phantom"
  | "forgotten"
  | "needless"
  | "rejected"
  | "changed"
  | "exit"
  | "ledger"
  | "artifact"
  | "undelivered"
  | "books"
  | "stuck"
  | "died"
  | "left"
  | "stray";

export type Finding = {
  readonly kind: FindingKind;
  /** Key of the test that it is about. */
  readonly test?: string;
  readonly text: string;
};
