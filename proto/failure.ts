/** The error of a step or an attempt, as events and reports carry it. */
import { z } from "zod";

export const Failure = z.object({
  message: z.string(),
  file: z.string().optional(),
  line: z.number().int().min(1).optional(),
  column: z.number().int().min(1).optional(),
  /** From a closed list where there is one: `timeout`, `expect`, `page_crash`, `browser_crash`, `disk_full` … */
  code: z.string().optional(),
});
export type Failure = z.infer<typeof Failure>;
