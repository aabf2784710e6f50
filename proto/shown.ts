/** An element as a person would point at it: by what it shows and by where it lies. What `by: "shown"` of a locator carries. */
import { z } from "zod";

/** All that is present must hold. Texts are regular expressions for the whole text, letter case ignored. */
export type Shown = {
  /** Its own text, or of a field what it holds, its placeholder or `aria-label`. */
  readonly text?: string | undefined;
  /** Its id, `aria-label`, name, title, `for` or `data-testid`. */
  readonly id?: string | undefined;
  /** A CSS selector. */
  readonly css?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly checked?: boolean | undefined;
  readonly focused?: boolean | undefined;
  readonly selected?: boolean | undefined;
  /** Pixels, as far off as `tolerance` (0). */
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly tolerance?: number | undefined;
  /** Where it lies; the nearest comes first. */
  readonly below?: Shown | undefined;
  readonly above?: Shown | undefined;
  readonly leftOf?: Shown | undefined;
  readonly rightOf?: Shown | undefined;
  readonly childOf?: Shown | undefined;
  readonly containsChild?: Shown | undefined;
  readonly containsDescendants?: readonly Shown[] | undefined;
  /** 0-based choice among several, from the top of the page to its end; absent: the first that is found. */
  readonly index?: number | undefined;
};

/** More elements in one are not asked for. */
const CONTAINED_MAX = 100;
/** As of steps: a lone `${saved.x}` may have left a number. */
const Text = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)]);

export const Shown: z.ZodType<Shown> = z.lazy(() =>
  z.strictObject({
    text: Text.optional(),
    id: Text.optional(),
    css: Text.optional(),
    enabled: z.boolean().optional(),
    checked: z.boolean().optional(),
    focused: z.boolean().optional(),
    selected: z.boolean().optional(),
    width: z.number().min(0).optional(),
    height: z.number().min(0).optional(),
    tolerance: z.number().min(0).optional(),
    below: Shown.optional(),
    above: Shown.optional(),
    leftOf: Shown.optional(),
    rightOf: Shown.optional(),
    childOf: Shown.optional(),
    containsChild: Shown.optional(),
    containsDescendants: z.array(Shown).max(CONTAINED_MAX).optional(),
    index: z.number().int().min(0).optional(),
  }),
);
