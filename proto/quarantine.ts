/** The quarantine list: tests that still run and are told of, and whose failures do not fail a run. */
import { z } from "zod";

/** Of entries in one message; the gateway's own cap is a limit (`quarantineMax`). */
const ENTRIES_MAX = 10_000;

export const QuarantineEntry = z.strictObject({
  /** A test's key, exactly; or a pattern between slashes, `/checkout/i`, which some part of the key must match. */
  key: z.string().min(1).max(2000),
  /** Who mends it. */
  owner: z.string().min(1).max(200),
  reason: z.string().min(1).max(1000),
  /** RFC 3339, or a date alone (its first moment, UTC); from then on the entry does not count. */
  expiresAt: z.union([z.iso.datetime({ offset: true }), z.iso.date()]),
});
export type QuarantineEntry = z.infer<typeof QuarantineEntry>;

/** The answer of `GET /v1/quarantine`, by key. The body of `PUT` is one of it, or one entry. */
export const QuarantineList = z.strictObject({
  entries: z.array(QuarantineEntry).max(ENTRIES_MAX),
});
export type QuarantineList = z.infer<typeof QuarantineList>;
