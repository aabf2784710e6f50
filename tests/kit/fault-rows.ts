/** The rows of the protocol's fault table, in its words: each has a test with real processes, and the simulator plays each. */
export const FAULT_ROWS = [
  "node killed mid-attempt",
  "node frozen 10 s",
  "node cut off, gateway well",
  "NATS away for everyone",
  "gateway killed between commit and send",
  "gateway killed, NATS alive",
  "offer accepted, reply lost",
  "recall or drain racing a start",
  "confirm lost",
  "node disk full",
  "gateway disk full",
  "blob lost after its event",
] as const;
export type FaultRow = (typeof FAULT_ROWS)[number];
