/** What a node keeps and allows: how it holds its browsers, and what all of its attempts may use together. */
import type { PoolPolicy } from "./drivers/web/pool/pool-policy.ts";
import type { NodeAllowance } from "./usage/allowance.ts";

export type Keeping = {
  /** Default: `DEFAULT_POOL`. */
  readonly browsers?: PoolPolicy;
  /** Default: whatever the machine has. */
  readonly allowance?: NodeAllowance;
};
