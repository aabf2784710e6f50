/** The bodies of the HTTP API about nodes and quotas: what people tell of them. */
import { z } from "zod";

const Reason = z.string().min(1).max(1000);

/** The optional body of `POST /v1/nodes/:id/drain`. */
export const DrainNode = z.strictObject({
  reason: Reason.optional(),
  /** From now on, milliseconds; what runs then is ended and runs elsewhere. Absent: it runs to its end. */
  deadlineMs: z
    .number()
    .min(0)
    .max(30 * 24 * 3_600_000)
    .optional(),
});
export type DrainNode = z.infer<typeof DrainNode>;

/** The body of `POST /v1/nodes/:id/cordon`. */
export const CordonNode = z.strictObject({ reason: Reason });
export type CordonNode = z.infer<typeof CordonNode>;

/** How many slots the tests of a project may use at once. */
export const Quota = z.object({
  project: z.string().min(1).max(100),
  slots: z.number().int().min(1).max(1_000_000),
});
export type Quota = z.infer<typeof Quota>;

/** The answer of `GET /v1/quotas`: projects that are not in it have no bound. */
export const QuotaList = z.object({
  quotas: z.array(
    Quota.extend({
      /** Slots that it uses now. */
      busy: z.number().int(),
    }),
  ),
});
export type QuotaList = z.infer<typeof QuotaList>;

/** The body of `PUT /v1/quotas/:project`. */
export const SetQuota = z.strictObject({ slots: Quota.shape.slots });
export type SetQuota = z.infer<typeof SetQuota>;
